// SPDX-License-Identifier: Apache-2.0
#include "core/vswitch/offload/segmentation.h"

#include <doctest/doctest.h>

#include "core/base/endian.h"
#include "core/base/rng.h"
#include "core/vswitch/offload/checksum.h"
#include "tests/unit/vswitch/damage.h"
#include "tests/unit/vswitch/packets.h"
#include "tests/unit/vswitch/segmentation_oracle.h"
#include "tests/unit/vswitch/twins.h"

namespace lanyard::vswitch::test {

namespace {

bool is_lie(const Recipe& recipe, const OffloadHeader& offload) {
  const Buffer frame = pending_frame(recipe);
  CHECK(find_segmentation_fault(frame, offload) == "");
  return !Segmentation::plan(frame, offload);
}

Recipe random_recipe(Rng& rng) {
  Recipe recipe;
  for (std::uint64_t tags = rng.below(4); tags > 0; --tags) {
    recipe.tags.push_back(0x81000000 | static_cast<std::uint32_t>(rng.below(0x10000)));
  }
  recipe.family = rng.below(2) == 0 ? IpFamily::v4 : IpFamily::v6;
  recipe.transport = rng.below(3) == 0 ? Transport::udp : Transport::tcp;
  recipe.ip_options.assign(4 * rng.below(11), 1);
  for (std::uint64_t headers = rng.below(2) * rng.below(4); headers > 0; --headers) {
    const std::uint8_t types[] = {60, 43, 60};
    recipe.extensions.emplace_back(types[rng.below(3)], 8 + 8 * rng.below(6));
  }
  recipe.tcp_options.assign(4 * rng.below(11), 1);
  recipe.payload = numbered(rng.below(rng.below(16) == 0 ? 60'000 : 3'000));
  recipe.traffic_class = static_cast<std::uint8_t>(rng.next_u64());
  recipe.flow_label = static_cast<std::uint32_t>(rng.below(0x100000));
  recipe.identification = static_cast<std::uint16_t>(rng.next_u64());
  recipe.fragment = static_cast<std::uint16_t>(0x4000 * rng.below(4));
  recipe.sequence = static_cast<std::uint32_t>(rng.next_u64());
  recipe.acknowledgment = static_cast<std::uint32_t>(rng.next_u64());
  recipe.flags = static_cast<std::uint8_t>(rng.next_u64());
  recipe.window = static_cast<std::uint16_t>(rng.next_u64());
  recipe.urgent = static_cast<std::uint16_t>(rng.next_u64());
  return recipe;
}

}  // namespace

TEST_CASE("IPv6 extension headers stand in every segment") {
  for (const Transport transport : {Transport::tcp, Transport::udp}) {
    Recipe recipe;
    recipe.family = IpFamily::v6;
    recipe.transport = transport;
    recipe.extensions = {{0, 8}, {60, 24}, {43, 24}, {60, 200}};  // 256 bytes
    recipe.payload = numbered(250);
    Buffer frame = pending_frame(recipe);
    const OffloadHeader offload = offload_of(recipe, 100);
    CHECK(offload.checksum_start == 14 + 40 + 256);
    CHECK(find_segmentation_fault(frame, offload) == "");
    const auto plan = Segmentation::plan(frame, offload);
    REQUIRE(plan);
    REQUIRE(plan->count() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
      Recipe alone = recipe;
      alone.payload = to_buffer(Bytes(recipe.payload).subspan(100 * i, i < 2 ? 100 : 50));
      alone.sequence += static_cast<std::uint32_t>(100 * i);
      CHECK(completed(plan->make(i, frame)) == complete_frame(alone));
    }
    recipe.extensions.push_back({60, 8});  // one more is too many
    CHECK(is_lie(recipe, offload_of(recipe, 100)));
  }
}

TEST_CASE("a TCP super-frame becomes segments that follow each other") {
  Recipe recipe;
  recipe.tcp_options = timestamps();
  recipe.identification = 0xffff;
  recipe.sequence = 0xfffffff0;
  recipe.flags = kAck | kPsh | kFin | kCwr | kEce;
  recipe.payload = numbered(250);
  Buffer frame = pending_frame(recipe);
  const auto plan = Segmentation::plan(frame, offload_of(recipe, 100));
  REQUIRE(plan);
  REQUIRE(plan->count() == 3);
  CHECK(plan->header_size() == 14 + 20 + 32);

  struct Expected {
    std::uint16_t identification;
    std::uint32_t sequence;
    std::uint8_t flags;
    std::size_t payload;
  };
  const Expected expected[] = {{0xffff, 0xfffffff0, kAck | kEce | kCwr, 100},
                               {0x0000, 0x00000054, kAck | kEce, 100},
                               {0x0001, 0x000000b8, kAck | kEce | kPsh | kFin, 50}};
  for (std::size_t i = 0; i < 3; ++i) {
    CAPTURE(i);
    const MutableBytes segment = plan->make(i, frame);
    CHECK(segment.data() == frame.data() + 100 * i);
    CHECK(segment.size() == plan->frame_size(i));
    CHECK(load_be<std::uint16_t>(&segment[14 + 2]) == 20 + 32 + expected[i].payload);
    CHECK(load_be<std::uint16_t>(&segment[14 + 4]) == expected[i].identification);
    CHECK(load_be<std::uint32_t>(&segment[34 + 4]) == expected[i].sequence);
    CHECK(segment[34 + 13] == expected[i].flags);
    Recipe alone = recipe;
    alone.identification = expected[i].identification;
    alone.sequence = expected[i].sequence;
    alone.flags = expected[i].flags;
    alone.payload = to_buffer(Bytes(recipe.payload).subspan(100 * i, expected[i].payload));
    CHECK(completed(segment) == complete_frame(alone));
  }
}

TEST_CASE("random super-frames are cut as the slow twin cuts them") {
  SeededRng rng(2);
  std::size_t planned = 0;
  for (int round = 0; round < 100; ++round) {
    const Recipe recipe = random_recipe(rng);
    const std::size_t size = 1 + rng.below(recipe.payload.size() / (1 + rng.below(50)) + 100);
    Buffer frame = pending_frame(recipe);
    CAPTURE(round);
    REQUIRE(find_segmentation_fault(frame, offload_of(recipe, size)) == "");
    if (Segmentation::plan(frame, offload_of(recipe, size))) ++planned;
  }
  CHECK(planned > 80);
}

TEST_CASE("a pending sum that is wrong stays wrong by as much") {
  Recipe recipe;
  recipe.payload = numbered(3'000);
  Buffer frame = pending_frame(recipe);
  frame[34 + 16] ^= 0x5a;
  CHECK(find_segmentation_fault(frame, offload_of(recipe, 1'000)) == "");
  const auto plan = Segmentation::plan(frame, offload_of(recipe, 1'000));
  REQUIRE(plan);
  const Buffer segment = completed(plan->make(0, frame));
  CHECK_FALSE(is_checksum_right(segment, *parse_layout(segment)));
}

TEST_CASE("a payload that fits into one segment stays as it is") {
  for (const std::size_t payload : {0u, 1u, 99u, 100u}) {
    Recipe recipe;
    recipe.flags = kAck | kPsh | kFin | kCwr;
    recipe.payload = numbered(payload);
    Buffer frame = pending_frame(recipe);
    frame[14 + 10] ^= 0x5a;  // its IPv4 checksum is nobody's business then
    const Buffer before = frame;
    const auto plan = Segmentation::plan(frame, offload_of(recipe, 100));
    REQUIRE(plan);
    CHECK(plan->count() == 1);
    CHECK(plan->frame_size(0) == frame.size());
    CHECK(equal(plan->make(0, frame), before));
  }
}

TEST_CASE("the largest super-frames are cut") {
  Recipe recipe;
  recipe.payload = numbered(65'535 - 20 - 20);
  CHECK_FALSE(is_lie(recipe, offload_of(recipe, 1'460)));
  CHECK_FALSE(is_lie(recipe, offload_of(recipe, 48)));
  CHECK(is_lie(recipe, offload_of(recipe, 47)));  // more than kMaxSegments
  recipe.family = IpFamily::v6;
  recipe.transport = Transport::udp;
  recipe.payload = numbered(65'535 - 8);
  CHECK_FALSE(is_lie(recipe, offload_of(recipe, 1'400)));
}

TEST_CASE("an offload header that lies is found out") {
  Recipe recipe;
  recipe.payload = numbered(3'000);
  const OffloadHeader honest = offload_of(recipe, 1'000);
  REQUIRE_FALSE(is_lie(recipe, honest));

  OffloadHeader lie = honest;
  lie.header_length = 65'535;
  CHECK_FALSE(is_lie(recipe, lie));  // nobody asks it
  for (const unsigned size : {0u, 65'535u}) {
    lie = honest;
    lie.segment_size = static_cast<std::uint16_t>(size);
    CHECK(is_lie(recipe, lie));
  }
  for (const auto gso :
       {OffloadHeader::Gso::none, OffloadHeader::Gso::tcp_v6, OffloadHeader::Gso::udp}) {
    lie = honest;
    lie.gso = gso;
    CHECK(is_lie(recipe, lie));
  }
  for (const unsigned start : {0u, 14u, 33u, 35u, 54u, 3'054u, 65'535u}) {
    lie = honest;
    lie.checksum_start = static_cast<std::uint16_t>(start);
    CHECK(is_lie(recipe, lie));
  }
  for (const unsigned offset : {0u, 6u, 15u, 17u, 65'535u}) {
    lie = honest;
    lie.checksum_offset = static_cast<std::uint16_t>(offset);
    CHECK(is_lie(recipe, lie));
  }
  lie = honest;
  lie.needs_checksum = false;
  CHECK(is_lie(recipe, lie));

  recipe.family = IpFamily::v6;
  CHECK(is_lie(recipe, honest));
  recipe.transport = Transport::udp;
  CHECK_FALSE(is_lie(recipe, offload_of(recipe, 1'000)));
  lie = offload_of(recipe, 1'000);
  lie.ecn = true;  // has no meaning for UDP
  CHECK(is_lie(recipe, lie));
}

TEST_CASE("a frame that is not as long as IP says is no super-frame") {
  Recipe recipe;
  recipe.payload = numbered(3'000);
  const OffloadHeader offload = offload_of(recipe, 1'000);
  Buffer frame = pending_frame(recipe);
  frame.push_back(0);
  CHECK_FALSE(Segmentation::plan(frame, offload));
  frame.resize(frame.size() - 2);
  CHECK_FALSE(Segmentation::plan(frame, offload));
  recipe.fragment = 0x2000;
  CHECK_FALSE(Segmentation::plan(pending_frame(recipe), offload));
}

TEST_CASE("the largest headers are cut off and put before each segment") {
  Recipe recipe;
  recipe.ip_options.assign(40, 1);
  recipe.tcp_options.assign(40, 1);
  recipe.payload = numbered(300);
  recipe.tags.assign(7, 0x81000001);
  CHECK_FALSE(is_lie(recipe, offload_of(recipe, 100)));
  recipe.tags.assign(8, 0x81000001);
  CHECK(is_lie(recipe, offload_of(recipe, 100)));
}

TEST_CASE("every damage is judged and cut as the slow twin does") {
  Recipe recipe;
  recipe.tags = {0x81000005};
  recipe.tcp_options = timestamps();
  recipe.payload = numbered(25);
  for (const Transport transport : {Transport::tcp, Transport::udp}) {
    for (const IpFamily family : {IpFamily::v4, IpFamily::v6}) {
      recipe.transport = transport;
      recipe.family = family;
      Buffer input = written(offload_of(recipe, 10));
      append(input, pending_frame(recipe));
      REQUIRE(find_segmentation_fault(input).empty());
      each_damage(input, input.size(),
                  [&](const Buffer& damaged) { REQUIRE(find_segmentation_fault(damaged) == ""); });
    }
  }
}

}  // namespace lanyard::vswitch::test
