// SPDX-License-Identifier: Apache-2.0
// Frames from one device to the other through two data planes and a real session.
#include "core/node/data_plane.h"

#include <doctest/doctest.h>

#include "tests/unit/node/two_nodes.h"

namespace lanyard::node::test {

namespace {

using vswitch::kEtherTypeArp;
using vswitch::kEtherTypeIpv4;
using vswitch::kEtherTypeIpv6;
using vswitch::kEtherTypeVlan;

constexpr std::size_t kOverhead = 8 + 1 + 16;  // header, kind, tag

// What goes over the wire for a frame from Anna to Bert; checks that it comes out as it went in.
std::size_t carry(TwoNodes& nodes, const Buffer& frame) {
  nodes.give_anna(frame);
  REQUIRE(nodes.anna.datagrams().size() == 1);
  const SealedDatagram sealed = nodes.anna.datagrams()[0];
  CHECK(sealed.to == kBertEndpoint);
  Buffer datagram = to_buffer(sealed.payload);
  nodes.anna.output.reset();

  nodes.give_bert(datagram);
  REQUIRE(nodes.bert.frames().size() == 1);
  CHECK(nodes.bert.frames()[0].device == kDevice);
  CHECK(to_hex(nodes.bert.frames()[0].frame) == to_hex(frame));
  CHECK(nodes.bert.output.new_addresses().empty());
  CHECK(nodes.bert.output.control().empty());
  nodes.bert.output.reset();
  return datagram.size();
}

}  // namespace

TEST_CASE("an IP packet travels without its Ethernet header") {
  TwoNodes nodes;
  for (const std::uint16_t type : {kEtherTypeIpv4, kEtherTypeIpv6}) {
    for (const std::size_t packet : {0u, 1u, 4u, 5u, 6u, 20u, 84u, 1413u, 8913u}) {
      CHECK(carry(nodes, make_frame(kBert, kAnna, type, packet)) == packet + kOverhead);
    }
  }
  CHECK(nodes.anna.dropped() == 0);
  CHECK(nodes.bert.dropped() == 0);
}

TEST_CASE("any other frame travels whole") {
  TwoNodes nodes;
  Buffer reply = make_frame(kBert, kAnna, kEtherTypeArp, 46);
  const Buffer vlan = make_frame(kBert, kAnna, kEtherTypeVlan, 100);
  const Buffer control_protocol = make_frame(kBert, kAnna, 0x88cc, 46);
  for (const Buffer& frame : {reply, vlan, control_protocol}) {
    CHECK(carry(nodes, frame) == frame.size() + kOverhead);
  }
}

TEST_CASE("the largest frame of the default MTU fits an underlay of 1500 bytes, tagged or not") {
  TwoNodes nodes;
  constexpr std::size_t kMtu = 1500 - 91;
  constexpr std::size_t kIpv6AndUdp = 40 + 8;
  constexpr std::size_t kRelay = 4;  // before the datagram, where a relay carries it
  CHECK(carry(nodes, make_frame(kBert, kAnna, 0x88b5, kMtu)) + kIpv6AndUdp + kRelay == 1500);
  CHECK(carry(nodes, make_frame(kBert, kAnna, kEtherTypeIpv4, kMtu)) + kIpv6AndUdp + kRelay ==
        1486);
}

TEST_CASE("a batch keeps its order, and its views last until the reset") {
  TwoNodes nodes;
  for (std::size_t i = 0; i < 64; ++i) {
    nodes.give_anna(make_frame(kBert, kAnna, kEtherTypeIpv4, 20 + i));
  }
  REQUIRE(nodes.anna.datagrams().size() == 64);
  std::vector<Buffer> datagrams;
  for (const SealedDatagram& sealed : nodes.anna.datagrams()) {
    datagrams.push_back(to_buffer(sealed.payload));
  }
  for (Buffer& datagram : datagrams) nodes.give_bert(datagram);
  REQUIRE(nodes.bert.frames().size() == 64);
  for (std::size_t i = 0; i < 64; ++i) {
    CHECK(equal(nodes.bert.frames()[i].frame, make_frame(kBert, kAnna, kEtherTypeIpv4, 20 + i)));
  }
  nodes.bert.output.reset();
  CHECK(nodes.bert.frames().empty());
}

TEST_CASE("a flooded frame goes whole to each member that can be reached") {
  TwoNodes nodes;
  const Buffer frame = make_frame(MacAddress::broadcast(), kAnna, kEtherTypeIpv4, 60);
  CHECK(carry(nodes, frame) == frame.size() + kOverhead);
  CHECK(nodes.anna.dropped() == 0);  // nothing is lost by Carl's being away

  const SessionPair with_carl = make_sessions(18, 50);
  nodes.anna.peers()[kCarlSlot] = {with_carl.at_anna, kElsewhere};
  nodes.give_anna(frame);
  const auto datagrams = nodes.anna.datagrams();
  REQUIRE(datagrams.size() == 2);
  CHECK(datagrams[0].to == kBertEndpoint);
  CHECK(datagrams[1].to == kElsewhere);
  Buffer second = to_buffer(datagrams[1].payload);
  const auto opened = with_carl.at_bert->open(second);
  REQUIRE(std::holds_alternative<tunnel::Body>(opened));
  CHECK(equal(std::get<tunnel::Body>(opened).payload, frame));
}

TEST_CASE("what the roster can answer is answered to the device") {
  TwoNodes nodes;
  Buffer request = make_frame(MacAddress::broadcast(), kAnna, kEtherTypeArp, 0);
  append(request, *from_hex("0001080006040001"));
  append(request, kAnna.bytes());
  append(request, *from_hex("0a4d000a"));
  append(request, *from_hex("000000000000"));
  append(request, *from_hex("0a4d000c"));
  nodes.give_anna(request);
  CHECK(nodes.anna.datagrams().empty());
  REQUIRE(nodes.anna.frames().size() == 1);
  CHECK(nodes.anna.frames()[0].device == kDevice);
  CHECK(to_hex(nodes.anna.frames()[0].frame) ==
        "02000000000a02000000000c080600010800060400"
        "0202000000000c0a4d000c02000000000a0a4d000a");
}

TEST_CASE("options in front of a packet are skipped, however many") {
  TwoNodes nodes;
  const Buffer frame = make_frame(kBert, kAnna, kEtherTypeIpv6, 100);
  for (const std::size_t words : {0u, 1u, 2u, 255u}) {
    Buffer body = {0x40 | 3, static_cast<std::uint8_t>(words)};
    body.resize(body.size() + 4 * words, 0xee);
    append(body, Bytes(frame).subspan(14));
    Buffer datagram = nodes.seal_body(body);
    nodes.give_bert(datagram);
    REQUIRE(nodes.bert.frames().size() == 1);
    CHECK(to_hex(nodes.bert.frames()[0].frame) == to_hex(frame));
    nodes.bert.output.reset();
  }
}

TEST_CASE("control messages go to the control thread, from an unverified peer too") {
  TwoNodes nodes;
  for (const SessionUse use : {SessionUse::frames, SessionUse::control_only}) {
    nodes.bert.only_session().use = use;
    auto datagram =
        nodes.sessions.at_anna->seal_message(tunnel::BodyKind::control, as_bytes("d1:k4:pinge"));
    REQUIRE(datagram);
    nodes.give_bert(*datagram);
    REQUIRE(nodes.bert.output.control().size() == 1);
    CHECK(nodes.bert.output.control()[0].session_index == 99);
    CHECK(nodes.bert.output.control()[0].from == kAnnaEndpoint);
    CHECK(as_text(nodes.bert.output.control()[0].body) == "d1:k4:pinge");
    nodes.bert.output.reset();
  }
}

TEST_CASE("a keepalive yields nothing and is no drop") {
  TwoNodes nodes;
  Buffer datagram = nodes.seal_body(Buffer{0});
  nodes.give_bert(datagram);
  CHECK(nodes.bert.frames().empty());
  CHECK(nodes.bert.output.control().empty());
  CHECK(nodes.bert.dropped() == 0);
  CHECK(nodes.sessions.at_bert->packets_received() == 1);
}

TEST_CASE("a new address is reported once for each snapshot, and only if authentic") {
  TwoNodes nodes;
  const auto reports = [&](const Endpoint& from) {
    Buffer datagram = nodes.seal_body(Buffer{0});
    nodes.bert.output.reset();
    nodes.give_bert(datagram, from);
    return nodes.bert.output.new_addresses().size();
  };
  CHECK(reports(kAnnaEndpoint) == 0);
  Buffer forged = nodes.seal_body(Buffer{0});
  forged.back() ^= 1;
  nodes.give_bert(forged, kElsewhere);
  CHECK(nodes.bert.output.new_addresses().empty());

  CHECK(reports(kElsewhere) == 1);
  CHECK(nodes.bert.output.new_addresses()[0].session_index == 99);
  CHECK(nodes.bert.output.new_addresses()[0].from == kElsewhere);
  CHECK(reports(kElsewhere) == 0);
  CHECK(reports(endpoint("203.0.113.1:1")) == 0);

  nodes.bert.only_session().new_address.rearm();
  CHECK(reports(kElsewhere) == 1);
  CHECK(reports(kElsewhere) == 0);
  nodes.bert.forwarding = Forwarding(nodes.bert.forwarding);  // the next snapshot
  CHECK(reports(kElsewhere) == 1);
}

TEST_CASE("datagrams of a session that is about to be are set aside, a few of them") {
  TwoNodes nodes;
  nodes.bert.forwarding.sessions.clear();
  const Buffer sealed = nodes.seal_body(Buffer{4, 'd', 'e'});
  nodes.give_bert(sealed);
  CHECK(nodes.bert.output.early().empty());
  CHECK(nodes.bert.dropped(DropReason::unknown_session) == 1);

  nodes.bert.plane.expect_session(99);
  for (int i = 0; i < 20; ++i) nodes.give_bert(sealed, kElsewhere);
  REQUIRE(nodes.bert.output.early().size() == 8);
  CHECK(nodes.bert.output.early()[7].from == kElsewhere);
  CHECK(to_buffer(nodes.bert.output.early()[7].bytes) == sealed);
  CHECK(nodes.bert.dropped(DropReason::unknown_session) == 13);
  nodes.bert.output.reset();
  CHECK(nodes.bert.output.early().empty());

  // The frame behind one may be given its header over the end of it.
  nodes.bert.plane.expect_session(99);
  nodes.give_bert(sealed);
  REQUIRE(nodes.bert.output.early().size() == 1);
  std::fill(nodes.received.back().begin(), nodes.received.back().end(), std::uint8_t{0});
  CHECK(to_buffer(nodes.bert.output.early()[0].bytes) == sealed);
  nodes.bert.output.reset();

  // A flood of messages 3 leaves room for the newest alone.
  nodes.bert.plane.expect_session(99);
  for (tunnel::SessionIndex other = 1000; other < 1008; ++other) {
    nodes.bert.plane.expect_session(other);
  }
  nodes.give_bert(sealed);
  CHECK(nodes.bert.output.early().empty());
}

}  // namespace lanyard::node::test
