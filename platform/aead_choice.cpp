// SPDX-License-Identifier: Apache-2.0
#include "platform/aead_choice.h"

#include <algorithm>
#include <array>

#include "platform/clock.h"

namespace lanyard::platform {
namespace {

using crypto::Aead;
using crypto::AeadBackend;

constexpr int kRounds = 15;        // of which the median counts: most machines are shared
constexpr int kPacketsOfSize = 8;  // in a round, to be long against a reading of the clock
constexpr std::array<std::size_t, 2> kSizes{64, 1400};  // an acknowledgement, a full segment

// One back end at work on packets of both sizes.
class Contestant {
 public:
  Contestant(Aead aead, AeadBackend backend) : key_(aead, backend, crypto::Secret<32>()) {}

  void run_round() {
    const Instant begin = now();
    for (const std::size_t size : kSizes) {
      const MutableBytes packet = MutableBytes(packet_).first(size + crypto::kTagSize);
      for (int i = 0; i < kPacketsOfSize; ++i) {
        key_.seal(counter_, kHeader, packet);
        opened_ += key_.open(counter_++, kHeader, packet) ? 1 : 0;
      }
    }
    rounds_.push_back(now() - begin);
  }

  Duration median() {
    const auto middle = rounds_.begin() + static_cast<std::ptrdiff_t>(rounds_.size() / 2);
    std::nth_element(rounds_.begin(), middle, rounds_.end());
    return *middle;
  }

 private:
  static constexpr std::array<std::uint8_t, 8> kHeader{};  // as long as a data datagram's

  crypto::AeadKey key_;
  std::uint64_t counter_ = 0;
  std::uint64_t opened_ = 0;
  std::array<std::uint8_t, kSizes.back() + crypto::kTagSize> packet_{};
  std::vector<Duration> rounds_;
};

AeadTrial::SelfTest test(Aead aead, AeadBackend backend) {
  return crypto::self_test(aead, backend) ? AeadTrial::SelfTest::passed
                                          : AeadTrial::SelfTest::failed;
}

std::string text(std::string_view before,
                 AeadBackend backend,
                 std::string_view between,
                 Aead aead) {
  return std::string(before) + std::string(name(backend)) + std::string(between) +
         std::string(name(aead));
}

Result<AeadBackend> choose_one(Aead aead, LogSink& log) {
  const std::vector<AeadTrial> trials = try_aead_backends(aead);
  for (const AeadTrial& trial : trials) {
    if (trial.self_test == AeadTrial::SelfTest::failed) {
      lanyard::log(log, LogLevel::warning, name(trial.backend), " computes ", name(aead),
                   " wrongly on this machine, so it is not used for it");
    } else {
      lanyard::log(log, LogLevel::debug, name(aead), " by ", name(trial.backend), ": ",
                   trial.time.nanoseconds, " ns for ", kPacketsOfSize, " packets of each size");
    }
  }
  if (const auto best = fastest(trials)) return *best;
  return make_error(Errc::failure,
                    "cannot use " + std::string(name(aead)) +
                        ": every library that has it computes it wrongly on this machine",
                    "check the machine's memory and processor, and reinstall libsodium");
}

// The one that was asked for.
Result<AeadBackend> require(Aead aead, AeadBackend backend) {
  if (!crypto::is_available(aead, backend)) {
    return make_error(Errc::unavailable,
                      text("cannot use ", backend, " for ", aead) +
                          ": it is not built in, or this processor lacks what it needs",
                      "choose auto or libsodium instead");
  }
  if (test(aead, backend) == AeadTrial::SelfTest::failed) {
    return make_error(
        Errc::failure,
        text("cannot use ", backend, " for ", aead) + ": it computes wrongly on this machine",
        "choose auto, which leaves it out");
  }
  return backend;
}

}  // namespace

std::vector<AeadTrial> try_aead_backends(Aead aead) {
  std::vector<AeadTrial> trials;
  std::vector<Contestant> contestants;
  for (const AeadBackend backend : crypto::available_backends(aead)) {
    trials.push_back({backend, test(aead, backend), {}});
    if (trials.back().self_test == AeadTrial::SelfTest::passed) {
      contestants.emplace_back(aead, backend);
    }
  }
  for (int round = 0; round < kRounds; ++round) {
    for (Contestant& contestant : contestants) contestant.run_round();
  }
  auto contestant = contestants.begin();
  for (AeadTrial& trial : trials) {
    if (trial.self_test == AeadTrial::SelfTest::passed) trial.time = (contestant++)->median();
  }
  return trials;
}

std::optional<AeadBackend> fastest(std::span<const AeadTrial> trials) {
  const AeadTrial* best = nullptr;
  for (const AeadTrial& trial : trials) {
    if (trial.self_test == AeadTrial::SelfTest::failed) continue;
    if (best == nullptr || trial.time < best->time) best = &trial;
  }
  if (best == nullptr) return std::nullopt;
  return best->backend;
}

Result<crypto::AeadBackends> choose_aead_backends(std::optional<AeadBackend> asked_for,
                                                  LogSink& log) {
  crypto::AeadBackends backends;
  const auto choose = [&](Aead aead, AeadBackend& chosen) -> Result<void> {
    if ((crypto::supported_aeads() & static_cast<crypto::AeadMask>(aead)) == 0) return {};
    const auto choice = asked_for ? require(aead, *asked_for) : choose_one(aead, log);
    if (!choice) return choice.error();
    chosen = *choice;
    return {};
  };
  if (const auto chosen = choose(Aead::aes_256_gcm, backends.aes_256_gcm); !chosen) {
    return chosen.error();
  }
  if (const auto chosen = choose(Aead::chacha20_poly1305, backends.chacha20_poly1305); !chosen) {
    return chosen.error();
  }
  return backends;
}

}  // namespace lanyard::platform
