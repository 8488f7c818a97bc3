// SPDX-License-Identifier: Apache-2.0
// Super-frames from one device to the other: cut, sealed, opened, merged again.
#include <algorithm>

#include <doctest/doctest.h>

#include "core/node/data_plane.h"
#include "core/vswitch/offload/checksum.h"
#include "tests/unit/node/super_frame.h"
#include "tests/unit/node/two_nodes.h"

namespace lanyard::node::test {

namespace {

using vswitch::OffloadHeader;

// Hands a run to Bert as UDP receive offload does, all datagrams in one piece of memory.
void give_run(TwoNodes& nodes, const SealedRun& run) {
  Buffer& copy = nodes.received.emplace_back(ReceivedRun::kHeadroom);
  append(copy, run.bytes);
  const MutableBytes bytes = MutableBytes(copy).subspan(ReceivedRun::kHeadroom);
  nodes.bert.plane.handle_run(nodes.bert.forwarding, {kAnnaEndpoint, bytes, run.segment_size},
                              nodes.bert.output);
}

OffloadHeader offload_of(const vswitch::Coalescer::Group& group) {
  const auto parsed = OffloadHeader::parse(group.offload);
  REQUIRE(parsed);
  return *parsed;
}

}  // namespace

TEST_CASE("a super-frame crosses as one run and comes out as it went in") {
  TwoNodes nodes(tunnel::kTakesPendingChecksums);
  const SuperFrame super = make_super_frame(44 * kSegment - 100);
  nodes.give_anna(super.frame, kDevice, super.offload);
  REQUIRE(nodes.anna.output.runs().size() == 1);
  const SealedRun& run = nodes.anna.output.runs()[0];
  CHECK(run.datagrams() == 44);
  CHECK(run.segment_size == 8 + 1 + kIpHeader + kTcpHeader + kSegment + 16);
  CHECK(nodes.sessions.at_anna->packets_sent() == 44);
  CHECK(nodes.sessions.at_anna->bytes_sent() == run.bytes.size());

  give_run(nodes, run);
  const auto frames = nodes.bert.frames();
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].device == kDevice);
  CHECK(frames[0].frame == super.frame);
  const OffloadHeader offload = offload_of(nodes.bert.output.frames().groups()[0]);
  CHECK(offload.gso == OffloadHeader::Gso::tcp_v4);
  CHECK(offload.needs_checksum);
  CHECK(offload.segment_size == kSegment);
  CHECK(offload.checksum_start == super.offload.checksum_start);
  CHECK(offload.checksum_offset == super.offload.checksum_offset);
  CHECK(nodes.anna.dropped() == 0);
  CHECK(nodes.bert.dropped() == 0);
}

TEST_CASE("a lost datagram costs its own segment") {
  TwoNodes nodes(tunnel::kTakesPendingChecksums);
  const SuperFrame super = make_super_frame(10 * kSegment);
  nodes.give_anna(super.frame, kDevice, super.offload);
  const auto datagrams = nodes.anna.datagrams();
  REQUIRE(datagrams.size() == 10);
  for (std::size_t i = 0; i < datagrams.size(); ++i) {
    if (i != 4) nodes.give_bert(datagrams[i].payload);
  }
  const auto frames = nodes.bert.frames();
  REQUIRE(frames.size() == 2);
  CHECK(frames[0].frame.size() == kHeaders + 4 * kSegment);
  CHECK(frames[1].frame.size() == kHeaders + 5 * kSegment);
  const Bytes payload = Bytes(super.frame).subspan(kHeaders);
  CHECK(equal(Bytes(frames[0].frame).subspan(kHeaders), payload.first(4 * kSegment)));
  CHECK(equal(Bytes(frames[1].frame).subspan(kHeaders), payload.subspan(5 * kSegment)));
}

