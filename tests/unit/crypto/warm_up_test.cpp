// SPDX-License-Identifier: Apache-2.0
// A thread that has warmed up seals and opens without allocating, by whatever back end: C libraries
// included, whose memory does not come from operator new.
#include <array>
#include <cstddef>
#include <cstdint>
#include <thread>

#include <doctest/doctest.h>
#include <malloc.h>

#include "core/crypto/aead_backends.h"

// Of the sanitizer's library, in a program that has it; nullptr in others. The compiler does not
// say which: the tests' own sources are not sanitized.
extern "C" __attribute__((weak)) std::size_t __sanitizer_get_current_allocated_bytes();

namespace lanyard::crypto {
namespace {

std::size_t allocated_bytes() {
  if (__sanitizer_get_current_allocated_bytes != nullptr) {
    return __sanitizer_get_current_allocated_bytes();
  }
  return mallinfo2().uordblks;
}

// What the first packet of a new thread leaves allocated.
std::size_t bytes_of_first_packet(Aead aead, AeadBackend backend, void (*before)()) {
  const AeadKey key(aead, backend, Secret<32>());
  std::size_t bytes = 0;
  std::thread([&] {
    before();
    const std::size_t start = allocated_bytes();
    std::array<std::uint8_t, 64> packet{};
    key.seal(1, {}, packet);
    if (!key.open(1, {}, packet)) return;
    bytes = allocated_bytes() - start;
  }).join();
  return bytes;
}

}  // namespace

TEST_CASE("the first packet of a thread that has warmed up costs no allocation") {
  for (const Aead aead : {Aead::chacha20_poly1305, Aead::aes_256_gcm}) {
    for (const AeadBackend backend : available_backends(aead)) {
      CAPTURE(name(aead));
      CAPTURE(name(backend));
      CHECK(bytes_of_first_packet(aead, backend, warm_up_aeads_of_this_thread) == 0);
    }
  }
}

TEST_CASE("without that, it costs what the back end keeps for each thread") {
  if (!is_available(Aead::chacha20_poly1305, AeadBackend::ipsec_mb)) return;
  CHECK(bytes_of_first_packet(Aead::chacha20_poly1305, AeadBackend::ipsec_mb, [] {}) > 10'000);
}

}  // namespace lanyard::crypto
