// SPDX-License-Identifier: Apache-2.0
// Frames from Anna to Bert through Rita, who has no keys.
#include "core/node/relaying.h"

#include <doctest/doctest.h>

#include "tests/unit/node/two_nodes.h"

namespace lanyard::node::test {

namespace {

constexpr tunnel::CircuitNumber kAnnas = 0xa00001;  // Anna's half of the circuit
constexpr tunnel::CircuitNumber kBerts = 0xb00002;
const Endpoint kRita = endpoint("203.0.113.3:4003");
const Endpoint kAnnaAtBert = tunnel::relayed_endpoint(1);

struct Relayed : TwoNodes {
  explicit Relayed(std::int64_t quota = 1'000'000) : meter(std::make_shared<RelayMeter>(quota)) {
    anna.peers()[kPartner].endpoint = kRita;
    anna.peers()[kPartner].circuit = kAnnas;
    rita.forwarding.circuits = {{kAnnas, kAnnaEndpoint, {}, {kBertEndpoint, kBerts, meter}},
                                {kBerts, kBertEndpoint, {}, {kAnnaEndpoint, kAnnas, meter}}};
    rita.forwarding.sort();
    bert.forwarding.circuits = {{kBerts, kRita, kAnnaAtBert, {}}};
    bert.only_session().endpoint = kAnnaAtBert;
  }

  void give(TestNode& node, Bytes run, const Endpoint& from, std::size_t segment_size) {
    Buffer& copy = received.emplace_back(ReceivedRun::kHeadroom);
    append(copy, run);
    const MutableBytes bytes = MutableBytes(copy).subspan(ReceivedRun::kHeadroom);
    node.plane.handle_relayed_run(node.forwarding, {from, bytes, segment_size}, node.output);
  }
  // What Anna's output holds, all of it one run.
  void anna_to_rita() {
    REQUIRE(anna.output.runs().size() == 1);
    const SealedRun& run = anna.output.runs()[0];
    CHECK(run.to == kRita);
    give(rita, run.bytes, kAnnaEndpoint, run.segment_size);
  }
  void rita_to_bert() {
    for (const SealedRun& run : rita.output.runs()) {
      CHECK(run.to == kBertEndpoint);
      give(bert, run.bytes, kRita, run.segment_size);
    }
  }

