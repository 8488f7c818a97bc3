// SPDX-License-Identifier: Apache-2.0
// Frames to every member of a large network: more than an output holds at once, and nothing is lost
// of it. Each member gets its share in runs, in order.
#include <algorithm>
#include <map>

#include <doctest/doctest.h>

#include "core/node/data_plane.h"
#include "core/vswitch/offload/checksum.h"
#include "tests/unit/node/super_frame.h"
#include "tests/unit/node/two_nodes.h"

namespace lanyard::node::test {

namespace {

MacAddress member_mac(std::size_t number) {
  return {
      {0x02, 0, 1, 0, static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)}};
}

// Anna, and so many members, every third of which takes no pending checksums.
struct Crowd {
  explicit Crowd(std::size_t size) {
    vswitch::SwitchTables::Contents setup;
    setup.own_mac = kAnna;
    DeviceForwarding device;
    device.device = kDevice;
    for (std::size_t i = 0; i < size; ++i) {
      sessions.push_back(make_sessions(
          static_cast<tunnel::SessionIndex>(1 + i), static_cast<tunnel::SessionIndex>(5000 + i), {},
          i % 3 == 0 ? tunnel::Features{0} : tunnel::kTakesPendingChecksums));
      to.push_back({IpAddress::from_v4({192, 0, 2, 1}), static_cast<std::uint16_t>(1 + i)});
      setup.members.push_back(member_mac(i));
      setup.flood.push_back(static_cast<vswitch::PeerSlot>(i));
      device.peers.push_back({sessions.back().at_anna, to.back()});
    }
    device.tables = vswitch::SwitchTables(std::move(setup));
    forwarding.devices.push_back(std::move(device));
  }

