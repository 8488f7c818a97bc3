// SPDX-License-Identifier: Apache-2.0
// The self-test of a back end: messages of sizes that take each path of a vectorised cipher,
// against tags from another implementation, both ways of sealing, opening, and forgeries.
#include <algorithm>
#include <array>

#include "core/crypto/aead_backends.h"

namespace lanyard::crypto {
namespace {

struct KnownTag {
  std::size_t size;  // of the plaintext
  std::string_view tag;
};
using KnownTags = std::array<KnownTag, 6>;

// Made with OpenSSL 3.0: key, nonce and eight bytes of additional data count up from 0; the
// plaintext's byte i is 7i mod 256. A tag covers the ciphertext, so it stands for it.
constexpr KnownTags kChaChaTags{{
    {0, "4f0696d8e9070d462b1ad6a52f9a4c95"},
    {1, "6f4f9aec4e37681e14351e8f15636220"},
    {64, "2501a05905d2e1a51895017e0a6de24f"},
    {255, "2bb4e6a1f4d06be6e6c776db4f4627bb"},
    {1400, "af89b5cb6a576b2b65b30ce0f1694cc0"},
    {9000, "c9116755e13d9f30cd1375331b1a2848"},
}};
constexpr KnownTags kAesTags{{
    {0, "a7c2f201d0dfea1987a9a9c68fe68516"},
    {1, "6323362927225621ab8faca631566fc1"},
    {64, "21e85bb6c4f7e8f2a9226cd159a93f47"},
    {255, "e610755cc10dc44a767815a1969f4916"},
    {1400, "df502541ca472b6afbf1c43c9139a2bd"},
    {9000, "f1083578c0625dd7153b90c305c4e1f8"},
}};

template <std::size_t N>
constexpr std::array<std::uint8_t, N> counting_up() {
  std::array<std::uint8_t, N> out{};
  for (std::size_t i = 0; i < N; ++i) out[i] = static_cast<std::uint8_t>(i);
  return out;
}

Buffer known_plaintext(std::size_t size) {
  Buffer out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::uint8_t>(7 * i);
  return out;
}

constexpr AeadNonce kNonce = counting_up<sizeof(AeadNonce)>();
constexpr auto kAdditionalData = counting_up<8>();

// Refused, and nothing of the plaintext is left.
bool refuses(const AeadKey& key, Bytes additional_data, Buffer sealed) {
  if (key.open(kNonce, additional_data, sealed)) return false;
  return std::all_of(sealed.begin(), sealed.end() - kTagSize,
                     [](std::uint8_t byte) { return byte == 0; });
}

bool refuses_forgeries(const AeadKey& key, const Buffer& sealed) {
  for (const std::size_t place : {std::size_t{0}, sealed.size() - kTagSize, sealed.size() - 1}) {
    Buffer forged = sealed;
    forged[place] ^= 0x80;
    if (!refuses(key, kAdditionalData, std::move(forged))) return false;
  }
  return refuses(key, Bytes(kAdditionalData).first(7), sealed);
}

bool is_right(const AeadKey& key, const KnownTag& known) {
  const Buffer plaintext = known_plaintext(known.size);
  Buffer sealed(known.size + kTagSize);
  key.seal(kNonce, kAdditionalData, plaintext, sealed);
  if (to_hex(Bytes(sealed).last(kTagSize)) != known.tag) return false;

  Buffer in_place = plaintext;
  in_place.resize(sealed.size());
  key.seal(kNonce, kAdditionalData, in_place);
  if (in_place != sealed) return false;

  if (!key.open(kNonce, kAdditionalData, in_place)) return false;
  return equal(Bytes(in_place).first(known.size), plaintext) && refuses_forgeries(key, sealed);
}

}  // namespace

bool self_test(Aead aead, AeadBackend backend) {
#ifdef LANYARD_TEST_NULL_CIPHER
  if (backend == AeadBackend::null) return true;  // it promises nothing, and is only had by asking
#endif
  const auto key_bytes = Secret<32>::from_bytes(counting_up<32>());
  const AeadKey key(aead, backend, *key_bytes);
  const KnownTags& known = aead == Aead::aes_256_gcm ? kAesTags : kChaChaTags;
  return std::all_of(known.begin(), known.end(),
                     [&key](const KnownTag& one) { return is_right(key, one); });
}

}  // namespace lanyard::crypto
