// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/vswitch/coalescer_oracle.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "tests/unit/vswitch/twins.h"

namespace lanyard::vswitch::test {

namespace {

// What is sent on a port without offloads for a frame that is not merged. For a pending checksum of
// TCP that comes to zero there are two forms: 0 is what segmentation writes.
Buffer alone_on_the_wire(const Added& added, CoalescerFeatures features) {
  if (added.checksum == ChecksumState::complete) return added.frame;
  auto parts = take_apart(added.frame);
  if (!parts) return added.frame;
  complete(*parts);
  if (checksum_of(*parts) == 0 && !features.checksum) set_checksum(*parts, 0xffff);
  return put_together(*parts);
}

// A frame that was sent, and what its order counts among.
struct Sent {
  Sent(std::uint32_t port, Buffer sent) : frame(std::move(sent)) {
    const auto device = static_cast<std::uint8_t>(port);
    if (frame.size() < 12) return;
    macs = {device};
    append(macs, Bytes(frame).first(12));
    const auto parts = take_apart(frame);
    if (!parts) return;
    const bool is_v4 = parts->family == IpFamily::v4;
    flow = {device, is_v4, static_cast<std::uint8_t>(parts->transport)};
    append(flow, Bytes(parts->network_header).subspan(is_v4 ? 12 : 8, is_v4 ? 8 : 32));
    append(flow, Bytes(parts->transport_header).first(4));
  }

  Buffer frame;
  Buffer macs;  // with the port; empty for a runt
  Buffer flow;  // with the port; empty where none is to be seen
};

// Frames one behind the other, each after its size.
void add_to(Buffer& sequence, Bytes frame) {
  for (std::size_t i = 0; i < 4; ++i) {
    sequence.push_back(static_cast<std::uint8_t>(frame.size() >> 8 * i));
  }
  append(sequence, frame);
}

// All that has an order among itself: the frames of each flow, also together with the frames of no
// flow between the same MAC addresses.
std::map<std::pair<Buffer, Buffer>, Buffer> sequences(const std::vector<Sent>& all) {
  std::map<std::pair<Buffer, Buffer>, Buffer> out;
  std::map<Buffer, std::set<Buffer>> flows;  // by MAC addresses
  std::set<Buffer> mixed;                    // MAC addresses of frames without flow
  for (const Sent& sent : all) {
    if (!sent.flow.empty()) flows[sent.macs].insert(sent.flow);
    if (sent.flow.empty()) mixed.insert(sent.macs);
  }
  const Buffer any;
  for (const Sent& sent : all) {
    add_to(out[{sent.flow.empty() ? sent.macs : any, sent.flow}], sent.frame);
    if (!mixed.contains(sent.macs)) continue;
    if (!sent.flow.empty()) {
      add_to(out[{sent.macs, sent.flow}], sent.frame);
    } else {
      for (const Buffer& flow : flows[sent.macs]) add_to(out[{sent.macs, flow}], sent.frame);
    }
  }
  return out;
}

}  // namespace

std::vector<Written> coalesce(Coalescer& coalescer, std::vector<Added> frames) {
  for (Added& added : frames) {
    if (!coalescer.add(added.port, added.frame, added.checksum)) break;
  }
  coalescer.finish();
  std::vector<Written> out;
  std::array<Bytes, Coalescer::kMaxPieces> pieces;
  for (const Coalescer::Group& group : coalescer.groups()) {
    Written written;
    written.port = group.port;
    written.frames = group.frames;
    const std::size_t count = coalescer.gather(group, pieces);
    append(written.offload, pieces[0]);
    for (std::size_t i = 1; i < count; ++i) append(written.frame, pieces[i]);
    if (written.frame.size() != group.size || count != 1 + written.frames) written.frame.clear();
    out.push_back(written);
  }
  coalescer.clear();
  return out;
}

std::string find_coalescer_fault(const std::vector<Added>& frames,
                                 const std::vector<Written>& writes,
                                 CoalescerFeatures features) {
  std::vector<Sent> expected;
  for (const Added& added : frames) {
    expected.emplace_back(added.port, alone_on_the_wire(added, features));
  }
  std::vector<Sent> sent;
  for (const Written& written : writes) {
    const auto offload = OffloadHeader::parse(written.offload);
    if (!offload) return "an offload header that is none";
    if (offload->needs_checksum && !features.checksum) return "an offload that is switched off";
    if (written.frames > 1 && offload->gso == OffloadHeader::Gso::none) return "merged, not said";
    if (written.frames == 1 && offload->gso != OffloadHeader::Gso::none) return "said, not merged";
    if (offload->gso == OffloadHeader::Gso::udp && !features.udp) return "UDP is switched off";
    if (offload->gso != OffloadHeader::Gso::none && offload->gso != OffloadHeader::Gso::udp &&
        !features.tcp) {
      return "TCP is switched off";
    }
    const auto out = on_the_wire(written.offload, written.frame);
    if (!out) return "a write that is refused";
    if (out->size() != written.frames) return "another number of frames comes out";
    for (const Buffer& frame : *out) sent.emplace_back(written.port, frame);
  }
  if (sent.size() != expected.size()) return "frames are lost";
  return sequences(sent) == sequences(expected) ? "" : "other frames come out";
}

}  // namespace lanyard::vswitch::test
