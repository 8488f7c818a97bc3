// SPDX-License-Identifier: Apache-2.0
#include "platform/system_facts.h"

#include <algorithm>
#include <filesystem>

#include <doctest/doctest.h>

#include "core/crypto/aead_backends.h"
#include "platform/prerequisites.h"

namespace lanyard::platform {
namespace {

using crypto::AeadBackend;
using node::OffloadFact;
using node::OffloadState;

// "vnet on, checksum off, tso unavailable"
std::string text(const std::vector<OffloadFact>& facts) {
  std::string out;
  for (const OffloadFact& fact : facts) {
    out += (out.empty() ? "" : ", ") + fact.name;
    switch (fact.state) {
      case OffloadState::on: out += " on"; break;
      case OffloadState::unavailable: out += " unavailable"; break;
      case OffloadState::switched_off: out += " off"; break;
    }
    CHECK_FALSE(fact.since.empty());
    CHECK((fact.gain == node::OffloadGain::small) == (fact.name == "uso"));
  }
  return out;
}

TEST_CASE("as many workers as were asked for, or one for each processor, but not too many") {
  for (std::uint32_t asked = 1; asked <= kMaxWorkers; ++asked) CHECK(worker_count(asked) == asked);
  CHECK(worker_count(kMaxWorkers + 1) == kMaxWorkers);
  CHECK(worker_count(0) >= 1);
  CHECK(worker_count(0) <= kMaxWorkers);
}

TEST_CASE("offloads that were wanted and are not on are not to be had") {
  const Offloads all;
  CHECK(text(device_offload_facts(all, all)) == "vnet on, checksum on, tso on, uso on");
  CHECK(text(device_offload_facts(all, all.without(Offload::uso))) ==
        "vnet on, checksum on, tso on, uso unavailable");
  const Offloads no_tso = all.without(Offload::tso);
  CHECK(text(device_offload_facts(no_tso, no_tso)) == "vnet on, checksum on, tso off, uso on");
}

TEST_CASE("what cannot be on without another that is not on is passed over") {
  const Offloads all;
  CHECK(text(device_offload_facts(all, Offloads::none())) == "vnet unavailable");
  CHECK(text(device_offload_facts(all.without(Offload::vnet), Offloads::none())) == "vnet off");
  CHECK(text(device_offload_facts(all.without(Offload::checksum),
                                  Offloads::none().with(Offload::vnet))) ==
        "vnet on, checksum off");
}

TEST_CASE("each cipher of this machine with what computes it") {
  const crypto::AeadBackends backends;
  const auto facts = cipher_facts(AeadBackend::libsodium, backends);
  REQUIRE_FALSE(facts.empty());
  CHECK(facts.back().aead == crypto::Aead::chacha20_poly1305);
  for (const node::CipherFact& fact : facts) {
    CHECK(fact.backend == AeadBackend::libsodium);
    const bool is_there = crypto::is_available(fact.aead, AeadBackend::ipsec_mb);
    CHECK((fact.ipsec_mb == node::IpsecMb::not_wanted) == is_there);
    if (!crypto::is_built_in(AeadBackend::ipsec_mb)) CHECK_FALSE(is_there);
  }
  for (const auto asked : {std::optional<AeadBackend>(), std::optional(AeadBackend::ipsec_mb)}) {
    for (const node::CipherFact& fact : cipher_facts(asked, backends)) {
      const bool is_there = crypto::is_available(fact.aead, AeadBackend::ipsec_mb);
      CHECK((fact.ipsec_mb == node::IpsecMb::usable) == is_there);
    }
  }
}

TEST_CASE("what a daemon needs is found where it is") {
  CHECK(look_at_prerequisites().has_tun_device ==
        std::filesystem::is_character_file("/dev/net/tun"));
}

}  // namespace
}  // namespace lanyard::platform