  std::shared_ptr<RelayMeter> meter;
  TestNode rita;
};

}  // namespace

TEST_CASE("a frame goes through a relay, which rewrites four bytes") {
  Relayed nodes;
  for (const std::uint16_t type : {vswitch::kEtherTypeIpv4, std::uint16_t{0x88b5}}) {
    const Buffer frame = make_frame(kBert, kAnna, type, 100);
    nodes.give_anna(frame);
    const Buffer sent = to_buffer(nodes.anna.output.runs()[0].bytes);
    CHECK(to_hex(Bytes(sent).first(5)) == "e5a00001e4");
    nodes.anna_to_rita();
    const Buffer passed = to_buffer(nodes.rita.output.runs()[0].bytes);
    CHECK(to_hex(Bytes(passed).first(5)) == "e5b00002e4");
    CHECK(to_hex(Bytes(passed).subspan(4)) == to_hex(Bytes(sent).subspan(4)));
    nodes.rita_to_bert();
    REQUIRE(nodes.bert.frames().size() == 1);
    CHECK(to_hex(nodes.bert.frames()[0].frame) == to_hex(frame));
    CHECK(nodes.bert.output.new_addresses().empty());  // the path is that of the session
    for (TestNode* node : {&nodes.anna, &nodes.rita, &nodes.bert}) node->output.reset();
  }
  CHECK(nodes.rita.dropped() == 0);
  CHECK(nodes.bert.dropped() == 0);
  CHECK(nodes.meter->packets() == 2);
}

TEST_CASE("a run in is a run out, and a batch of frames at its end") {
  Relayed nodes;
  for (std::uint8_t i = 0; i < 20; ++i) {
    Buffer frame = make_frame(kBert, kAnna, vswitch::kEtherTypeIpv4, i == 19 ? 60 : 100);
    frame[20] = i;
    nodes.give_anna(frame);
  }
  nodes.anna_to_rita();
  REQUIRE(nodes.rita.output.runs().size() == 1);
  CHECK(nodes.rita.output.runs()[0].datagrams() == 20);
  nodes.rita_to_bert();
  const auto frames = nodes.bert.frames();
  REQUIRE(frames.size() == 20);
  for (std::uint8_t i = 0; i < 20; ++i) CHECK(frames[i].frame[20] == i);
}

TEST_CASE("what comes by no circuit, or from elsewhere than its beginning, goes nowhere") {
  Relayed nodes;
  nodes.give_anna(make_frame(kBert, kAnna, vswitch::kEtherTypeIpv4, 100));
  const Buffer sent = to_buffer(nodes.anna.output.runs()[0].bytes);
  nodes.give(nodes.rita, sent, kElsewhere, sent.size());
  CHECK(nodes.rita.dropped(DropReason::unknown_circuit) == 1);
  // Each bit of the header: another kind is another function's, another number is no circuit.
  for (std::size_t bit = 8; bit < 32; ++bit) {
    Buffer other = sent;
    other[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
    nodes.give(nodes.rita, other, kAnnaEndpoint, other.size());
  }
  CHECK(nodes.rita.dropped(DropReason::unknown_circuit) == 25);
  for (std::size_t size = 1; size <= 4; ++size) {
    nodes.give(nodes.rita, Bytes(sent).first(size), kAnnaEndpoint, size);
  }
  CHECK(nodes.rita.dropped(DropReason::malformed) == 4);
  CHECK(nodes.rita.output.runs().empty());
}

TEST_CASE("datagrams of several circuits in one message go each their way") {
  Relayed nodes;
  const Endpoint carl = endpoint("198.51.100.7:7");
  nodes.rita.forwarding.circuits.push_back(
      {0xc00003, kAnnaEndpoint, {}, {carl, 0xc00004, nodes.meter}});
  nodes.rita.forwarding.sort();
  Buffer message;
  for (const tunnel::CircuitNumber number : {kAnnas, kAnnas, 0xc00003u, 9u, kAnnas}) {
    append(message, tunnel::relayed_datagram(number, Buffer(60, 0xE4)));
  }
  nodes.give(nodes.rita, message, kAnnaEndpoint, 64);
  const auto& runs = nodes.rita.output.runs();
  REQUIRE(runs.size() == 3);
  CHECK(runs[0].datagrams() == 2);
  CHECK(runs[0].to == kBertEndpoint);
  CHECK(runs[1].to == carl);
  CHECK(runs[2].to == kBertEndpoint);
  CHECK(nodes.rita.dropped(DropReason::unknown_circuit) == 1);
}

TEST_CASE("handshakes leave a circuit for the control thread; nothing else but data does") {
  Relayed nodes;
  const auto give_inner = [&](Bytes inner) {
    const Buffer datagram = tunnel::relayed_datagram(kBerts, inner);
    nodes.give(nodes.bert, datagram, kRita, datagram.size());
  };
  for (const char* first : {"e0", "e1", "e2", "e3"}) {
    Buffer inner = *from_hex(first);
    inner.resize(60);
    give_inner(inner);
  }
  REQUIRE(nodes.bert.output.early().size() == 4);
  for (const EarlyDatagram& datagram : nodes.bert.output.early()) {
    CHECK(datagram.from == kAnnaAtBert);
    CHECK(datagram.bytes.size() == 60);
  }
  give_inner(as_bytes("d1:y1:qe"));                            // the DHT
  give_inner(tunnel::relayed_datagram(kBerts, Buffer(9, 0)));  // a circuit in a circuit
  for (const char* other : {"e600", "e700", "0000"}) give_inner(*from_hex(other));
  CHECK(nodes.bert.dropped(DropReason::unknown_circuit) == 5);
  give_inner(Buffer(9, 0xE4));  // too short for data
  CHECK(nodes.bert.dropped(DropReason::malformed) == 1);
  CHECK(nodes.bert.output.early().size() == 4);
}

TEST_CASE("what is over a member's quota is dropped and counted") {
  Relayed nodes(300);
  for (int i = 0; i < 3; ++i) {
    nodes.give_anna(make_frame(kBert, kAnna, vswitch::kEtherTypeIpv4, 100));
    nodes.anna_to_rita();
    nodes.anna.output.reset();
  }
  CHECK(nodes.rita.output.runs().size() == 2);
  CHECK(nodes.rita.dropped(DropReason::relay_quota) == 1);
  CHECK(nodes.meter->refused_packets() == 1);
  nodes.meter->fill(1'000);
  nodes.give_anna(make_frame(kBert, kAnna, vswitch::kEtherTypeIpv4, 100));
  nodes.anna_to_rita();
  CHECK(nodes.rita.output.runs().size() == 3);
}

}  // namespace lanyard::node::test