  // What is sent for a batch, by the place of the receiver: the bodies' frames, in order.
  struct Sent {
    std::vector<std::vector<Buffer>> frames;
    std::size_t outputs = 0;
    std::size_t runs = 0;
  };
  Sent send(const std::vector<SuperFrame>& frames) {
    std::vector<Buffer> copies;
    std::vector<DeviceFrame> batch;
    for (const SuperFrame& super : frames) {
      append(copies.emplace_back(1), super.frame);
      batch.push_back({MutableBytes(copies.back()).subspan(1), super.offload});
    }
    Sent out;
    out.frames.resize(to.size());
    auto progress = plane.handle_frames(forwarding, kDevice, batch, output);
    while (true) {
      ++out.outputs;
      out.runs += output.runs().size();
      for (const SealedRun& run : output.runs()) take(run, out);
      output.reset();
      if (progress == Progress::done || out.outputs == 1'000) return out;
      progress = plane.go_on(output);
    }
  }
  void take(const SealedRun& run, Sent& out) {
    const std::size_t member = run.to.port - 1U;
    for (std::size_t i = 0; i < run.datagrams(); ++i) {
      Buffer datagram = to_buffer(run.datagram(i));
      const auto outcome = sessions[member].at_bert->open(datagram);
      const auto* const body = std::get_if<tunnel::Body>(&outcome);
      REQUIRE(body != nullptr);
      REQUIRE(body->kind == tunnel::BodyKind::ethernet);
      if (body->checksum == tunnel::Checksum::pending) {
        REQUIRE(sessions[member].at_anna->takes_pending_checksums());
        REQUIRE(vswitch::complete_transport_checksum(body->payload));
      }
      out.frames[member].push_back(to_buffer(body->payload));
    }
  }

  std::vector<SessionPair> sessions;
  std::vector<Endpoint> to;
  Forwarding forwarding;
  DataPlane plane;
  DataOutput output;
};

SuperFrame to_all(SuperFrame super) {
  std::fill_n(super.frame.begin(), 6, std::uint8_t{0xff});
  return super;
}

// The frames of a super-frame, complete.
void append_segments(std::vector<Buffer>& out, const SuperFrame& super) {
  Buffer frame = super.frame;
  if (super.offload.gso == vswitch::OffloadHeader::Gso::none) {
    if (super.offload.needs_checksum) REQUIRE(vswitch::complete_transport_checksum(frame));
    out.push_back(frame);
    return;
  }
  const auto plan = vswitch::Segmentation::plan(frame, super.offload);
  REQUIRE(plan);
  for (std::size_t i = 0; i < plan->count(); ++i) {
    Buffer& segment = out.emplace_back(to_buffer(plan->make(i, frame)));
    REQUIRE(vswitch::complete_transport_checksum(segment));
  }
}

void check_flood(std::size_t members, const std::vector<SuperFrame>& frames, std::size_t runs) {
  Crowd crowd(members);
  std::vector<Buffer> expected;
  for (const SuperFrame& super : frames) append_segments(expected, super);
  const Crowd::Sent sent = crowd.send(frames);
  CHECK(std::all_of(sent.frames.begin(), sent.frames.end(),
                    [&](const std::vector<Buffer>& got) { return got == expected; }));
  CHECK(sent.runs <= members * runs + sent.outputs);
  for (const std::uint64_t count : crowd.plane.drops()) CHECK(count == 0);
}

}  // namespace

TEST_CASE("a batch of broadcasts reaches every member, in one run for each") {
  std::vector<SuperFrame> batch;
  for (std::size_t i = 0; i < Outbound::kMaxBatch; ++i) {
    batch.push_back({make_frame(MacAddress::broadcast(), kAnna, 0x88b5, 60), {}});
    batch.back().frame.back() = static_cast<std::uint8_t>(i);
  }
  check_flood(100, batch, 1);
}

TEST_CASE("a super-frame to hundreds of members takes many outputs") {
  // 47 members are the least whose copies are more than one output holds.
  const SuperFrame super = to_all(make_super_frame(46 * kSegment - 100));
  check_flood(47, {super}, 2);
  check_flood(150, {super}, 2);
}

TEST_CASE(
    "super-frames, plain frames and pending checksums in one flooded batch keep their order") {
  const std::vector<SuperFrame> batch = {
      to_all(make_super_frame(100, 1)),
      to_all(make_super_frame(3 * kSegment, 101)),
      {make_frame(MacAddress::broadcast(), kAnna, 0x88b5, 60), {}},
      to_all(make_super_frame(2 * kSegment + 5, 5000))};
  check_flood(20, batch, 6);
}

TEST_CASE("what goes to one member beside a flood is not held up by it") {
  Crowd crowd(60);
  std::vector<SuperFrame> batch;
  for (std::size_t i = 0; i < 40; ++i) {
    batch.push_back(to_all(make_super_frame(kSegment, 1)));
    batch.push_back({make_frame(member_mac(7), kAnna, 0x88b5, 60 + i), {}});
    if (batch.size() == Outbound::kMaxBatch) break;
  }
  const Crowd::Sent sent = crowd.send(batch);
  CHECK(sent.outputs > 1);
  REQUIRE(sent.frames[7].size() == 64);
  for (std::size_t i = 0; i < 32; ++i) CHECK(sent.frames[7][i] == batch[2 * i + 1].frame);
  CHECK(sent.frames[8].size() == 32);
}

TEST_CASE("a batch to one member that no output holds goes out in parts") {
  Crowd crowd(2);
  crowd.output = DataOutput({.bytes = 100'000, .items = 100}, {});
  std::vector<SuperFrame> batch;
  for (std::size_t i = 0; i < 5; ++i) {
    SuperFrame super =
        make_super_frame(40 * kSegment, static_cast<std::uint32_t>(1 + i * 40 * kSegment));
    const MacAddress to = member_mac(1);
    std::copy(to.octets.begin(), to.octets.end(), super.frame.begin());
    super.frame.insert(super.frame.begin() + 12, {0x81, 0, 0, 5});  // a tag: it travels whole
    super.offload.checksum_start += 4;
    batch.push_back(super);
  }
  std::vector<Buffer> expected;
  for (const SuperFrame& super : batch) append_segments(expected, super);
  const Crowd::Sent sent = crowd.send(batch);
  CHECK(sent.outputs == 5);
  CHECK(sent.frames[1] == expected);
  CHECK(sent.frames[0].empty());
}

}  // namespace lanyard::node::test
