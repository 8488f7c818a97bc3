// SPDX-License-Identifier: Apache-2.0
// Whatever the data plane refuses is dropped, and counted under one reason.
#include <set>

#include <doctest/doctest.h>

#include "core/node/data_plane.h"
#include "tests/unit/node/two_nodes.h"

namespace lanyard::node::test {

namespace {

using vswitch::kEtherTypeIpv4;

// Exactly one more drop, for this reason, and nothing else came of it.
void check_only(TestNode& node, DropReason reason) {
  INFO(to_string(reason));
  CHECK(node.dropped(reason) == 1);
  CHECK(node.dropped() == 1);
  CHECK(node.datagrams().empty());
  CHECK(node.frames().empty());
  CHECK(node.output.control().empty());
}

void check_frame(const Buffer& frame, DropReason reason) {
  TwoNodes nodes;
  nodes.give_anna(frame);
  check_only(nodes.anna, reason);
}

void check_body(const Buffer& body, DropReason reason) {
  TwoNodes nodes;
  Buffer datagram = nodes.seal_body(body);
  nodes.give_bert(datagram);
  check_only(nodes.bert, reason);
}

Buffer ethernet_body(const Buffer& frame) {
  Buffer body = {1};
  append(body, frame);
  return body;
}

}  // namespace

TEST_CASE("frames of the device that go nowhere") {
  check_frame(Buffer(13), DropReason::runt);
  check_frame(make_frame(kBert, kCarl, kEtherTypeIpv4, 20), DropReason::foreign_source);
  check_frame(make_frame(kAnna, kAnna, kEtherTypeIpv4, 20), DropReason::unknown_destination);
  check_frame(make_frame(kCarl, kAnna, kEtherTypeIpv4, 20), DropReason::no_path);
  constexpr std::size_t kFits = 65'507 - 25;
  check_frame(make_frame(kBert, kAnna, kEtherTypeIpv4, kFits + 1), DropReason::oversized);
  check_frame(make_frame(kBert, kAnna, 0x88b5, kFits - 13), DropReason::oversized);

  TwoNodes nodes;
  nodes.give_anna(make_frame(kBert, kAnna, kEtherTypeIpv4, kFits));
  nodes.give_anna(make_frame(kBert, kAnna, 0x88b5, kFits - 14));
  CHECK(nodes.anna.datagrams().size() == 2);
  CHECK(nodes.anna.dropped() == 0);
}

TEST_CASE("a device that is not in the snapshot") {
  TwoNodes nodes;
  nodes.give_anna(make_frame(kBert, kAnna, kEtherTypeIpv4, 20), kDevice + 1);
  check_only(nodes.anna, DropReason::unknown_device);

  nodes.bert.forwarding.devices.clear();
  Buffer datagram = nodes.seal_body(ethernet_body(make_frame(kBert, kAnna, kEtherTypeIpv4, 20)));
  nodes.give_bert(datagram);
  check_only(nodes.bert, DropReason::unknown_device);
}

TEST_CASE("a session past its last packet") {
  tunnel::SessionLimits limits;
  limits.max_packets = 1;
  TwoNodes nodes(limits);
  const Buffer frame = make_frame(kBert, kAnna, kEtherTypeIpv4, 20);
  nodes.give_anna(frame);
  CHECK(nodes.anna.datagrams().size() == 1);
  nodes.anna.output.reset();
  nodes.give_anna(frame);
  check_only(nodes.anna, DropReason::session_exhausted);
}

TEST_CASE("bodies that are not taken") {
  check_body(Buffer{5, 1, 2}, DropReason::unknown_kind);     // fragment
  check_body(Buffer{9}, DropReason::unknown_kind);           // of a later version
  check_body(Buffer{0x41}, DropReason::malformed);           // options, but no length
  check_body(Buffer{0x41, 2, 0, 0}, DropReason::malformed);  // options past the end
  check_body(Buffer{1}, DropReason::runt);
  check_body(ethernet_body(make_frame(kBert, kCarl, kEtherTypeIpv4, 20)),
             DropReason::spoofed_source);
  check_body(ethernet_body(make_frame(kBert, kBert, kEtherTypeIpv4, 20)),
             DropReason::spoofed_source);
  check_body(ethernet_body(make_frame(kCarl, kAnna, kEtherTypeIpv4, 20)), DropReason::not_for_us);
}

TEST_CASE("an address in ARP that is another member's, in either direction") {
  Buffer claim = make_frame(MacAddress::broadcast(), kAnna, vswitch::kEtherTypeArp, 0);
  append(claim, *from_hex("0001080006040002"));
  append(claim, kAnna.bytes());
  append(claim, *from_hex("0a4d000c0000000000000a4d000b"));  // Carl's
  check_frame(claim, DropReason::spoofed_address);
  check_body(ethernet_body(claim), DropReason::spoofed_address);
}

TEST_CASE("frames of a peer whose membership is not verified") {
  for (const Buffer& body : {ethernet_body(make_frame(kBert, kAnna, kEtherTypeIpv4, 20)),
                             Buffer{2, 0x45, 0}, Buffer{3, 0x60, 0}}) {
    TwoNodes nodes;
    nodes.bert.only_session().use = SessionUse::control_only;
    Buffer datagram = nodes.seal_body(body);
    nodes.give_bert(datagram);
    check_only(nodes.bert, DropReason::not_verified);
  }
}

TEST_CASE("a session entry with a slot that the tables lack lets nothing through") {
  TwoNodes nodes;
  nodes.bert.only_session().slot = 7;
  Buffer datagram = nodes.seal_body(Buffer{2, 0x45, 0});
  nodes.give_bert(datagram);
  check_only(nodes.bert, DropReason::spoofed_source);
}

TEST_CASE("a datagram that came before") {
  TwoNodes nodes;
  const Buffer sealed = nodes.seal_body(ethernet_body(make_frame(kBert, kAnna, 0x88b5, 46)));
  Buffer first = sealed;
  Buffer second = sealed;
  nodes.give_bert(first);
  CHECK(nodes.bert.frames().size() == 1);
  nodes.bert.output.reset();
  nodes.give_bert(second);
  check_only(nodes.bert, DropReason::replayed);
}

TEST_CASE("a datagram for nobody") {
  TwoNodes nodes;
  Buffer datagram = nodes.seal_body(Buffer{0});
  nodes.bert.forwarding.sessions.clear();
  nodes.give_bert(datagram);
  check_only(nodes.bert, DropReason::unknown_session);
}

TEST_CASE("damaged datagrams yield nothing, and each is counted once") {
  TwoNodes nodes;
  const Buffer sealed = nodes.seal_body(ethernet_body(make_frame(kBert, kAnna, 0x88b5, 46)));
  std::uint64_t given = 0;
  const auto give = [&](Buffer damaged) {
    nodes.give_bert(damaged, kElsewhere);
    ++given;
    CHECK(nodes.bert.dropped() == given);
  };
  for (std::size_t size = 1; size < sealed.size(); ++size) {
    give(Buffer(sealed.begin(), sealed.begin() + static_cast<std::ptrdiff_t>(size)));
  }
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    Buffer flipped = sealed;
    flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ 1u << bit % 8);
    give(std::move(flipped));
  }
  CHECK(nodes.bert.dropped(DropReason::malformed) == 24 + 8);  // too short; not of kind 0xE4
  CHECK(nodes.bert.dropped(DropReason::unknown_session) == 24);
  // Counters past the keys' last packet, 2^28: the upper four bits of 32.
  CHECK(nodes.bert.dropped(DropReason::session_exhausted) == 4);
  CHECK(nodes.bert.dropped(DropReason::forged) == given - 24 - 8 - 24 - 4);
  CHECK(nodes.bert.frames().empty());
  CHECK(nodes.bert.output.new_addresses().empty());

  Buffer whole = sealed;  // the damage has spoilt nothing
  nodes.give_bert(whole);
  CHECK(nodes.bert.frames().size() == 1);
}

