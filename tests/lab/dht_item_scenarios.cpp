// SPDX-License-Identifier: Apache-2.0
// Items (BEP 44) in one DHT of our nodes and libtorrent's: what one kind puts the other reads, with
// salt and without, version after version.
#include <array>
#include <string>

#include <doctest/doctest.h>

#include "tests/lab/dht_capture.h"
#include "tests/lab/dht_swarm.h"
#include "tests/lab/story.h"

namespace lanyard::lab {
namespace {

constexpr std::array kKinds{Kind::ours, Kind::theirs};

constexpr Patience kStoring{30'000};

Kind other(Kind kind) { return kind == Kind::ours ? Kind::theirs : Kind::ours; }

std::string hex(std::string_view text) { return text.empty() ? "-" : to_hex(as_bytes(text)); }

std::string seed(int number) {
  return to_hex(std::array<std::uint8_t, 32>{static_cast<std::uint8_t>(number)});
}

// Asked again while it is not there: libtorrent's lookups end early when datagrams are lost.
bool tells(DhtSwarm& swarm,
           const Citizen& citizen,
           const std::string& request,
           const Words& words) {
  return wait_until(kContact, [&] { return swarm.told(citizen, request) == words; });
}

// The name of what was stored. libtorrent waits 15 s for who does not answer, so for itself where
// somebody has told it of its own former identifier; by then the request has been given up.
std::string stored(DhtSwarm& swarm, const Citizen& citizen, const std::string& request) {
  Words told;
  REQUIRE(wait_until(kStoring, [&] {
    told = swarm.told(citizen, request);
    return told.size() == 2;
  }));
  CHECK_MESSAGE(std::stoul(told[1]) >= 7, "only ", told[1], " nodes took it");
  return told[0];
}

void immutable_items_must_be_read(DhtSwarm& swarm) {
  for (const Kind kind : kKinds) {
    for (const std::size_t length : {1u, 300u, 996u}) {
      CAPTURE(length);
      const std::string value = hex(std::string(length, kind == Kind::ours ? 'o' : 't'));
      const std::string target = stored(swarm, {kind, 2}, "put " + value);
      for (const int node : {0, 5}) {
        CHECK(tells(swarm, {other(kind), node}, "get " + target, {value}));
      }
    }
  }
}

std::string sign(int number, const std::string& salt, int sequence, std::string_view value) {
  return "sign " + seed(number) + " " + salt + " " + std::to_string(sequence) + " " + hex(value);
}

void must_be_read(DhtSwarm& swarm, const std::string& request, const Words& words) {
  for (const Kind kind : kKinds) {
    for (const int node : {1, 6}) CHECK(tells(swarm, {kind, node}, request, words));
  }
}

// Each version by the other kind than the one before.
void versions_must_follow_each_other(DhtSwarm& swarm, int number, const std::string& salt) {
  Kind kind = Kind::ours;
  std::string reading;
  for (int sequence = 1; sequence <= 4; ++sequence) {
    CAPTURE(sequence);
    const std::string value = "version " + std::to_string(sequence);
    const std::string key = stored(swarm, {kind, 3}, sign(number, salt, sequence, value));
    reading = "read " + key + " " + salt;
    must_be_read(swarm, reading, {std::to_string(sequence), hex(value)});
    kind = other(kind);
  }
  // An old one changes nothing, whoever puts it.
  for (const Kind stale : kKinds) {
    swarm.told({stale, 4}, sign(number, salt, 2, "again"));
    must_be_read(swarm, reading, {"4", hex("version 4")});
  }
}

void must_share_items(Family family) {
  DhtSwarm swarm(family);
  const DhtCapture capture(swarm.ground());
  swarm.form();
  immutable_items_must_be_read(swarm);
  versions_must_follow_each_other(swarm, 1, "-");
  versions_must_follow_each_other(swarm, 2, hex("a salt"));
  versions_must_follow_each_other(swarm, 3, hex(std::string(64, 's')));
  const DhtCapture::Verdict verdict = capture.judge();
  CHECK_MESSAGE(verdict.malformed.empty(), verdict.malformed);
}

TEST_CASE("our nodes and libtorrent's share items over IPv4") { must_share_items(Family::v4); }

TEST_CASE("our nodes and libtorrent's share items over IPv6") { must_share_items(Family::v6); }

}  // namespace
}  // namespace lanyard::lab
