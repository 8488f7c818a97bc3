// SPDX-License-Identifier: Apache-2.0
// Offloads against the kernel of this machine: what it makes of a super-frame that is written to
// one TAP device, and comes out of another that has no offloads, is what Segmentation makes of it,
// and what Coalescer has merged comes out as it was before.
#include <algorithm>

#include <doctest/doctest.h>

#include "core/base/rng.h"
#include "core/vswitch/offload/coalescer.h"
#include "core/vswitch/offload/segmentation.h"
#include "tests/unit/platform/bridged_taps.h"
#include "tests/unit/platform/network_namespace.h"
#include "tests/unit/vswitch/coalescer_script.h"
#include "tests/unit/vswitch/packets.h"
#include "tests/unit/vswitch/twins.h"

namespace lanyard::platform {
namespace {

using vswitch::Coalescer;
using vswitch::OffloadHeader;
using vswitch::Segmentation;
using vswitch::Transport;
using namespace vswitch::test;

// UDP_MAX_SEGMENTS of kernels before 6.9; more in one write are refused.
constexpr std::size_t kMostDatagrams = 64;

// A super-frame with what stands before it.
struct SuperFrame {
  OffloadHeader offload;
  Buffer frame;
};

SuperFrame super_frame_of(const Recipe& recipe, std::size_t segment_size) {
  return {offload_of(recipe, segment_size), pending_frame(recipe)};
}

// Behind a device that takes checksums, they are pending still.
std::vector<Buffer> our_segments(const SuperFrame& whole, FarSide far_side) {
  Buffer frame = whole.frame;
  const auto plan = Segmentation::plan(frame, whole.offload);
  REQUIRE(plan);
  std::vector<Buffer> out;
  for (std::size_t i = 0; i < plan->count(); ++i) {
    const MutableBytes segment = plan->make(i, frame);
    out.push_back(far_side == FarSide::plain ? completed(segment) : to_buffer(segment));
  }
  return out;
}

void compare(const BridgedTaps& taps, const SuperFrame& whole) {
  const std::vector<Buffer> ours = our_segments(whole, taps.far_side());
  taps.write(written(whole.offload), whole.frame);
  const std::vector<Buffer> theirs = taps.read(ours.size());
  REQUIRE(theirs.size() == ours.size());
  for (std::size_t i = 0; i < ours.size(); ++i) {
    CAPTURE(i);
    REQUIRE(to_hex(theirs[i]) == to_hex(ours[i]));
  }
}

Recipe random_recipe(Rng& rng) {
  Recipe recipe;
  for (std::uint64_t tags = rng.below(3); tags > 0; --tags) {
    recipe.tags.push_back(0x81000000 | static_cast<std::uint32_t>(rng.below(0x1000)));
  }
  recipe.family = rng.below(2) == 0 ? IpFamily::v4 : IpFamily::v6;
  recipe.transport = rng.below(3) == 0 ? Transport::udp : Transport::tcp;
  recipe.ip_options.assign(4 * rng.below(11), 1);
  for (std::uint64_t headers = rng.below(2) * rng.below(4); headers > 0; --headers) {
    const std::uint8_t types[] = {60, 43, 60};
    recipe.extensions.emplace_back(types[rng.below(3)], 8 + 8 * rng.below(6));
  }
  recipe.tcp_options.assign(4 * rng.below(11), 1);
  recipe.payload = numbered(2 + rng.below(rng.below(4) == 0 ? 60'000 : 5'000));
  recipe.traffic_class = static_cast<std::uint8_t>(rng.next_u64());
  recipe.flow_label = static_cast<std::uint32_t>(rng.below(0x100000));
  recipe.identification = static_cast<std::uint16_t>(rng.next_u64());
  recipe.fragment = static_cast<std::uint16_t>(0x4000 * rng.below(2));
  recipe.sequence = static_cast<std::uint32_t>(rng.next_u64());
  recipe.acknowledgment = static_cast<std::uint32_t>(rng.next_u64());
  recipe.flags = static_cast<std::uint8_t>(rng.next_u64());
  recipe.window = static_cast<std::uint16_t>(rng.next_u64());
  recipe.urgent = static_cast<std::uint16_t>(rng.next_u64());
  return recipe;
}

// With its first segment's checksum zero, which has two forms.
Recipe recipe_with_zero_checksum(Transport transport) {
  Recipe recipe;
  recipe.transport = transport;
  recipe.payload = numbered(300);
  Recipe first = recipe;
  first.payload.resize(100);
  const std::uint16_t missing = checksum_of(*take_apart(complete_frame(first)));
  const unsigned sum = recipe.payload[0] * 256u + recipe.payload[1] + missing;
  const unsigned word = sum > 0xffff ? sum - 0xffff : sum;
  recipe.payload[0] = static_cast<std::uint8_t>(word >> 8);
  recipe.payload[1] = static_cast<std::uint8_t>(word);
  return recipe;
}

}  // namespace

TEST_CASE("the kernel cuts super-frames as Segmentation does") {
  for (const FarSide far_side : {FarSide::plain, FarSide::takes_checksums}) {
    in_network_namespace([far_side] {
      const auto taps = BridgedTaps::open(far_side);
      if (!taps) return;
      SeededRng rng(5);
      for (int round = 0; round < 100; ++round) {
        CAPTURE(round);
        Recipe recipe = random_recipe(rng);
        if (!taps->takes_udp_segments()) recipe.transport = Transport::tcp;
        const std::size_t payload = recipe.payload.size();
        const std::size_t most = recipe.transport == Transport::udp ? kMostDatagrams : 200;
        SuperFrame whole = super_frame_of(recipe, payload / most + 1 + rng.below(payload));
        // A pending checksum that is wrong, now and then.
        const std::size_t place = whole.offload.checksum_start + whole.offload.checksum_offset;
        if (rng.below(8) == 0) whole.frame[place] ^= static_cast<std::uint8_t>(rng.next_u64());
        compare(*taps, whole);
      }
      Recipe largest_headers;
      largest_headers.tags.assign(vswitch::PacketLayout::kMaxTags, 0x81000005);
      largest_headers.tcp_options.assign(40, 1);
      largest_headers.payload = numbered(300);
      compare(*taps, super_frame_of(largest_headers, 100));
      compare(*taps, super_frame_of(recipe_with_zero_checksum(Transport::tcp), 100));
      Recipe with_extensions;
      with_extensions.family = IpFamily::v6;
      with_extensions.extensions = {{0, 8}, {60, 24}, {43, 24}, {60, 200}};
      with_extensions.payload = numbered(300);
      compare(*taps, super_frame_of(with_extensions, 100));
      if (!taps->takes_udp_segments()) return;
      compare(*taps, super_frame_of(recipe_with_zero_checksum(Transport::udp), 100));
    });
  }
}

TEST_CASE("the kernel takes merged frames apart again") {
  in_network_namespace([] {
    const auto taps = BridgedTaps::open(FarSide::plain);
    if (!taps) return;
    SeededRng rng(6);
    std::size_t merged = 0;
    for (int round = 0; round < 60; ++round) {
      // Flows in order, two or three of them at a time, with now and then a shorter segment.
      Buffer script{0};
      const std::uint64_t flow = rng.below(6);
      for (std::uint64_t i = rng.below(40); i > 0; --i) {
        const std::uint64_t shape = rng.below(8) == 0 ? rng.below(4) : 0;
        script.push_back(static_cast<std::uint8_t>((flow + rng.below(3)) | shape << 5));
        if (shape >= 2) script.push_back(static_cast<std::uint8_t>(1 + rng.below(50)));
      }
      const std::vector<Added> frames = frames_of_script(script);
      Coalescer coalescer(frames.size(), {.udp = taps->takes_udp_segments()});
      std::vector<Buffer> before;
      for (const Added& added : frames) before.push_back(completed(added.frame));
      for (const Written& write : coalesce(coalescer, frames)) {
        taps->write(write.offload, write.frame);
        for (const Buffer& frame : taps->read(write.frames)) {
          const auto found = std::find(before.begin(), before.end(), frame);
          REQUIRE(found != before.end());
          before.erase(found);
        }
        if (write.frames > 1) ++merged;
      }
      CHECK(before.empty());
    }
    CHECK(merged > 50);
  });
}

}  // namespace lanyard::platform
