// SPDX-License-Identifier: Apache-2.0
// What the kernel can do for a whole batch of packets at once instead of for each one. All of it
// is wanted unless the user switches some off; what a kernel lacks is done without.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace lanyard::platform {

enum class Offload : std::uint8_t {
  vnet,      // a virtio header before each frame of a TAP device; the next three need it
  checksum,  // frames of a TAP device whose TCP or UDP checksum is still to be made
  tso,       // TCP segmentation on a TAP device: super-frames of up to 64 KiB; needs checksum
  uso,       // the same for UDP (kernel 6.2); needs checksum
  udp_gso,   // many datagrams to one peer in one send (UDP_SEGMENT, kernel 4.18)
  udp_gro,   // many datagrams of one peer in one receive (UDP_GRO, kernel 5.0)
};

inline constexpr std::array kOffloads = {Offload::vnet, Offload::checksum, Offload::tso,
                                         Offload::uso,  Offload::udp_gso,  Offload::udp_gro};

// As users write it: "vnet", "checksum", "tso", "uso", "udp-gso", "udp-gro".
std::string_view to_string(Offload offload);
// Nothing for another word.
std::optional<Offload> parse_offload(std::string_view name);

// A set of them: all, unless said otherwise.
class Offloads {
 public:
  constexpr Offloads() = default;
  static constexpr Offloads none() { return Offloads(0); }

  constexpr bool has(Offload offload) const { return (bits_ & bit(offload)) != 0; }
  constexpr Offloads with(Offload offload) const { return Offloads(bits_ | bit(offload)); }
  constexpr Offloads without(Offload offload) const { return Offloads(bits_ & ~bit(offload)); }

  constexpr bool operator==(const Offloads&) const = default;

 private:
  constexpr explicit Offloads(unsigned bits) : bits_(bits) {}
  static constexpr unsigned bit(Offload offload) { return 1U << static_cast<unsigned>(offload); }

  unsigned bits_ = (1U << kOffloads.size()) - 1;
};

}  // namespace lanyard::platform
