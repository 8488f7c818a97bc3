// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/vswitch/coalescer_script.h"

#include <array>

#include "tests/unit/vswitch/packets.h"
#include "tests/unit/vswitch/twins.h"

namespace lanyard::vswitch::test {

namespace {

enum class Checksum : std::uint8_t { pending, complete, wrong_pending, complete_but_said_pending };

enum class Shape : std::uint8_t {
  full,
  push,
  shorter,       // one byte: how much is left
  shorter_push,  // one byte
  changed,       // two bytes: where; one: the bits to flip; one: see change()
  junk,          // one byte: how long; then that
  padded,        // one byte: how much
  cut_off,       // one byte: how much
};

// Fields of Shape::changed's last byte.
constexpr std::uint8_t kRepairIpv4Checksum = 1;
constexpr std::uint8_t kRepairChecksum = 2;
constexpr std::uint8_t kDoNotAdvance = 4;  // it comes between, as an attacker's frame would

class Script {
 public:
  explicit Script(Bytes bytes) : rest_(bytes) {}
  bool is_over() const { return rest_.empty(); }
  std::uint8_t next() {
    if (rest_.empty()) return 0;
    const std::uint8_t out = rest_[0];
    rest_ = rest_.subspan(1);
    return out;
  }

 private:
  Bytes rest_;
};

struct Flow {
  Recipe recipe;
  std::size_t segment_size = 0;
  std::uint32_t port = 1;

  void advance(std::size_t payload_size) {
    ++recipe.identification;
    recipe.sequence += static_cast<std::uint32_t>(payload_size);
  }
};

// All kinds, with counters that wrap soon.
std::array<Flow, 8> make_flows() {
  Recipe v4;
  v4.tcp_options = timestamps();
  v4.identification = 0xfffd;
  v4.sequence = 0xffffff00;
  Recipe v6 = v4;
  v6.family = IpFamily::v6;
  v6.flow_label = 0x12345;
  Recipe udp = v4;
  udp.transport = Transport::udp;
  Recipe udp_v6 = udp;
  udp_v6.family = IpFamily::v6;
  Recipe other_host = v4;
  other_host.source_host = 3;
  Recipe in_vlan = v4;
  in_vlan.tags = {0x81000005};
  in_vlan.source_port = 1;
  Recipe in_two_vlans = v6;
  in_two_vlans.tags = {0x88a80007, 0x81002005};
  Recipe with_ip_options = v4;
  with_ip_options.ip_options = {1, 1, 1, 0};
  with_ip_options.source_port = 2;
  return {{{v4, 100},
           {v6, 250},
           {udp, 48},
           {udp_v6, 1},
           {other_host, 9'000},
           {in_vlan, 3},
           {in_two_vlans, 100, 2},
           {with_ip_options, 10}}};
}

Buffer damaged(Buffer frame, Script& script, Checksum checksum, bool& is_advancing) {
  const std::size_t place = script.next() * 256U + script.next();
  frame[place % frame.size()] ^= script.next();
  const std::uint8_t repair = script.next();
  is_advancing = (repair & kDoNotAdvance) == 0;
  auto parts = take_apart(frame);
  if (!parts) return frame;
  if ((repair & kRepairIpv4Checksum) != 0) set_ipv4_checksum(*parts);
  if ((repair & kRepairChecksum) == 0) return put_together(*parts);
  set_checksum(*parts, pending_sum(*parts));
  return checksum == Checksum::complete ? completed(put_together(*parts)) : put_together(*parts);
}

Buffer shaped(Buffer frame, Shape shape, Checksum checksum, Script& script, bool& is_advancing) {
  switch (shape) {
    case Shape::changed: return damaged(std::move(frame), script, checksum, is_advancing);
    case Shape::junk:
      frame.resize(script.next());
      for (std::uint8_t& byte : frame) byte = script.next();
      is_advancing = false;
      return frame;
    case Shape::padded: frame.resize(frame.size() + script.next(), 0xee); return frame;
    case Shape::cut_off:
      frame.resize(frame.size() - script.next() % frame.size());
      is_advancing = false;
      return frame;
    default: return frame;
  }
}

Added next_frame(Flow& flow, std::uint8_t what, Script& script) {
  const auto checksum = static_cast<Checksum>(what >> 3 & 3);
  const auto shape = static_cast<Shape>(what >> 5);
  const bool is_push = shape == Shape::push || shape == Shape::shorter_push;
  std::size_t size = flow.segment_size;
  if (shape == Shape::shorter || shape == Shape::shorter_push) size = script.next() % (size + 1);
  flow.recipe.flags = is_push ? kAck | kPsh : kAck;
  flow.recipe.payload = numbered(size, static_cast<std::uint8_t>(flow.recipe.sequence));

  Added added;
  added.port = flow.port;
  const bool is_complete =
      checksum == Checksum::complete || checksum == Checksum::complete_but_said_pending;
  added.frame = is_complete ? complete_frame(flow.recipe) : pending_frame(flow.recipe);
  if (checksum == Checksum::wrong_pending) {
    Parts parts = *take_apart(added.frame);
    set_checksum(parts, static_cast<std::uint16_t>(checksum_of(parts) + 1));
    added.frame = put_together(parts);
  }
  added.checksum =
      checksum == Checksum::complete ? ChecksumState::complete : ChecksumState::pending;
  bool is_advancing = true;
  added.frame = shaped(std::move(added.frame), shape, checksum, script, is_advancing);
  if (is_advancing) flow.advance(size);
  return added;
}

}  // namespace

CoalescerFeatures features_of_script(Bytes script) {
  const std::uint8_t off = script.empty() ? 0 : script[0];
  return {.tcp = (off & 1) == 0, .udp = (off & 2) == 0, .checksum = (off & 4) == 0};
}

std::vector<Added> frames_of_script(Bytes bytes) {
  Script script(bytes);
  script.next();
  std::array<Flow, 8> flows = make_flows();
  std::vector<Added> out;
  while (!script.is_over() && out.size() < kMaxScriptFrames) {
    const std::uint8_t what = script.next();
    out.push_back(next_frame(flows[what & 7], what, script));
  }
  return out;
}

std::string find_coalescer_fault(Bytes script) {
  const std::vector<Added> frames = frames_of_script(script);
  const CoalescerFeatures features = features_of_script(script);
  Coalescer coalescer(kMaxScriptFrames, features);
  return find_coalescer_fault(frames, coalesce(coalescer, frames), features);
}

}  // namespace lanyard::vswitch::test
