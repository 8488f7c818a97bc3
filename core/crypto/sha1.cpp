// SPDX-License-Identifier: Apache-2.0
// SHA-1 is nettle's, for libsodium leaves out what is broken.
#include <nettle/sha1.h>

#include "core/crypto/hash.h"

namespace lanyard::crypto {

static_assert(std::tuple_size_v<Hash160> == SHA1_DIGEST_SIZE);

Hash160 sha1(Parts parts) {
  sha1_ctx state;
  sha1_init(&state);
  for (const Bytes part : parts) {
    if (!part.empty()) sha1_update(&state, part.size(), part.data());
  }
  Hash160 out;
  sha1_digest(&state, out.size(), out.data());
  return out;
}

}  // namespace lanyard::crypto
