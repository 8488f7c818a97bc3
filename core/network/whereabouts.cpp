// SPDX-License-Identifier: Apache-2.0
// Value: a bencoded string of 512 bytes, a sealed box
//
//   nonce 24 | XChaCha20-Poly1305( length 2 | presence | zeros ) | tag 16
//
// with member id 16 | hour 8 for additional data.
#include "core/network/whereabouts.h"

#include <cassert>

#include "core/base/bencode.h"
#include "core/base/endian.h"
#include "core/crypto/aead.h"

namespace lanyard::network {

namespace {

// Holds a presence of 8 endpoints of IPv6 and the longest name; BEP 44 allows 996.
constexpr std::size_t kBoxSize = 512;
constexpr std::size_t kPlaintextSize = kBoxSize - crypto::kBoxOverhead;
constexpr std::size_t kLengthSize = 2;

Buffer additional_data(const MemberId& member, RendezvousHour hour) {
  Buffer out = to_buffer(member.bytes);
  out.resize(out.size() + sizeof hour.number);
  store_be(&out[member.bytes.size()], hour.number);
  return out;
}

}  // namespace

crypto::ItemKey whereabouts_key(const AccessKeys& access,
                                RendezvousHour hour,
                                const MemberId& member) {
  return *crypto::ItemKey::from_seed(access.item_key_seed(hour, member).bytes());
}

Buffer seal_whereabouts(const AccessKeys& access,
                        RendezvousHour hour,
                        const Presence& presence,
                        Rng& rng) {
  const Buffer record = presence.encode();
  assert(kLengthSize + record.size() <= kPlaintextSize);
  Buffer plaintext(kLengthSize);
  store_be(plaintext.data(), static_cast<std::uint16_t>(record.size()));
  append(plaintext, record);
  plaintext.resize(kPlaintextSize);
  const Buffer box = crypto::seal_box(access.item_seal_key(hour), rng,
                                      additional_data(presence.member(), hour), plaintext);
  return bencode::Writer().string(box).take();
}

std::optional<Presence> open_whereabouts(const AccessKeys& access,
                                         RendezvousHour hour,
                                         const MemberId& member,
                                         Bytes value) {
  const auto parsed = bencode::parse(value);
  const auto box = parsed ? parsed->string() : std::nullopt;
  if (!box) return std::nullopt;
  const auto plaintext =
      crypto::open_box(access.item_seal_key(hour), additional_data(member, hour), *box);
  if (!plaintext || plaintext->size() < kLengthSize) return std::nullopt;
  const std::size_t length = load_be<std::uint16_t>(plaintext->data());
  const Bytes rest = Bytes(*plaintext).subspan(kLengthSize);
  if (length > rest.size()) return std::nullopt;
  auto presence = Presence::parse(rest.first(length));
  if (!presence || presence->member() != member || !presence->signature_holds()) {
    return std::nullopt;
  }
  return presence;
}

}  // namespace lanyard::network
