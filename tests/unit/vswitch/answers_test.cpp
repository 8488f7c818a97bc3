// SPDX-License-Identifier: Apache-2.0
// What is asked about members' addresses is answered on the spot, byte for byte as here.
#include <array>

#include <doctest/doctest.h>

#include "core/base/endian.h"
#include "core/vswitch/forwarding.h"
#include "tests/unit/vswitch/frames.h"

namespace lanyard::vswitch::test {

namespace {

struct Routed {
  Decision decision;
  Buffer answer;
};

Routed route(const Buffer& frame) {
  // Of exactly the promised size, on the heap: a write past it is caught.
  Buffer room(kLargestAnswer);
  Routed out;
  out.decision = route_from_device(tables(), frame, room);
  room.resize(out.decision.answer_size);
  out.answer = room;
  return out;
}

// RFC 1071 over the pseudo-header and the message with its checksum in place: 0xffff if right.
std::uint32_t folded_sum(const Buffer& frame) {
  Buffer sum_over(frame.begin() + 14 + 8, frame.end());  // both addresses and the message
  sum_over.push_back(0);
  sum_over.push_back(58);
  sum_over.push_back(frame[14 + 4]);
  sum_over.push_back(frame[14 + 5]);
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < sum_over.size(); i += 2) {
    sum += load_be<std::uint16_t>(sum_over.data() + i);
  }
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}

}  // namespace

TEST_CASE("an ARP request for a member's address is answered") {
  const Routed routed = route(arp_request(kOwn, "10.77.0.1", "10.77.0.10"));
  CHECK(routed.decision.action == Action::answer);
  CHECK(to_hex(routed.answer) == to_hex(hex("020000000001 02000000000a 0806"
                                            "0001 0800 06 04 0002"
                                            "02000000000a 0a4d000a"
                                            "020000000001 0a4d0001")));
}

TEST_CASE("an ARP probe (RFC 5227) for a member's address learns that it is taken") {
  const Routed routed = route(arp_request(kOwn, "0.0.0.0", "10.77.0.11"));
  CHECK(routed.decision.action == Action::answer);
  CHECK(to_hex(routed.answer) == to_hex(hex("020000000001 02000000000b 0806"
                                            "0001 0800 06 04 0002"
                                            "02000000000b 0a4d000b"
                                            "020000000001 00000000")));
}

TEST_CASE("a padded ARP request, and one to the member alone, are answered too") {
  Buffer padded = arp_request(kOwn, "10.77.0.1", "10.77.0.10");
  padded.resize(60);
  CHECK(route(padded).decision.action == Action::answer);
  const Buffer to_anna =
      ethernet(kAnna, kOwn, kEtherTypeArp, arp_payload(1, kOwn, "10.77.0.1", "10.77.0.10"));
  CHECK(route(to_anna).decision.action == Action::answer);
}

TEST_CASE("ARP that nobody can answer is flooded, replies go to whom they are for") {
  const auto action = [](const Buffer& frame) { return route(frame).decision.action; };
  CHECK(action(arp_request(kOwn, "10.77.0.1", "10.77.0.99")) == Action::flood);  // unknown
  CHECK(action(arp_request(kOwn, "0.0.0.0", "10.77.0.1")) == Action::flood);     // own probe
  CHECK(action(arp_request(kOwn, "10.77.0.1", "10.77.0.1")) == Action::flood);   // gratuitous
  // Addresses mean something else inside a VLAN, and a priority tag may not be lost on the way.
  CHECK(action(tagged(arp_request(kOwn, "10.77.0.1", "10.77.0.10"), 0)) == Action::flood);
  CHECK(action(tagged(arp_request(kOwn, "10.77.0.1", "10.77.0.10"), 5)) == Action::flood);

  const Buffer reply =
      ethernet(kBert, kOwn, kEtherTypeArp, arp_payload(2, kOwn, "10.77.0.1", "10.77.0.11"));
  const Decision decision = route(reply).decision;
  CHECK(decision.action == Action::unicast);
  CHECK(decision.slot == kBertSlot);
  CHECK(decision.form == Form::full);
}

TEST_CASE("a neighbor solicitation for a member's address is answered") {
  const Routed routed = route(solicitation(kOwn, "fd00::1", "fd00::a"));
  CHECK(routed.decision.action == Action::answer);
  CHECK(to_hex(routed.answer) == to_hex(hex("020000000001 02000000000a 86dd"
                                            "60000000 0020 3a ff"
                                            "fd00000000000000000000000000000a"
                                            "fd000000000000000000000000000001"
                                            "88 00 1c82 60000000"
                                            "fd00000000000000000000000000000a"
                                            "02 01 02000000000a")));
  CHECK(folded_sum(routed.answer) == 0xffff);
}

TEST_CASE("duplicate address detection (RFC 4862) of a member's address finds it taken") {
  const Routed routed = route(solicitation(kOwn, "::", "fd00::b"));
  CHECK(routed.decision.action == Action::answer);
  REQUIRE(routed.answer.size() == 86);
  CHECK(to_hex(Bytes(routed.answer).first(14)) == "33330000000102000000000b86dd");
  CHECK(to_hex(Bytes(routed.answer).subspan(14 + 24, 16)) == "ff020000000000000000000000000001");
  CHECK(routed.answer[14 + 40 + 4] == 0x20);  // override, but not solicited
  CHECK(folded_sum(routed.answer) == 0xffff);
}

TEST_CASE("solicitations that nobody can answer are flooded") {
  const auto action = [](const Buffer& frame) { return route(frame).decision.action; };
  CHECK(action(solicitation(kOwn, "fd00::1", "fd00::99")) == Action::flood);
  CHECK(action(solicitation(kOwn, "::", "fd00::1")) == Action::flood);  // own probe
  CHECK(action(tagged(solicitation(kOwn, "fd00::1", "fd00::a"), 5)) == Action::flood);

  Buffer forwarded = solicitation(kOwn, "fd00::1", "fd00::a");
  forwarded[14 + 7] = 254;  // hop limit
  CHECK(action(forwarded) == Action::flood);
  Buffer odd_code = solicitation(kOwn, "fd00::1", "fd00::a");
  odd_code[14 + 40 + 1] = 1;
  CHECK(action(odd_code) == Action::flood);
}

}  // namespace lanyard::vswitch::test
