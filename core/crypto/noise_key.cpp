// SPDX-License-Identifier: Apache-2.0
#include "core/crypto/noise_key.h"

#include "core/crypto/sodium.h"

namespace lanyard::crypto {

static_assert(kNoiseKeySize == crypto_scalarmult_SCALARBYTES);
static_assert(kNoiseKeySize == crypto_scalarmult_BYTES);

std::optional<NoisePublicKey> NoisePublicKey::from_bytes(Bytes from) {
  const auto array = to_array<kNoiseKeySize>(from);
  if (!array) return std::nullopt;
  return NoisePublicKey{*array};
}

NoiseKey NoiseKey::generate(Rng& rng) { return NoiseKey(Secret<kNoiseKeySize>::random(rng)); }

std::optional<NoiseKey> NoiseKey::from_bytes(Bytes private_bytes) {
  auto secret = Secret<kNoiseKeySize>::from_bytes(private_bytes);
  if (!secret) return std::nullopt;
  return NoiseKey(std::move(*secret));
}

NoiseKey::NoiseKey(Secret<kNoiseKeySize> private_key) : private_(std::move(private_key)) {
  require_sodium();
  crypto_scalarmult_base(public_.bytes.data(), private_.bytes().data());
}

NoiseKey NoiseKey::clone() const { return NoiseKey(private_.clone(), public_); }

std::optional<Secret<32>> dh(const NoiseKey& ours, const NoisePublicKey& theirs) {
  Secret<32> out;
  const int status = crypto_scalarmult(out.mutable_bytes().data(), ours.private_bytes().data(),
                                       theirs.bytes.data());
  if (status != 0) return std::nullopt;
  return out;
}

}  // namespace lanyard::crypto
