// SPDX-License-Identifier: Apache-2.0
#include "tests/lab/dht_swarm.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include <doctest/doctest.h>

namespace lanyard::lab {
namespace {

// libtorrent is sure of its own address after some ten seconds, and moves then.
constexpr Patience kFormPatience{60'000};
constexpr Patience kMeetInterval{5'000};
constexpr int kClient = DhtSwarm::kNodes;  // its address is that beside the nodes'
constexpr std::size_t kClosest = 8;        // Kademlia's k
constexpr std::size_t kKnown = 5;          // enough to find the others by

std::size_t index_of(const Citizen& citizen) { return static_cast<std::size_t>(citizen.node); }

std::uint32_t crc32c(Bytes bytes) {
  std::uint32_t crc = 0xffffffff;
  for (const std::uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78 : 0);
  }
  return ~crc;
}

}  // namespace

bool goes_with(const dht::NodeId& identifier, const IpAddress& address) {
  constexpr std::array<std::uint8_t, 8> kMaskV4{0x03, 0x0f, 0x3f, 0xff};
  constexpr std::array<std::uint8_t, 8> kMaskV6{0x01, 0x03, 0x07, 0x0f, 0x1f, 0x3f, 0x7f, 0xff};
  const std::size_t size = address.is_v4() ? 4 : 8;
  std::array<std::uint8_t, 8> masked{};
  for (std::size_t i = 0; i < size; ++i) {
    masked[i] = address.bytes()[i] & (address.is_v4() ? kMaskV4 : kMaskV6)[i];
  }
  masked[0] |= static_cast<std::uint8_t>((identifier.bytes[19] & 7) << 5);
  const std::uint32_t crc = crc32c(Bytes(masked).first(size));
  return identifier.bytes[0] == (crc >> 24 & 0xff) && identifier.bytes[1] == (crc >> 16 & 0xff) &&
         (identifier.bytes[2] & 0xf8) == (crc >> 8 & 0xf8);
}

DhtSwarm::DhtSwarm(Family family)
    : family_(family),
      ground_(kNodes + 1),
      ours_({.network = ground_.space(Kind::ours).descriptor()}, {dht_node_program()}),
      theirs_({.network = ground_.space(Kind::theirs).descriptor()}, {libtorrent_program()}),
      client_(ground_.space(Kind::ours), client_address()) {
  for (const Citizen& citizen : citizens()) told(citizen, "open " + endpoint(citizen));
}

Words DhtSwarm::told(const Citizen& citizen, const std::string& request) {
  return nodes(citizen.kind).told(index_of(citizen), request);
}

Dialogue::Ticket DhtSwarm::ask(const Citizen& citizen, const std::string& request) {
  return nodes(citizen.kind).ask(index_of(citizen), request);
}

std::vector<Citizen> DhtSwarm::citizens() {
  std::vector<Citizen> all;
  for (const Kind kind : {Kind::ours, Kind::theirs}) {
    for (int node = 0; node < kNodes; ++node) all.push_back({kind, node});
  }
  return all;
}

std::string DhtSwarm::endpoint(const Citizen& citizen) const {
  return DhtGround::endpoint(citizen.kind, citizen.node, family_);
}

std::string DhtSwarm::client_address() const {
  return DhtGround::address(Kind::ours, kClient, family_);
}

void DhtSwarm::form() {
  const Stopwatch stopwatch;
  Deadline until_met_again{Patience{0}};
  REQUIRE(wait_until(kFormPatience, [&] {
    // libtorrent does not repeat a first ping that is lost.
    if (until_met_again.passed()) {
      meet();
      until_met_again = Deadline(kMeetInterval);
    }
    return is_formed();
  }));
  std::printf("one DHT of %d nodes after %.1f s\n", 2 * kNodes, stopwatch.seconds());
}

void DhtSwarm::meet() {
  for (const Citizen& citizen : citizens()) {
    const bool is_ours = citizen.kind == Kind::ours;
    if (is_ours && citizen.node == 0) continue;
    told(citizen, "meet " + endpoint({is_ours ? Kind::theirs : Kind::ours, 0}));
  }
}

bool DhtSwarm::is_formed() {
  return std::ranges::all_of(citizens(), [this](const Citizen& citizen) {
    const Words ids = told(citizen, "ids");
    const auto id = to_array<dht::kIdBytes>(from_hex(ids.at(0)).value());
    const auto address = IpAddress::parse(DhtGround::address(citizen.kind, citizen.node, family_));
    return goes_with({id.value()}, address.value()) && known_by(citizen) >= kKnown;
  });
}

std::size_t DhtSwarm::known_by(const Citizen& citizen) {
  if (citizen.kind == Kind::ours) return std::stoul(told(citizen, "count").at(0));
  return told(citizen, "nodes " + told(citizen, "ids").at(0)).size();
}

std::map<std::string, dht::NodeId> DhtSwarm::identifiers() {
  std::map<std::string, dht::NodeId> all;
  for (const Citizen& citizen : citizens()) {
    const auto answer = client_.ping(endpoint(citizen));
    REQUIRE_MESSAGE(answer, endpoint(citizen), " does not answer a ping");
    all[endpoint(citizen)] = answer->sender;
  }
  return all;
}

Names DhtSwarm::closest(const std::map<std::string, dht::NodeId>& identifiers,
                        const dht::NodeId& point) {
  std::vector<std::pair<std::string, dht::NodeId>> nodes(identifiers.begin(), identifiers.end());
  std::ranges::sort(nodes, [&point](const auto& a, const auto& b) {
    return dht::is_closer(a.second, b.second, point);
  });
  Names names;
  for (std::size_t i = 0; i < std::min(kClosest, nodes.size()); ++i) names.insert(nodes[i].first);
  return names;
}

}  // namespace lanyard::lab
