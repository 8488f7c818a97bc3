// SPDX-License-Identifier: Apache-2.0
#include "core/vswitch/offload/coalescer.h"

#include <string>

#include <doctest/doctest.h>

#include "core/base/endian.h"
#include "tests/unit/vswitch/coalescer_oracle.h"
#include "tests/unit/vswitch/frames.h"
#include "tests/unit/vswitch/packets.h"
#include "tests/unit/vswitch/twins.h"

namespace lanyard::vswitch::test {

namespace {

using Sizes = std::vector<std::size_t>;

// Frames of each write, after the writes have been found to be right.
Sizes groups_of(const std::vector<Added>& frames, CoalescerFeatures features = {}) {
  Coalescer coalescer(frames.size(), features);
  const std::vector<Written> writes = coalesce(coalescer, frames);
  CHECK(find_coalescer_fault(frames, writes, features) == "");
  Sizes out;
  for (const Written& written : writes) out.push_back(written.frames);
  return out;
}

Recipe flow(Transport transport = Transport::tcp, IpFamily family = IpFamily::v4) {
  Recipe recipe;
  recipe.transport = transport;
  recipe.family = family;
  recipe.tcp_options = timestamps();
  recipe.payload = numbered(100);
  return recipe;
}

// What comes after the recipe's frame in its flow.
Recipe next(Recipe recipe, std::size_t payload_size = 100) {
  ++recipe.identification;
  recipe.sequence += static_cast<std::uint32_t>(recipe.payload.size());
  recipe.payload = numbered(payload_size, static_cast<std::uint8_t>(recipe.sequence));
  return recipe;
}

Added pending(const Recipe& recipe) {
  return {.port = 1, .frame = pending_frame(recipe), .checksum = ChecksumState::pending};
}

Added complete(const Recipe& recipe) {
  return {.port = 1, .frame = complete_frame(recipe), .checksum = ChecksumState::complete};
}

std::vector<Added> run(Recipe recipe, std::size_t count) {
  std::vector<Added> out;
  for (; count > 0; --count, recipe = next(recipe, recipe.payload.size())) {
    out.push_back(pending(recipe));
  }
  return out;
}

constexpr Transport kTransports[] = {Transport::tcp, Transport::udp};
constexpr IpFamily kFamilies[] = {IpFamily::v4, IpFamily::v6};

}  // namespace

TEST_CASE("a run of segments becomes one super-frame") {
  for (const Transport transport : kTransports) {
    for (const IpFamily family : kFamilies) {
      Recipe recipe = flow(transport, family);
      recipe.tags = {0x88a80007, 0x81000005};
      recipe.identification = 0xfffd;
      recipe.sequence = 0xffffff00;
      CHECK(groups_of(run(recipe, 10)) == Sizes{10});
    }
  }
}

TEST_CASE("the largest headers are merged") {
  for (const IpFamily family : kFamilies) {
    Recipe recipe = flow(Transport::tcp, family);
    recipe.tags.assign(7, 0x81000005);
    recipe.tcp_options.assign(40, 1);
    CHECK(groups_of(run(recipe, 3)) == Sizes{3});
    recipe.tags.push_back(0x81000005);
    Added added = pending(recipe);
    added.checksum = ChecksumState::complete;
    CHECK(groups_of({added, added}) == Sizes{1, 1});
  }
}

TEST_CASE("the super-frame is the one that the kernel would have cut") {
  Recipe recipe = flow();
  Recipe whole = recipe;
  whole.flags = kAck | kPsh;
  whole.payload = {};
  std::vector<Added> frames;
  for (const std::size_t size : {100u, 100u, 40u}) {
    recipe.payload = numbered(size);
    append(whole.payload, recipe.payload);
    if (size == 40) recipe.flags |= kPsh;
    frames.push_back(pending(recipe));
    recipe = next(recipe);
  }
  Coalescer coalescer(8, {});
  const auto writes = coalesce(coalescer, frames);
  REQUIRE(writes.size() == 1);
  CHECK(writes[0].port == 1);
  CHECK(writes[0].frame == pending_frame(whole));
  CHECK(writes[0].offload == written(offload_of(whole, 100)));
}

TEST_CASE("a shorter payload or PSH ends a group") {
  for (const Transport transport : kTransports) {
    for (const IpFamily family : kFamilies) {
      const Recipe first = flow(transport, family);
      const Recipe shorter = next(first, 60);
      const Recipe behind = next(shorter, 60);
      CHECK(groups_of({pending(first), pending(shorter), pending(behind)}) == Sizes{2, 1});
    }
  }
  const Recipe first = flow();
  Recipe with_push = next(first);
  with_push.flags |= kPsh;
  Recipe behind = next(with_push);
  behind.flags = kAck;
  CHECK(groups_of({pending(first), pending(with_push), pending(behind)}) == Sizes{2, 1});
}

TEST_CASE("a longer payload is not merged behind a shorter one") {
  const Recipe first = flow();
  CHECK(groups_of({pending(first), pending(next(first, 101))}) == Sizes{1, 1});
}

TEST_CASE("each difference that segmentation would not restore keeps frames apart") {
  struct Difference {
    const char* what;
    void (*make)(Recipe& recipe);
  };
  const Difference differences[] = {
      {"sequence behind", [](Recipe& r) { ++r.sequence; }},
      {"sequence overlaps", [](Recipe& r) { --r.sequence; }},
      {"acknowledgment", [](Recipe& r) { ++r.acknowledgment; }},
      {"window", [](Recipe& r) { ++r.window; }},
      {"urgent pointer", [](Recipe& r) { r.urgent = 1; }},
      {"option's value", [](Recipe& r) { ++r.tcp_options[7]; }},
      {"no options", [](Recipe& r) { r.tcp_options = {}; }},
      {"more options", [](Recipe& r) { r.tcp_options.insert(r.tcp_options.end(), 4, 1); }},
      {"FIN", [](Recipe& r) { r.flags |= kFin; }},
      {"SYN", [](Recipe& r) { r.flags |= kSyn; }},
      {"RST", [](Recipe& r) { r.flags |= kRst; }},
      {"URG", [](Recipe& r) { r.flags |= kUrg; }},
      {"ECE", [](Recipe& r) { r.flags |= kEce; }},
      {"CWR", [](Recipe& r) { r.flags |= kCwr; }},
      {"no ACK", [](Recipe& r) { r.flags = 0; }},
      {"identification", [](Recipe& r) { ++r.identification; }},
      {"hop limit", [](Recipe& r) { --r.hop_limit; }},
      {"traffic class", [](Recipe& r) { r.traffic_class = 3; }},
      {"may be fragmented", [](Recipe& r) { r.fragment = 0; }},
      {"is a fragment", [](Recipe& r) { r.fragment = 0x2000; }},
      {"IP options",
       [](Recipe& r) {
         r.ip_options = {1, 1, 1, 0};
       }},
      {"flow label", [](Recipe& r) { r.flow_label = 1; }},
      {"source address", [](Recipe& r) { r.source_host = 9; }},
      {"source port", [](Recipe& r) { ++r.source_port; }},
      {"destination port", [](Recipe& r) { ++r.destination_port; }},
      {"tag", [](Recipe& r) { r.tags = {0x81000005}; }},
      {"no payload", [](Recipe& r) { r.payload = {}; }},
  };
  for (const Transport transport : kTransports) {
    for (const IpFamily family : kFamilies) {
      const Recipe first = flow(transport, family);
      for (const Difference& difference : differences) {
        Recipe second = next(first);
        const Buffer as_it_should_be = pending_frame(second);
        REQUIRE(groups_of({pending(first), pending(second)}) == Sizes{2});
        difference.make(second);
        if (pending_frame(second) == as_it_should_be) continue;  // this kind has no such field
        CAPTURE(std::string(difference.what));
        CHECK(groups_of({pending(first), pending(second)}) == Sizes{1, 1});
        CHECK(groups_of({complete(first), complete(second)}) == Sizes{1, 1});
      }
    }
  }
}

TEST_CASE("frames that no group can begin with stay alone") {
  for (const int flags : {kAck | kFin, kAck | kSyn, kAck | kRst, kAck | kUrg, kAck | kEce,
                          kAck | kCwr, kAck | kPsh, 0, 0xff}) {
    Recipe recipe = flow();
    recipe.flags = static_cast<std::uint8_t>(flags);
    CHECK(groups_of(run(recipe, 2)) == Sizes{1, 1});
  }
  Recipe recipe = flow();
  for (const Buffer& options : {Buffer{1, 1, 1, 0}, Buffer{0, 0, 0, 0}}) {
    recipe.ip_options = options;
    CHECK(groups_of(run(recipe, 2)) == Sizes{1, 1});
  }
  recipe = flow();
  recipe.payload = {};
  CHECK(groups_of(run(recipe, 2)) == Sizes{1, 1});
}

TEST_CASE("an identification that stands still is not merged") {
  for (const Transport transport : kTransports) {
    const Recipe first = flow(transport);
    Recipe second = next(first);
    second.identification = first.identification;
    CHECK(groups_of({pending(first), pending(second)}) == Sizes{1, 1});
  }
}

TEST_CASE("padding behind the packet is not merged away") {
  Recipe first = flow(Transport::udp);
  first.payload = numbered(1);
  std::vector<Added> frames = run(first, 3);
  CHECK(groups_of(frames) == Sizes{3});
  for (Added& added : frames) added.frame.resize(60);
  CHECK(groups_of(frames) == Sizes{1, 1, 1});
}

TEST_CASE("a wrong checksum is neither merged nor healed") {
  for (const Transport transport : kTransports) {
    for (const IpFamily family : kFamilies) {
      const Recipe first = flow(transport, family);
      const Recipe second = next(first);
      CHECK(groups_of({complete(first), complete(second)}) == Sizes{2});
      for (const bool is_first_wrong : {true, false}) {
        std::vector<Added> frames = {complete(first), complete(second)};
        frames[is_first_wrong ? 0 : 1].frame.back() ^= 1;
        CHECK(groups_of(frames) == Sizes{1, 1});
        frames = {pending(first), pending(second)};
        Parts parts = *take_apart(frames[is_first_wrong ? 0 : 1].frame);
        set_checksum(parts, static_cast<std::uint16_t>(checksum_of(parts) ^ 0x0100));
        frames[is_first_wrong ? 0 : 1].frame = put_together(parts);
        CHECK(groups_of(frames) == Sizes{1, 1});
        if (family == IpFamily::v6) continue;
        frames = {pending(first), pending(second)};
        frames[is_first_wrong ? 0 : 1].frame[14 + 11] ^= 1;
        CHECK(groups_of(frames) == Sizes{1, 1});
      }
    }
  }
}

TEST_CASE("the form of a zero that segmentation would not write is not merged") {
  Recipe recipe = flow();
  // Such that the checksum comes to zero.
  const std::uint16_t missing = checksum_of(*take_apart(complete_frame(recipe)));
  store_be(recipe.payload.data(), add_sums(load_be<std::uint16_t>(recipe.payload.data()), missing));
  Added first = complete(recipe);
  const Added second = complete(next(recipe));
  REQUIRE(checksum_of(*take_apart(first.frame)) == 0);
  CHECK(groups_of({first, second}) == Sizes{2});
  first.frame[34 + 16] = 0xff;
  first.frame[34 + 17] = 0xff;
  CHECK(groups_of({first, second}) == Sizes{1, 1});
}

TEST_CASE("the same holds for the checksum of IPv4") {
  // Such that it comes to zero with the identifications 0xffff and 0.
  Recipe recipe = flow();
  recipe.hop_limit = 0;
  const Buffer frame = pending_frame(recipe);
  recipe.hop_limit = frame[14 + 10];
  recipe.traffic_class = frame[14 + 11];
  recipe.identification = 0xffff;
  std::vector<Added> frames = run(recipe, 3);
  CHECK(groups_of(frames) == Sizes{3});
  for (const std::size_t i : {0u, 1u}) {
    CHECK(to_hex(Bytes(frames[i].frame).subspan(14 + 10, 2)) == "0000");
    std::vector<Added> other_form = frames;
    other_form[i].frame[14 + 10] = 0xff;
    other_form[i].frame[14 + 11] = 0xff;
    CHECK(groups_of(other_form).size() > 1);
  }
}

TEST_CASE("a checksum is not taken for a pending one because the frame before had the same") {
  const Recipe first = flow();
  const Added head = complete(first);
  Parts wrong = *take_apart(pending_frame(next(first)));
  set_checksum(wrong, checksum_of(*take_apart(head.frame)));
  CHECK(groups_of({head, {1, put_together(wrong), ChecksumState::pending}}) == Sizes{1, 1});
}

TEST_CASE("a UDP datagram without a checksum gets none") {
  const Recipe first = flow(Transport::udp);
  std::vector<Added> frames = {complete(first), complete(next(first))};
  for (Added& added : frames) {
    added.frame[34 + 6] = 0;
    added.frame[34 + 7] = 0;
  }
  CHECK(groups_of(frames) == Sizes{1, 1});
}

TEST_CASE("pending and complete checksums are merged alike") {
  const Recipe first = flow();
  const Recipe second = next(first);
  const Recipe third = next(second);
  CHECK(groups_of({pending(first), complete(second), pending(third)}) == Sizes{3});
  CHECK(groups_of({complete(first), pending(second), complete(third)}) == Sizes{3});
}

TEST_CASE("a frame alone keeps its checksum's state") {
  Coalescer coalescer(8, {});
  const Recipe recipe = flow();
  auto writes = coalesce(coalescer, {pending(recipe)});
  CHECK(writes[0].frame == pending_frame(recipe));
  CHECK(writes[0].offload == written(offload_of(recipe, 0)));
  writes = coalesce(coalescer, {complete(recipe)});
  CHECK(writes[0].frame == complete_frame(recipe));
  CHECK(writes[0].offload == Buffer(OffloadHeader::kSize));
}

TEST_CASE("a pending checksum of what has none is ignored") {
  Recipe recipe = flow();
  recipe.fragment = 0x2000;
  const Buffer arp = arp_request(kAnna, "10.77.0.1", "10.77.0.2");
  for (const Buffer& frame : {pending_frame(recipe), arp, Buffer(13), Buffer()}) {
    Coalescer coalescer(8, {});
    const auto writes = coalesce(coalescer, {{1, frame, ChecksumState::pending}});
    CHECK(writes[0].frame == frame);
    CHECK(writes[0].offload == Buffer(OffloadHeader::kSize));
  }
}

TEST_CASE("each feature can be switched off") {
  const auto tcp = run(flow(Transport::tcp), 2);
  const auto udp = run(flow(Transport::udp), 2);
  CHECK(groups_of(tcp, {.tcp = false}) == Sizes{1, 1});
  CHECK(groups_of(udp, {.tcp = false}) == Sizes{2});
  CHECK(groups_of(tcp, {.udp = false}) == Sizes{2});
  CHECK(groups_of(udp, {.udp = false}) == Sizes{1, 1});
  CHECK(groups_of(tcp, {.checksum = false}) == Sizes{1, 1});
  CHECK(groups_of(udp, {.checksum = false}) == Sizes{1, 1});
  Coalescer coalescer(8, {.checksum = false});
  const auto writes = coalesce(coalescer, {pending(flow())});
  CHECK(writes[0].frame == complete_frame(flow()));
  CHECK(writes[0].offload == Buffer(OffloadHeader::kSize));
}

TEST_CASE("groups are as large as a packet and a system call allow") {
  Recipe recipe = flow();
  recipe.payload = numbered(1);
  CHECK(groups_of(run(recipe, 130)) == Sizes{64, 64, 2});
  for (const IpFamily family : kFamilies) {
    recipe = flow(Transport::tcp, family);
    const std::size_t headers = family == IpFamily::v4 ? 20 + 32 : 40 + 32;
    recipe.payload = numbered((65'535 - headers) / 7);
    CHECK(groups_of(run(recipe, 14)) == Sizes{7, 7});
    recipe.payload = numbered((65'535 - headers) / 7 + 1);
    CHECK(groups_of(run(recipe, 14)) == Sizes{6, 6, 2});
  }
}

TEST_CASE("some flows may be interleaved, one more than that still comes out right") {
  for (const std::size_t flows : {2u, 8u, 9u, 20u}) {
    std::vector<Recipe> recipes(flows, flow());
    for (std::size_t i = 0; i < flows; ++i) {
      recipes[i].source_port = static_cast<std::uint16_t>(1'000 + i);
    }
    std::vector<Added> frames;
    for (int round = 0; round < 5; ++round) {
      for (Recipe& recipe : recipes) {
        frames.push_back(pending(recipe));
        recipe = next(recipe);
      }
    }
    const Sizes sizes = groups_of(frames);
    if (flows <= 8) CHECK(sizes == Sizes(flows, 5));
  }
}

TEST_CASE("a group that makes room for another is as whole as the others") {
  std::vector<Added> frames;
  Recipe recipe = flow();
  for (int flows = 0; flows < 20; ++flows, ++recipe.source_port) {
    for (const Added& added : run(recipe, 3)) frames.push_back(added);
  }
  CHECK(groups_of(frames) == Sizes(20, 3));
}

TEST_CASE("devices are kept apart") {
  std::vector<Added> frames = run(flow(), 4);
  frames[2].port = 2;
  frames[3].port = 2;
  CHECK(groups_of(frames) == Sizes{2, 2});
}

TEST_CASE("what is out of order stays so") {
  std::vector<Added> frames = run(flow(), 5);
  std::swap(frames[2], frames[3]);
  CHECK(groups_of(frames) == Sizes{2, 1, 1, 1});
  // A pure acknowledgment between two segments.
  Recipe acknowledgment = flow();
  acknowledgment.payload = {};
  frames = run(flow(), 2);
  frames.insert(frames.begin() + 1, complete(acknowledgment));
  CHECK(groups_of(frames) == Sizes{1, 1, 1});
}

TEST_CASE("a frame of no flow is not overtaken between the same MAC addresses") {
  Recipe fragment = flow();
  fragment.fragment = 0x2000;
  std::vector<Added> frames = run(flow(), 4);
  frames.insert(frames.begin() + 2, complete(flow()));
  frames[2].frame = pending_frame(fragment);
  CHECK(groups_of(frames) == Sizes{2, 1, 2});
  frames[2].port = 2;
  CHECK(groups_of(frames) == Sizes{4, 1});
  frames[2].port = 1;
  frames[2].frame[6] ^= 0x10;  // another sender
  CHECK(groups_of(frames) == Sizes{4, 1});
}

TEST_CASE("what is full takes nothing more, and is empty again when cleared") {
  Coalescer coalescer(2, {});
  std::vector<Added> frames = run(flow(), 3);
  CHECK(coalescer.empty());
  CHECK(coalescer.add(1, frames[0].frame, ChecksumState::pending));
  CHECK(coalescer.add_plain(1, frames[1].frame));
  CHECK(coalescer.size() == 2);
  CHECK_FALSE(coalescer.add(1, frames[1].frame, ChecksumState::pending));
  CHECK_FALSE(coalescer.add_plain(1, frames[1].frame));
  coalescer.clear();
  CHECK(coalescer.empty());
  CHECK(coalescer.groups().empty());
  // Nothing of what was cleared is continued.
  CHECK(coalescer.add(1, frames[1].frame, ChecksumState::pending));
  coalescer.finish();
  CHECK(coalescer.groups().size() == 1);
  // Nor of what was finished.
  CHECK(coalescer.add(1, frames[2].frame, ChecksumState::pending));
  coalescer.finish();
  CHECK(coalescer.groups().size() == 2);
}

TEST_CASE("a plain frame is passed on as it is") {
  std::vector<Added> frames = run(flow(), 2);
  Coalescer coalescer(4, {});
  coalescer.add(1, frames[0].frame, ChecksumState::pending);
  coalescer.add_plain(1, frames[0].frame);
  coalescer.add(1, frames[1].frame, ChecksumState::pending);
  coalescer.finish();
  REQUIRE(coalescer.groups().size() == 2);
  CHECK(coalescer.groups()[0].frames == 2);
  const Coalescer::Group& plain = coalescer.groups()[1];
  CHECK(plain.frames == 1);
  std::array<Bytes, Coalescer::kMaxPieces> pieces;
  REQUIRE(coalescer.gather(plain, pieces) == 2);
  CHECK(equal(pieces[0], Buffer(OffloadHeader::kSize)));
}

}  // namespace lanyard::vswitch::test
