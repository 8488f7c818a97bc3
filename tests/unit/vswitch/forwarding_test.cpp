// SPDX-License-Identifier: Apache-2.0
#include "core/vswitch/forwarding.h"

#include <functional>

#include <doctest/doctest.h>

#include "tests/unit/vswitch/frames.h"

namespace lanyard::vswitch::test {

namespace {

Decision route(Bytes frame) {
  Buffer room(kLargestAnswer);
  return route_from_device(tables(), frame, room);
}

DropReason dropped(const Buffer& frame) {
  const Decision decision = route(frame);
  return decision.action == Action::drop ? decision.reason : DropReason::none;
}

DropReason admit(Bytes frame, PeerSlot slot = kAnnaSlot) {
  return admit_from_member(tables(), slot, frame);
}

Buffer ipv4_frame(const MacAddress& destination, const MacAddress& source) {
  return ethernet(destination, source, kEtherTypeIpv4, hex("45000014"));
}

Buffer advertisement(std::string_view source, std::string_view target) {
  return ethernet(kOwn, kAnna, kEtherTypeIpv6,
                  icmpv6_packet(source, "fd00::1", kAdvertisement, target));
}

// Every prefix and every single bit flipped, each in a buffer of its own exact size.
void for_each_damage(const Buffer& frame, const std::function<void(const Buffer&)>& visit) {
  for (std::size_t size = 0; size < frame.size(); ++size) {
    visit(Buffer(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(size)));
  }
  for (std::size_t bit = 0; bit < frame.size() * 8; ++bit) {
    Buffer flipped = frame;
    flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ 1u << bit % 8);
    visit(flipped);
  }
}

}  // namespace

TEST_CASE("unicast goes to the member, as an IP packet where that says all") {
  const Decision v4 = route(ipv4_frame(kBert, kOwn));
  CHECK(v4.action == Action::unicast);
  CHECK(v4.slot == kBertSlot);
  CHECK(v4.form == Form::ipv4);
  CHECK(route(ethernet(kAnna, kOwn, kEtherTypeIpv6, hex("60"))).form == Form::ipv6);
  CHECK(route(ethernet(kAnna, kOwn, 0x88cc, hex("00"))).form == Form::full);
  CHECK(route(tagged(ipv4_frame(kAnna, kOwn), 5)).form == Form::full);
  CHECK(route(tagged(ipv4_frame(kAnna, kOwn), 0)).form == Form::full);
}

TEST_CASE("broadcast and multicast are flooded") {
  CHECK(route(ipv4_frame(MacAddress::broadcast(), kOwn)).action == Action::flood);
  CHECK(route(ipv4_frame({{0x01, 0, 0x5e, 0, 0, 0xfb}}, kOwn)).action == Action::flood);
}

TEST_CASE("what the device must not send is dropped") {
  CHECK(dropped(Buffer(13)) == DropReason::runt);
  CHECK(dropped(ipv4_frame(kAnna, kStranger)) == DropReason::foreign_source);
  CHECK(dropped(ipv4_frame(MacAddress::broadcast(), kBert)) == DropReason::foreign_source);
  CHECK(dropped(ipv4_frame(kStranger, kOwn)) == DropReason::unknown_destination);
  CHECK(dropped(ipv4_frame(kOwn, kOwn)) == DropReason::unknown_destination);
  CHECK(dropped(arp_request(kOwn, "10.77.0.11", "10.77.0.10")) == DropReason::spoofed_address);
  CHECK(dropped(solicitation(kOwn, "fd00::b", "fd00::a")) == DropReason::spoofed_address);
}

TEST_CASE("frames of a member reach the device") {
  CHECK(admit(ipv4_frame(kOwn, kAnna)) == DropReason::none);
  CHECK(admit(ipv4_frame(MacAddress::broadcast(), kAnna)) == DropReason::none);
  CHECK(admit(ipv4_frame({{0x33, 0x33, 0, 0, 0, 1}}, kAnna)) == DropReason::none);
  CHECK(admit(tagged(ipv4_frame(kOwn, kAnna), 5)) == DropReason::none);
  CHECK(admit(arp_request(kAnna, "10.77.0.10", "10.77.0.1")) == DropReason::none);
  CHECK(admit(arp_request(kAnna, "0.0.0.0", "10.77.0.11")) == DropReason::none);    // probe
  CHECK(admit(arp_request(kAnna, "10.77.0.55", "10.77.0.1")) == DropReason::none);  // nobody's
  CHECK(admit(solicitation(kAnna, "fd00::a", "fd00::1")) == DropReason::none);
  CHECK(admit(advertisement("fd00::a", "fd00::a")) == DropReason::none);
}

TEST_CASE("a member has one MAC address, and no frame goes on to another member") {
  CHECK(admit(ipv4_frame(kOwn, kBert)) == DropReason::spoofed_source);
  CHECK(admit(ipv4_frame(kOwn, kOwn)) == DropReason::spoofed_source);
  CHECK(admit(ipv4_frame(kOwn, kStranger)) == DropReason::spoofed_source);
  CHECK(admit(ipv4_frame(kOwn, kAnna), kBertSlot) == DropReason::spoofed_source);
  CHECK(admit(ipv4_frame(kOwn, kAnna), 2) == DropReason::spoofed_source);  // no such slot
  CHECK(admit(ipv4_frame(kBert, kAnna)) == DropReason::not_for_us);
  CHECK(admit(ipv4_frame(kStranger, kAnna)) == DropReason::not_for_us);
  CHECK(admit(Buffer(13)) == DropReason::runt);
}