TEST_CASE("an output that is full") {
  TwoNodes nodes;
  nodes.anna.output = DataOutput({.bytes = 400, .items = 8}, {});
  nodes.bert.output = DataOutput({.bytes = 400, .items = 2}, {});
  const Buffer frame = make_frame(kBert, kAnna, kEtherTypeIpv4, 100);
  CHECK(nodes.anna.output.has_room());
  nodes.give_anna(frame);
  CHECK(nodes.anna.output.has_room());
  nodes.give_anna(frame);
  CHECK_FALSE(nodes.anna.output.has_room());  // more than half full
  nodes.give_anna(frame);
  CHECK(nodes.anna.datagrams().size() == 3);
  CHECK(nodes.progress == Progress::done);
  nodes.give_anna(frame);  // no room: it waits
  CHECK(nodes.progress == Progress::more);
  CHECK(nodes.anna.datagrams().size() == 3);
  CHECK(nodes.anna.dropped() == 0);
  nodes.anna.output.reset();
  CHECK(nodes.anna.output.has_room());
  // Longer than any output: it will never have room.
  nodes.give_anna(make_frame(kBert, kAnna, kEtherTypeIpv4, 400));
  CHECK(nodes.anna.dropped(DropReason::output_full) == 1);

  std::vector<Buffer> datagrams;
  for (int i = 0; i < 3; ++i) datagrams.push_back(nodes.seal_body(Buffer{4, 'd', 'e'}));
  for (int i = 0; i < 3; ++i) datagrams.push_back(nodes.seal_body(Buffer{2, 0x45}));
  for (Buffer& datagram : datagrams) nodes.give_bert(datagram);
  CHECK(nodes.bert.output.control().size() == 2);
  CHECK(nodes.bert.frames().size() == 2);
  CHECK(nodes.bert.dropped(DropReason::output_full) == 2);
  CHECK_FALSE(nodes.bert.output.has_room());
}

TEST_CASE("each reason has a name of its own") {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kDropReasons; ++i) {
    names.insert(to_string(static_cast<DropReason>(i)));
  }
  CHECK(names.size() == kDropReasons);
  CHECK(names.count("unknown") == 0);
}

}  // namespace lanyard::node::test
