// SPDX-License-Identifier: Apache-2.0
// Hashes, keyed hashes and the one derivation function of the protocol (core/protocol.md, section
// 2). Parts are hashed as if joined; they are borrowed for the call alone.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "core/base/bytes.h"
#include "core/crypto/secret.h"

namespace lanyard::crypto {

using Hash160 = std::array<std::uint8_t, 20>;
using Hash256 = std::array<std::uint8_t, 32>;
using Hash512 = std::array<std::uint8_t, 64>;
using Mac128 = std::array<std::uint8_t, 16>;
using Parts = std::initializer_list<Bytes>;

// What every derivation, signature and data key of this version begins with.
inline constexpr std::string_view kProtocolLabel = "lanyard/1 ";

// BLAKE2b (RFC 7693) without a key, 32 bytes out.
Hash256 blake2b_256(Parts parts);

// BLAKE2b as a MAC, 16 bytes out. The key has 16 to 64 bytes.
Mac128 blake2b_128(Bytes key, Parts parts);

// SHA-512 and HMAC-SHA-512 (RFC 2104; a key of any length): what Noise is built from.
Hash512 sha512(Parts parts);
Secret<64> hmac_sha512(Bytes key, Parts parts);

// SHA-1 (RFC 3174), only because BEP 44 names what the DHT stores by it. Who wants can make two
// things of one name: it proves nothing to us.
Hash160 sha1(Parts parts);

// BLAKE2b-256 keyed with `secret` over "lanyard/1 " label 0x00 context. The secret has 16 to 64
// bytes. Different labels give unrelated keys.
Secret<32> derive(Bytes secret, std::string_view label, Bytes context);

// Takes as long whatever the first difference is. False for unequal lengths.
bool constant_time_equal(Bytes a, Bytes b);

}  // namespace lanyard::crypto