TEST_CASE("super-frames of one batch lengthen a run up to what one system call takes") {
  TwoNodes nodes(tunnel::kTakesPendingChecksums);
  std::vector<SuperFrame> supers;
  for (std::size_t i = 0; i < 3; ++i) {
    supers.push_back(
        make_super_frame(30 * kSegment, static_cast<std::uint32_t>(1000 + i * 30 * kSegment)));
  }
  std::vector<Buffer> copies(supers.size(), Buffer(1));
  std::vector<DeviceFrame> batch;
  for (std::size_t i = 0; i < supers.size(); ++i) {
    append(copies[i], supers[i].frame);
    batch.push_back({MutableBytes(copies[i]).subspan(1), supers[i].offload});
  }
  CHECK(nodes.anna.plane.handle_frames(nodes.anna.forwarding, kDevice, batch, nodes.anna.output) ==
        Progress::done);
  std::size_t datagrams = 0;
  for (const SealedRun& run : nodes.anna.output.runs()) {
    CHECK(run.bytes.size() <= SealedRun::kMaxBytes);
    CHECK(run.datagrams() <= SealedRun::kMaxDatagrams);
    datagrams += run.datagrams();
  }
  CHECK(datagrams == 90);
  CHECK(nodes.anna.output.runs().size() == 2);  // 46 of 1,425 bytes fit into 65,507
}

TEST_CASE("frames to two members make a run for each, in the order of each") {
  TwoNodes nodes;
  const SessionPair with_carl = make_sessions(18, 50);
  nodes.anna.peers()[kCarlSlot] = {with_carl.at_anna, kElsewhere};
  std::vector<Buffer> copies;
  std::vector<DeviceFrame> batch;
  for (std::size_t i = 0; i < 20; ++i) {
    Buffer& copy = copies.emplace_back(1);
    append(copy, make_frame(i % 2 == 0 ? kBert : kCarl, kAnna, vswitch::kEtherTypeIpv4, 60));
    copy.back() = static_cast<std::uint8_t>(i);
    batch.push_back({MutableBytes(copy).subspan(1), {}});
  }
  CHECK(nodes.anna.plane.handle_frames(nodes.anna.forwarding, kDevice, batch, nodes.anna.output) ==
        Progress::done);
  const auto& runs = nodes.anna.output.runs();
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].to == kBertEndpoint);
  CHECK(runs[1].to == kElsewhere);
  give_run(nodes, runs[0]);
  const auto frames = nodes.bert.frames();
  REQUIRE(frames.size() == 10);
  for (std::size_t i = 0; i < frames.size(); ++i) CHECK(frames[i].frame.back() == 2 * i);
}

TEST_CASE("a peer that takes no pending checksum gets complete ones") {
  TwoNodes nodes;  // its sessions have no features
  for (const std::size_t payload : {std::size_t{100}, 5 * kSegment}) {
    const SuperFrame super = make_super_frame(payload);
    nodes.give_anna(super.frame, kDevice, super.offload);
    for (const SealedDatagram& sealed : nodes.anna.datagrams()) {
      Buffer datagram = to_buffer(sealed.payload);
      const auto outcome = nodes.sessions.at_bert->open(datagram);
      const auto* const body = std::get_if<tunnel::Body>(&outcome);
      REQUIRE(body != nullptr);
      CHECK(body->checksum == tunnel::Checksum::complete);
      Buffer frame(vswitch::kEthernetHeaderSize);
      vswitch::write_ethernet_header(frame, kBert, kAnna, vswitch::kEtherTypeIpv4);
      append(frame, body->payload);
      const auto layout = vswitch::parse_layout(frame);
      REQUIRE(layout);
      CHECK(vswitch::is_checksum_right(frame, *layout));
    }
    nodes.anna.output.reset();
  }
}

