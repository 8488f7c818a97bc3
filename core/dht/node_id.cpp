// SPDX-License-Identifier: Apache-2.0
#include "core/dht/node_id.h"

#include <algorithm>
#include <bit>
#include <cassert>

#include "core/base/endian.h"

namespace lanyard::dht {

namespace {

// Of a compact endpoint: BEP 5, BEP 32.
std::size_t endpoint_bytes(IpFamily family) { return family == IpFamily::v4 ? 6 : 18; }

}  // namespace

bool is_closer(const NodeId& a, const NodeId& b, const NodeId& target) {
  // The first byte in which they differ decides.
  const auto [in_a, in_b] = std::mismatch(a.bytes.begin(), a.bytes.end(), b.bytes.begin());
  if (in_a == a.bytes.end()) return false;
  const std::uint8_t at_target = target.bytes[static_cast<std::size_t>(in_a - a.bytes.begin())];
  return (*in_a ^ at_target) < (*in_b ^ at_target);
}

std::uint64_t distance_head(const NodeId& a, const NodeId& b) {
  return load_be<std::uint64_t>(a.bytes.data()) ^ load_be<std::uint64_t>(b.bytes.data());
}

std::size_t shared_prefix_bits(const NodeId& a, const NodeId& b) {
  for (std::size_t i = 0; i < kIdBytes; ++i) {
    const auto difference = static_cast<std::uint8_t>(a.bytes[i] ^ b.bytes[i]);
    if (difference != 0) return i * 8 + static_cast<std::size_t>(std::countl_zero(difference));
  }
  return kIdBits;
}

NodeId random_id_sharing(const NodeId& id, std::size_t prefix_bits, Rng& rng) {
  assert(prefix_bits < kIdBits);
  NodeId out = NodeId::random(rng);
  const std::size_t whole = prefix_bits / 8;
  std::copy_n(id.bytes.begin(), whole, out.bytes.begin());
  const int kept = static_cast<int>(prefix_bits % 8);
  const int kept_mask = 0xff00 >> kept & 0xff;
  const int flipped_bit = 0x80 >> kept;
  const int own = id.bytes[whole];
  const int rest = out.bytes[whole] & ~kept_mask & ~flipped_bit;
  out.bytes[whole] = static_cast<std::uint8_t>((own & kept_mask) | (~own & flipped_bit) | rest);
  return out;
}

Buffer encode_contacts(const std::vector<Contact>& contacts, IpFamily family) {
  Buffer out;
  out.reserve(contacts.size() * (kIdBytes + endpoint_bytes(family)));
  for (const Contact& contact : contacts) {
    if (contact.endpoint.address.family() != family) continue;
    append(out, contact.id.bytes);
    append(out, contact.endpoint.compact());
  }
  return out;
}

std::vector<Contact> decode_contacts(Bytes compact, IpFamily family, std::size_t at_most) {
  const std::size_t size = endpoint_bytes(family);
  std::vector<Contact> out;
  while (compact.size() >= kIdBytes + size && out.size() < at_most) {
    const auto id = to_array<kIdBytes>(compact.first(kIdBytes));
    const auto endpoint = Endpoint::from_compact(compact.subspan(kIdBytes, size));
    const bool fits = endpoint && endpoint->address.family() == family && endpoint->is_usable();
    if (id && fits) out.push_back({{*id}, *endpoint});
    compact = compact.subspan(kIdBytes + size);
  }
  return out;
}

}  // namespace lanyard::dht
