// SPDX-License-Identifier: Apache-2.0
#include "core/crypto/secret.h"

#include "core/crypto/sodium.h"

namespace lanyard::crypto {

void wipe(MutableBytes bytes) { sodium_memzero(bytes.data(), bytes.size()); }

}  // namespace lanyard::crypto
