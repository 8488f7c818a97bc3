// SPDX-License-Identifier: Apache-2.0
#include "core/dht/bound_id.h"

#include <array>

namespace lanyard::dht {

namespace {

// BEP 42: which bits of an address count; of IPv6 only the network half does.
constexpr std::array<std::uint8_t, 4> kMask4 = {0x03, 0x0f, 0x3f, 0xff};
constexpr std::array<std::uint8_t, 8> kMask6 = {0x01, 0x03, 0x07, 0x0f, 0x1f, 0x3f, 0x7f, 0xff};
constexpr std::uint32_t kBoundBits = 0xfffff800;  // BEP 42: the first 21
constexpr std::uint32_t kReversedPolynomial = 0x82f63b78;

bool is_exempt(const IpAddress& address) {
  return address.is_private() || address.is_loopback() || address.is_link_local();
}

// The checksum of the address and of the three bits that its node may choose.
std::uint32_t checksum(const IpAddress& address, std::uint8_t chosen) {
  std::array<std::uint8_t, kMask6.size()> masked{};
  const Bytes mask = address.is_v4() ? Bytes(kMask4) : Bytes(kMask6);
  for (std::size_t i = 0; i < mask.size(); ++i) masked[i] = address.bytes()[i] & mask[i];
  masked[0] = static_cast<std::uint8_t>(masked[0] | (chosen & 7) << 5);
  return crc32c(Bytes(masked).first(mask.size()));
}

std::uint32_t head_of(const NodeId& id) {
  return std::uint32_t{id.bytes[0]} << 24 | std::uint32_t{id.bytes[1]} << 16 |
         std::uint32_t{id.bytes[2]} << 8;
}

}  // namespace

bool fits(const NodeId& id, const IpAddress& address) {
  if (is_exempt(address)) return true;
  const std::uint32_t difference = head_of(id) ^ checksum(address, id.bytes[kIdBytes - 1]);
  return (difference & kBoundBits) == 0;
}

NodeId random_id_for(const IpAddress& address, Rng& rng) {
  NodeId out = NodeId::random(rng);
  if (is_exempt(address)) return out;
  const std::uint32_t bound = checksum(address, out.bytes[kIdBytes - 1]) & kBoundBits;
  out.bytes[0] = static_cast<std::uint8_t>(bound >> 24);
  out.bytes[1] = static_cast<std::uint8_t>(bound >> 16);
  out.bytes[2] = static_cast<std::uint8_t>((bound >> 8 & 0xf8) | (out.bytes[2] & 7));
  return out;
}

std::uint32_t crc32c(Bytes bytes) {
  std::uint32_t out = 0xffffffff;
  for (const std::uint8_t byte : bytes) {
    out ^= byte;
    for (int bit = 0; bit < 8; ++bit) out = out >> 1 ^ ((out & 1) != 0 ? kReversedPolynomial : 0);
  }
  return ~out;
}

}  // namespace lanyard::dht
