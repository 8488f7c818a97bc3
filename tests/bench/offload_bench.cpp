// SPDX-License-Identifier: Apache-2.0
// What segmentation offload costs by itself: cutting a super-frame of 60 KB into segments of 1448
// bytes, merging 44 such segments, and checksums.
#include <array>
#include <vector>

#include "core/vswitch/offload/checksum.h"
#include "core/vswitch/offload/coalescer.h"
#include "core/vswitch/offload/segmentation.h"
#include "tests/bench/contest.h"
#include "tests/unit/vswitch/packets.h"

using namespace lanyard;
using namespace lanyard::vswitch;

namespace {

constexpr std::size_t kSegmentSize = 1'448;
constexpr std::size_t kMerged = 44;

test::Recipe recipe_for(Transport transport, IpFamily family) {
  test::Recipe recipe;
  recipe.transport = transport;
  recipe.family = family;
  recipe.tcp_options = test::timestamps();
  return recipe;
}

// A super-frame, cut again and again: its payload's remains do not matter.
struct Cutting {
  Cutting(Transport transport, IpFamily family) {
    test::Recipe recipe = recipe_for(transport, family);
    recipe.payload = test::numbered(41 * kSegmentSize);
    headers = test::pending_frame(recipe);
    frame = headers;
    offload = test::offload_of(recipe, kSegmentSize);
    headers.resize(Segmentation::plan(frame, offload)->header_size());
  }
  void plan() const { bench::keep(Segmentation::plan(frame, offload)); }
  void cut() {
    std::copy(headers.begin(), headers.end(), frame.begin());
    const auto segments = Segmentation::plan(frame, offload);
    for (std::size_t i = 0; i < segments->count(); ++i) {
      bench::keep(segments->make(i, frame).data());
    }
  }

  Buffer headers;
  Buffer frame;
  OffloadHeader offload;
};

// Frames that make one group.
struct Merging {
  Merging(Transport transport, IpFamily family, ChecksumState state) : checksum(state) {
    test::Recipe recipe = recipe_for(transport, family);
    for (std::size_t i = 0; i < kMerged; ++i) {
      recipe.payload = test::numbered(kSegmentSize);
      frames.push_back(state == ChecksumState::pending ? test::pending_frame(recipe)
                                                       : test::complete_frame(recipe));
      ++recipe.identification;
      recipe.sequence += static_cast<std::uint32_t>(kSegmentSize);
    }
    headers = frames[0];
    headers.resize(66);
  }
  void merge() {
    std::copy(headers.begin(), headers.end(), frames[0].begin());
    for (Buffer& frame : frames) bench::keep(coalescer.add(1, frame, checksum));
    coalescer.finish();
  }
  void merge_alone() {
    merge();
    coalescer.clear();
  }
  void merge_and_gather() {
    merge();
    for (const Coalescer::Group& group : coalescer.groups()) {
      bench::keep(coalescer.gather(group, pieces));
    }
    coalescer.clear();
  }

  ChecksumState checksum;
  std::vector<Buffer> frames;
  Buffer headers;
  Coalescer coalescer{kMerged, {}};
  std::array<Bytes, Coalescer::kMaxPieces> pieces;
};

// Frames that nothing can be done for: each of a flow of its own.
struct Strangers {
  Strangers() {
    test::Recipe recipe = recipe_for(Transport::udp, IpFamily::v4);
    recipe.payload = test::numbered(64);
    for (std::size_t i = 0; i < kMerged; ++i, ++recipe.source_port) {
      frames.push_back(test::pending_frame(recipe));
    }
  }
  void add() {
    for (Buffer& frame : frames) bench::keep(coalescer.add(1, frame, ChecksumState::pending));
    coalescer.finish();
    coalescer.clear();
  }

  std::vector<Buffer> frames;
  Coalescer coalescer{kMerged, {}};
};

void measure_cutting() {
  Cutting tcp_v4(Transport::tcp, IpFamily::v4);
  Cutting tcp_v6(Transport::tcp, IpFamily::v6);
  Cutting udp_v4(Transport::udp, IpFamily::v4);
  bench::Contest contest;
  contest.add("plan alone, a super-frame", 1, [&] { tcp_v4.plan(); });
  contest.add("TCP, IPv4", 41, [&] { tcp_v4.cut(); });
  contest.add("TCP, IPv6", 41, [&] { tcp_v6.cut(); });
  contest.add("UDP, IPv4", 41, [&] { udp_v4.cut(); });
  bench::print("split, per segment", contest.run());
}

void measure_merging() {
  Merging tcp_v4(Transport::tcp, IpFamily::v4, ChecksumState::pending);
  Merging tcp_v6(Transport::tcp, IpFamily::v6, ChecksumState::pending);
  Merging udp_v4(Transport::udp, IpFamily::v4, ChecksumState::pending);
  Merging complete(Transport::tcp, IpFamily::v4, ChecksumState::complete);
  Strangers strangers;
  bench::Contest contest;
  contest.add("TCP, IPv4", kMerged, [&] { tcp_v4.merge_and_gather(); });
  contest.add("(of that, without gathering)", kMerged, [&] { tcp_v4.merge_alone(); });
  contest.add("TCP, IPv6", kMerged, [&] { tcp_v6.merge_and_gather(); });
  contest.add("UDP, IPv4", kMerged, [&] { udp_v4.merge_and_gather(); });
  contest.add("TCP, complete checksums", kMerged, [&] { complete.merge_and_gather(); });
  contest.add("44 flows, a datagram each", kMerged, [&] { strangers.add(); });
  bench::print("merge and gather, per segment", contest.run());
}

void measure_checksums() {
  const Buffer bytes = test::numbered(1'400);
  test::Recipe recipe = recipe_for(Transport::tcp, IpFamily::v4);
  recipe.payload = test::numbered(1'400 - 66);
  Buffer frame = test::pending_frame(recipe);
  bench::Contest contest;
  contest.add("sum of 1400 bytes", 1, [&] { bench::keep(internet_sum(bytes)); });
  contest.add("completing a frame of 1400", 1,
              [&] { bench::keep(complete_transport_checksum(frame)); });
  bench::print("checksum", contest.run());
}

}  // namespace

int main() {
  measure_cutting();
  measure_merging();
  measure_checksums();
}
