// SPDX-License-Identifier: Apache-2.0
// What is one flow has one hash, what is another has another, and flows spread.
#include "core/vswitch/flow_hash.h"

#include <array>

#include <doctest/doctest.h>

#include "core/base/endian.h"
#include "core/vswitch/ethernet.h"

namespace lanyard::vswitch {
namespace {

constexpr std::uint8_t kUdp = 17;
constexpr std::uint8_t kIcmp = 1;

// An IPv4 packet of 20 + 8 bytes in its frame.
Buffer make_ipv4(std::uint8_t protocol, std::uint32_t destination, std::uint16_t port) {
  Buffer out(kEthernetHeaderSize + 28);
  write_ethernet_header(out, MacAddress{{2, 0, 0, 0, 0, 1}}, MacAddress{{2, 0, 0, 0, 0, 2}},
                        kEtherTypeIpv4);
  std::uint8_t* const ip = out.data() + kEthernetHeaderSize;
  ip[0] = 0x45;
  ip[9] = protocol;
  store_be(ip + 12, std::uint32_t{0x0a4d0001});
  store_be(ip + 16, destination);
  store_be(ip + 20, port);
  store_be(ip + 22, std::uint16_t{5001});
  return out;
}

Buffer make_ipv6(std::uint8_t protocol, std::uint8_t host, std::uint16_t port) {
  Buffer out(kEthernetHeaderSize + 48);
  write_ethernet_header(out, MacAddress{{2, 0, 0, 0, 0, 1}}, MacAddress{{2, 0, 0, 0, 0, 2}},
                        kEtherTypeIpv6);
  std::uint8_t* const ip = out.data() + kEthernetHeaderSize;
  ip[0] = 0x60;
  ip[6] = protocol;
  ip[39] = host;
  store_be(ip + 40, port);
  return out;
}

}  // namespace

TEST_CASE("flow hash: packets of one flow have one, those of others others") {
  Buffer first = make_ipv4(kUdp, 0x0a4d0002, 4000);
  Buffer second = first;
  second[kEthernetHeaderSize + 4] = 77;  // identification
  second.resize(second.size() + 900);
  CHECK(flow_hash(first) == flow_hash(second));
  CHECK(flow_hash(first) != flow_hash(make_ipv4(kUdp, 0x0a4d0003, 4000)));
  CHECK(flow_hash(first) != flow_hash(make_ipv4(kUdp, 0x0a4d0002, 4001)));
  CHECK(flow_hash(first) != flow_hash(make_ipv4(6, 0x0a4d0002, 4000)));
  const Buffer other = make_ipv6(kUdp, 1, 4000);
  CHECK(flow_hash(other) == flow_hash(Buffer(other)));
  CHECK(flow_hash(other) != flow_hash(make_ipv6(kUdp, 2, 4000)));
  CHECK(flow_hash(other) != flow_hash(make_ipv6(kUdp, 1, 4001)));
}

TEST_CASE("flow hash: what has no ports is told by its addresses") {
  CHECK(flow_hash(make_ipv4(kIcmp, 0x0a4d0002, 1)) == flow_hash(make_ipv4(kIcmp, 0x0a4d0002, 2)));
  CHECK(flow_hash(make_ipv6(58, 1, 1)) == flow_hash(make_ipv6(58, 1, 2)));
  Buffer first_fragment = make_ipv4(kUdp, 0x0a4d0002, 4000);
  Buffer last_fragment = make_ipv4(kUdp, 0x0a4d0002, 9);
  first_fragment[kEthernetHeaderSize + 6] = 0x20;  // more fragments
  last_fragment[kEthernetHeaderSize + 7] = 100;    // offset
  CHECK(flow_hash(first_fragment) == flow_hash(last_fragment));
}

TEST_CASE("flow hash: flows spread over a few queues") {
  std::array<int, 4> queues{};
  for (std::uint16_t port = 0; port < 400; ++port) {
    ++queues[flow_hash(make_ipv4(kUdp, 0x0a4d0002, static_cast<std::uint16_t>(port + 30'000))) % 4];
  }
  for (const int flows : queues) CHECK(flows > 60);
}

TEST_CASE("flow hash: every beginning of a frame has one") {
  for (const Buffer& whole : {make_ipv4(kUdp, 1, 2), make_ipv6(kUdp, 1, 2), Buffer(60, 0xee)}) {
    for (std::size_t size = 0; size <= whole.size(); ++size) {
      const Buffer cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      const std::uint32_t hash = flow_hash(cut);
      CHECK(hash == flow_hash(cut));
      if (size < kEthernetHeaderSize) CHECK(hash == 0);
    }
  }
  // A header length beyond the packet.
  Buffer long_header = make_ipv4(kUdp, 1, 2);
  long_header[kEthernetHeaderSize] = 0x4f;
  CHECK(flow_hash(long_header) == flow_hash(Buffer(long_header)));
}

}  // namespace lanyard::vswitch
