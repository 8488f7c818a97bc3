// SPDX-License-Identifier: Apache-2.0
// Any run of relayed datagrams, from either end of a circuit or from elsewhere: what leaves goes to
// the other end alone, lies in what came in, is the same but for the circuit's number, and is
// counted; the quota holds; and the rest is dropped and counted.
//
//   input = origin 1 | size of a datagram 1 | bytes; 0xE5 and a number in them become the circuit's
#include <array>
#include <memory>

#include "core/node/data_plane.h"
#include "core/node/relay_meter.h"
#include "core/tunnel/relayed.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace lanyard;
using namespace lanyard::node;

constexpr std::int64_t kQuota = 4000;
constexpr tunnel::CircuitNumber kNear = 0x010203;
constexpr tunnel::CircuitNumber kFar = 0x040506;
constexpr tunnel::CircuitNumber kEnding = 0x070809;

const std::array<Endpoint, 3> kOrigins = {*Endpoint::parse("192.0.2.1:1"),
                                          *Endpoint::parse("192.0.2.2:2"),
                                          *Endpoint::parse("192.0.2.3:3")};

std::string find_fault(Bytes input) {
  if (input.size() < 3) return {};
  const Endpoint& from = kOrigins[input[0] % kOrigins.size()];
  const std::size_t segment_size = 1 + input[1];
  Buffer memory(ReceivedRun::kHeadroom);
  append(memory, input.subspan(2));
  const MutableBytes bytes = MutableBytes(memory).subspan(ReceivedRun::kHeadroom);
  constexpr std::array kNumbers{kNear, kFar, kEnding};
  for (std::size_t at = 0; at + tunnel::kRelayedHeaderSize < bytes.size(); at += segment_size) {
    const std::size_t which = bytes[at + 1] % 4;
    if (bytes[at] != 0xE5 || which == kNumbers.size()) continue;
    tunnel::write_relayed_header(bytes.subspan(at), kNumbers[which]);
  }
  const Buffer before = memory;

  const auto meter = std::make_shared<RelayMeter>(kQuota);
  Forwarding forwarding;
  forwarding.circuits = {{kNear, kOrigins[0], {}, {kOrigins[1], kFar, meter}},
                         {kFar, kOrigins[1], {}, {kOrigins[0], kNear, meter}},
                         {kEnding, kOrigins[0], tunnel::relayed_endpoint(1), {}}};
  forwarding.sort();
  DataPlane plane;
  DataOutput output;
  plane.handle_relayed_run(forwarding, {from, bytes, segment_size}, output);

  std::size_t sent_bytes = 0;
  for (const SealedRun& run : output.runs()) {
    if (from == kOrigins[2]) return "a stranger's datagram is relayed";
    if (run.to != (from == kOrigins[0] ? kOrigins[1] : kOrigins[0])) return "it goes elsewhere";
    if (run.bytes.data() < memory.data() ||
        run.bytes.data() + run.bytes.size() > memory.data() + memory.size()) {
      return "it lies elsewhere";
    }
    const auto offset = static_cast<std::size_t>(run.bytes.data() - memory.data());
    for (std::size_t at = 0; at < run.bytes.size(); at += run.segment_size) {
      const std::size_t size = std::min<std::size_t>(run.segment_size, run.bytes.size() - at);
      const auto view = tunnel::parse_relayed(run.bytes.subspan(at, size));
      if (!view || view->circuit != (from == kOrigins[0] ? kFar : kNear)) return "another number";
      const Bytes inner = Bytes(before).subspan(offset + at + tunnel::kRelayedHeaderSize,
                                                size - tunnel::kRelayedHeaderSize);
      if (!equal(view->inner, inner)) return "what is inside was changed";
    }
    sent_bytes += run.bytes.size();
  }
  if (sent_bytes != meter->bytes()) return "what is sent is not what is counted";
  if (sent_bytes > static_cast<std::size_t>(kQuota)) return "the quota does not hold";
  return {};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  lanyard::fuzz::stop_if(find_fault({input, size}));
  return 0;
}
