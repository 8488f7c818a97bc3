// SPDX-License-Identifier: Apache-2.0
#include "core/crypto/sodium.h"

#include <cstdlib>

namespace lanyard::crypto {

void require_sodium() {
  // 0: done now; 1: had been done. libsodium holds a lock of its own meanwhile.
  if (sodium_init() < 0) std::abort();
}

}  // namespace lanyard::crypto