TEST_CASE("a member cannot speak for another's IPv4 address") {
  for (const std::string_view victim : {"10.77.0.11", "10.77.0.1"}) {
    CHECK(admit(arp_request(kAnna, victim, "10.77.0.1")) == DropReason::spoofed_address);
    const Buffer reply =
        ethernet(kOwn, kAnna, kEtherTypeArp, arp_payload(2, kAnna, victim, "10.77.0.1"));
    CHECK(admit(reply) == DropReason::spoofed_address);
    // The kernel strips a tag with VLAN 0 and takes hardware type 6 for Ethernet.
    CHECK(admit(tagged(reply, 0)) == DropReason::spoofed_address);
    CHECK(admit(tagged(tagged(reply, 0), 0)) == DropReason::spoofed_address);
    CHECK(admit(tagged(reply, 5)) == DropReason::none);
    Buffer ieee_802 = reply;
    ieee_802[15] = 6;
    CHECK(admit(ieee_802) == DropReason::spoofed_address);
  }
}

TEST_CASE("a member cannot speak for another's IPv6 address") {
  CHECK(admit(advertisement("fd00::a", "fd00::b")) == DropReason::spoofed_address);
  CHECK(admit(advertisement("fd00::b", "fd00::a")) == DropReason::spoofed_address);
  CHECK(admit(advertisement("fe80::1", "fd00::1")) == DropReason::spoofed_address);
  CHECK(admit(solicitation(kAnna, "fd00::b", "fd00::1")) == DropReason::spoofed_address);
  // Redirects and router messages are judged by their source; what a redirect is about may be any.
  for (const std::uint8_t type : {std::uint8_t{133}, std::uint8_t{134}, std::uint8_t{137}}) {
    const auto message = [type](std::string_view source) {
      return ethernet(kOwn, kAnna, kEtherTypeIpv6,
                      icmpv6_packet(source, "fd00::1", type, "fd00::b"));
    };
    CHECK(admit(message("fd00::b")) == DropReason::spoofed_address);
    CHECK(admit(message("fd00::a")) == DropReason::none);
  }
}

TEST_CASE("extension headers hide no advertisement") {
  struct Hidden {
    std::uint8_t first_header;
    std::string_view extensions;
  };
  for (const Hidden& hidden :
       {Hidden{0, "3a00 010400000000"},                   // hop by hop
        Hidden{60, "3a01 010c000000000000000000000000"},  // 16 bytes of options
        Hidden{44, "3a00 0001 00000001"},                 // fragment
        Hidden{0, "3c00 010400000000 2b00 010400000000 3a00 00000000 0000"}}) {
    const Buffer frame = ethernet(kOwn, kAnna, kEtherTypeIpv6,
                                  icmpv6_packet("fd00::a", "fd00::1", kAdvertisement, "fd00::b",
                                                hidden.extensions, hidden.first_header));
    CHECK(admit(frame) == DropReason::spoofed_address);
  }
  // Behind an unknown header there is no ICMPv6.
  CHECK(admit(ethernet(kOwn, kAnna, kEtherTypeIpv6,
                       icmpv6_packet("fd00::a", "fd00::1", kAdvertisement, "fd00::b", "", 6))) ==
        DropReason::none);
}

TEST_CASE("damaged frames are judged without a crash, and never let a spoofed source through") {
  const Buffer extended =
      ethernet(kOwn, kAnna, kEtherTypeIpv6,
               icmpv6_packet("fd00::a", "fd00::1", kSolicitation, "fd00::1",
                             "3c00 010400000000 3a01 010c000000000000000000000000", 0));
  for (const Buffer& frame :
       {arp_request(kAnna, "10.77.0.10", "10.77.0.1"), solicitation(kAnna, "fd00::a", "fd00::1"),
        tagged(tagged(arp_request(kAnna, "10.77.0.10", "10.77.0.1"), 5), 0), extended}) {
    REQUIRE(admit(frame) == DropReason::none);
    for_each_damage(frame, [](const Buffer& damaged) {
      const DropReason reason = admit(damaged);
      const bool is_from_anna =
          damaged.size() >= 14 && equal(Bytes(damaged).subspan(6, 6), kAnna.bytes());
      if (!is_from_anna) CHECK(reason != DropReason::none);
    });
  }
  for (const Buffer& frame :
       {arp_request(kOwn, "10.77.0.1", "10.77.0.10"), solicitation(kOwn, "fd00::1", "fd00::a"),
        tagged(ipv4_frame(kAnna, kOwn), 5)}) {
    for_each_damage(frame, [](const Buffer& damaged) {
      const Decision decision = route(damaged);
      const bool is_own = damaged.size() >= 14 && equal(Bytes(damaged).subspan(6, 6), kOwn.bytes());
      if (!is_own) CHECK(decision.action == Action::drop);
      CHECK((decision.action == Action::drop) == (decision.reason != DropReason::none));
      CHECK((decision.action == Action::answer) == (decision.answer_size != 0));
    });
  }
}

}  // namespace lanyard::vswitch::test
