// SPDX-License-Identifier: Apache-2.0
#include "core/vswitch/offload/checksum.h"

#include <doctest/doctest.h>

#include "core/base/rng.h"
#include "tests/unit/vswitch/frames.h"
#include "tests/unit/vswitch/packets.h"
#include "tests/unit/vswitch/twins.h"

namespace lanyard::vswitch::test {

namespace {

std::uint16_t slow_sum(Bytes bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    sum += i % 2 == 0 ? bytes[i] * 256u : bytes[i];
    if (sum > 0xffff) sum -= 0xffff;
  }
  return static_cast<std::uint16_t>(sum);
}

}  // namespace

TEST_CASE("the sum of RFC 1071's example") {
  CHECK(internet_sum(hex("0001 f203 f4f5 f6f7")) == 0xddf2);
}

TEST_CASE("the sum is that of the slow twin, whatever the length and the place") {
  SeededRng rng(1);
  Buffer bytes(400);
  rng.fill(bytes);
  for (std::size_t from = 0; from < 9; ++from) {
    for (std::size_t size = 0; size + from <= bytes.size(); ++size) {
      const Bytes part = Bytes(bytes).subspan(from, size);
      REQUIRE(internet_sum(part) == slow_sum(part));
    }
  }
}

TEST_CASE("carries are not lost, and zero has one form") {
  for (const std::size_t size : {1u, 2u, 7u, 32u, 1'500u, 65'535u}) {
    const Buffer ones(size, 0xff);
    CHECK(internet_sum(ones) == slow_sum(ones));
    CHECK(internet_sum(Buffer(size)) == 0);
  }
  CHECK(internet_sum({}) == 0);
  CHECK(add_sums(0xffff, 0xffff) == 0xffff);
  CHECK(add_sums(0xffff, 1) == 1);
  CHECK(add_sums(0, 0) == 0);
}

TEST_CASE("a checksum is put wherever there is room for it, and nowhere else") {
  const Buffer frame = numbered(40);
  for (std::size_t start = 0; start < 50; ++start) {
    for (std::size_t offset = 0; offset < 50; ++offset) {
      Buffer out = frame;
      const bool is_inside = start + offset + 2 <= frame.size();
      REQUIRE(complete_checksum(out, start, offset) == is_inside);
      REQUIRE((out != frame) == is_inside);
    }
  }
  Buffer out = frame;
  CHECK_FALSE(complete_checksum(out, SIZE_MAX, 2));
  CHECK_FALSE(complete_checksum(out, 2, SIZE_MAX));
  CHECK_FALSE(complete_checksum({}, 0, 0));
}

TEST_CASE("a checksum of zero is written as its other form") {
  Buffer frame = hex("0000 ffff 0000");
  REQUIRE(complete_checksum(frame, 0, 0));
  CHECK(to_hex(frame) == "ffffffff0000");
}

TEST_CASE("a pending checksum of TCP or UDP can stay so, any other is completed") {
  Recipe recipe;
  recipe.payload = numbered(33);
  for (const Transport transport : {Transport::tcp, Transport::udp}) {
    for (const IpFamily family : {IpFamily::v4, IpFamily::v6}) {
      recipe.transport = transport;
      recipe.family = family;
      const Buffer pending = pending_frame(recipe);
      OffloadHeader offload = offload_of(recipe, 0);
      Buffer frame = pending;
      CHECK(settle_checksum(frame, offload) == ChecksumState::pending);
      CHECK(frame == pending);
      CHECK(complete_transport_checksum(frame));
      CHECK(frame == complete_frame(recipe));

      offload.needs_checksum = false;
      frame = pending;
      CHECK(settle_checksum(frame, offload) == ChecksumState::complete);
      CHECK(frame == pending);

      // The right place, counted from another start.
      offload = offload_of(recipe, 0);
      offload.checksum_start = static_cast<std::uint16_t>(offload.checksum_start - 2);
      offload.checksum_offset = static_cast<std::uint16_t>(offload.checksum_offset + 2);
      CHECK(settle_checksum(frame, offload) == ChecksumState::complete);
      frame = pending;

      // Of an inner packet, as it were.
      offload = offload_of(recipe, 0);
      offload.checksum_start = static_cast<std::uint16_t>(offload.checksum_start + 2);
      CHECK(settle_checksum(frame, offload) == ChecksumState::complete);
      CHECK(frame != pending);
    }
  }
}

TEST_CASE("what is no TCP or UDP packet is completed where it says") {
  Recipe recipe;
  recipe.payload = numbered(33);
  recipe.fragment = 0x2000;
  Buffer frame = pending_frame(recipe);
  recipe.fragment = 0x4000;
  CHECK_FALSE(complete_transport_checksum(frame));
  const Buffer complete = complete_frame(recipe);
  CHECK(settle_checksum(frame, offload_of(recipe, 0)) == ChecksumState::complete);
  CHECK(equal(Bytes(frame).subspan(34), Bytes(complete).subspan(34)));
}

TEST_CASE("behind too many tags, a checksum is completed") {
  Recipe recipe;
  recipe.payload = numbered(33);
  for (const std::size_t tags : {7u, 8u, 100u}) {
    recipe.tags.assign(tags, 0x81000005);
    Buffer frame = pending_frame(recipe);
    const auto state = settle_checksum(frame, offload_of(recipe, 0));
    CHECK(state == (tags <= 7 ? ChecksumState::pending : ChecksumState::complete));
    if (tags > 7) CHECK(frame == complete_frame(recipe));
  }
}

TEST_CASE("a checksum outside of the frame is a lie") {
  Buffer frame = pending_frame({});
  const Buffer before = frame;
  for (const unsigned start : {53u, 54u, 55u, 65'535u}) {
    OffloadHeader offload;
    offload.needs_checksum = true;
    offload.checksum_start = static_cast<std::uint16_t>(start);
    CHECK_FALSE(settle_checksum(frame, offload));
  }
  OffloadHeader offload;
  offload.needs_checksum = true;
  offload.checksum_start = 34;
  offload.checksum_offset = 65'535;
  CHECK_FALSE(settle_checksum(frame, offload));
  CHECK(frame == before);
}

TEST_CASE("padding counts for a checksum that is completed, not for one that is judged") {
  Buffer frame = pending_frame({});
  frame.resize(60);
  Buffer padded = frame;
  padded.back() = 1;
  REQUIRE(complete_transport_checksum(frame));
  CHECK(is_checksum_right(frame, *parse_layout(frame)));
  REQUIRE(complete_transport_checksum(padded));
  CHECK_FALSE(is_checksum_right(padded, *parse_layout(padded)));
}

TEST_CASE("a UDP checksum of zero is none") {
  Recipe recipe;
  recipe.transport = Transport::udp;
  recipe.payload = numbered(8);
  Buffer frame = complete_frame(recipe);
  const auto layout = parse_layout(frame);
  CHECK(is_checksum_right(frame, *layout));
  frame[layout->checksum_offset()] = 0;
  frame[layout->checksum_offset() + 1] = 0;
  CHECK_FALSE(is_checksum_right(frame, *layout));
}

}  // namespace lanyard::vswitch::test