TEST_CASE("a flooded super-frame reaches every member whole") {
  TwoNodes nodes(tunnel::kTakesPendingChecksums);
  const SessionPair with_carl = make_sessions(18, 50);
  nodes.anna.peers()[kCarlSlot] = {with_carl.at_anna, kElsewhere};
  SuperFrame super = make_super_frame(6 * kSegment);
  std::fill_n(super.frame.begin(), 6, std::uint8_t{0xff});
  nodes.give_anna(super.frame, kDevice, super.offload);
  Buffer at_carl;
  std::size_t to_bert = 0;
  for (const SealedDatagram& sealed : nodes.anna.datagrams()) {
    if (sealed.to == kBertEndpoint) {
      nodes.give_bert(sealed.payload);
      ++to_bert;
      continue;
    }
    Buffer datagram = to_buffer(sealed.payload);
    const auto outcome = with_carl.at_bert->open(datagram);
    REQUIRE(std::holds_alternative<tunnel::Body>(outcome));
    append(at_carl, std::get<tunnel::Body>(outcome).payload.subspan(kHeaders));
  }
  CHECK(to_bert == 6);
  CHECK(equal(at_carl, Bytes(super.frame).subspan(kHeaders)));
  Buffer at_bert;
  for (const Delivered& delivered : nodes.bert.frames()) {
    append(at_bert, Bytes(delivered.frame).subspan(kHeaders));
  }
  CHECK(equal(at_bert, Bytes(super.frame).subspan(kHeaders)));
}

TEST_CASE("a header that contradicts its frame costs that frame alone") {
  TwoNodes nodes;
  const SuperFrame good = make_super_frame(5 * kSegment);
  OffloadHeader zero = good.offload;
  zero.segment_size = 0;
  OffloadHeader outside = make_super_frame(100).offload;
  outside.checksum_start = 60'000;
  OffloadHeader other = good.offload;
  other.gso = OffloadHeader::Gso::tcp_v6;
  std::uint64_t dropped = 0;
  for (const OffloadHeader& lie : {zero, outside, other}) {
    nodes.give_anna(good.frame, kDevice, lie);
    CHECK(nodes.anna.output.runs().empty());
    CHECK(nodes.anna.dropped(DropReason::malformed_offload) == ++dropped);
  }
  nodes.give_anna(good.frame, kDevice, good.offload);
  CHECK(nodes.anna.datagrams().size() == 5);
}

TEST_CASE("a pending checksum where there is none is no checksum") {
  TwoNodes nodes;
  const Buffer frame = make_frame(kBert, kAnna, 0x88b5, 60);
  Buffer body = {0x80 | 1};
  append(body, frame);
  nodes.give_bert(nodes.seal_body(body));
  const auto frames = nodes.bert.frames();
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].frame == frame);
  CHECK_FALSE(offload_of(nodes.bert.output.frames().groups()[0]).needs_checksum);
}

TEST_CASE("a super-frame that is dropped counts as the packets that it is") {
  TwoNodes nodes;
  SuperFrame super = make_super_frame(10 * kSegment);
  nodes.give_anna(super.frame, kDevice + 1, super.offload);
  CHECK(nodes.anna.dropped(DropReason::unknown_device) == 10);
  super.frame[5] = kCarl.octets[5];
  nodes.give_anna(super.frame, kDevice, super.offload);
  CHECK(nodes.anna.dropped(DropReason::no_path) == 10);
  super.frame[5] = 0x77;
  nodes.give_anna(super.frame, kDevice, super.offload);
  CHECK(nodes.anna.dropped(DropReason::unknown_destination) == 10);
  super.frame[11] = 0x77;
  nodes.give_anna(super.frame, kDevice, super.offload);
  CHECK(nodes.anna.dropped(DropReason::foreign_source) == 10);
  super.offload.segment_size = 0;
  nodes.give_anna(super.frame, kDevice, super.offload);
  CHECK(nodes.anna.dropped(DropReason::foreign_source) == 11);
  CHECK(nodes.anna.dropped() == 41);
}

TEST_CASE("keys that do not last for a super-frame carry none of it") {
  tunnel::SessionLimits limits;
  limits.max_packets = 9;
  TwoNodes nodes(tunnel::kTakesPendingChecksums, limits);
  const SuperFrame super = make_super_frame(10 * kSegment);
  nodes.give_anna(super.frame, kDevice, super.offload);
  CHECK(nodes.anna.output.runs().empty());
  CHECK(nodes.anna.dropped(DropReason::session_exhausted) == 10);
}

}  // namespace lanyard::node::test
