// SPDX-License-Identifier: Apache-2.0
#include "core/crypto/aead_backends.h"

#include <algorithm>
#include <array>

#include "core/crypto/cipher_functions.h"

namespace lanyard::crypto {
namespace {

struct Known {
  AeadBackend backend;
  std::string_view name;
  const CipherFunctions* (*find)(Aead);
};

constexpr std::array kKnown{
    Known{AeadBackend::libsodium, "libsodium", sodium_cipher},
    Known{AeadBackend::ipsec_mb, "ipsec-mb", ipsec_mb_cipher},
#ifdef LANYARD_TEST_NULL_CIPHER
    Known{AeadBackend::null, "null", null_cipher_for_tests},
#endif
};

const Known& known(AeadBackend backend) { return kKnown[static_cast<std::size_t>(backend)]; }

}  // namespace

const CipherFunctions* find_cipher(Aead aead, AeadBackend backend) {
  return known(backend).find(aead);
}

std::string_view name(AeadBackend backend) { return known(backend).name; }

std::optional<AeadBackend> parse_aead_backend(std::string_view name) {
  for (const Known& one : kKnown) {
    if (one.name == name) return one.backend;
  }
  return std::nullopt;
}

bool is_built_in(AeadBackend backend) { return backend != AeadBackend::ipsec_mb || has_ipsec_mb(); }

bool is_available(Aead aead, AeadBackend backend) { return find_cipher(aead, backend) != nullptr; }

std::vector<AeadBackend> available_backends(Aead aead) {
  std::vector<AeadBackend> out;
  for (const AeadBackend backend : {AeadBackend::libsodium, AeadBackend::ipsec_mb}) {
    if (is_available(aead, backend)) out.push_back(backend);
  }
  return out;
}

void warm_up_aeads_of_this_thread() {
  for (const Aead aead : {Aead::chacha20_poly1305, Aead::aes_256_gcm}) {
    for (const AeadBackend backend : available_backends(aead)) {
      std::array<std::uint8_t, kTagSize> nothing_and_tag{};
      AeadKey(aead, backend, Secret<32>()).seal(0, {}, nothing_and_tag);
    }
  }
}

}  // namespace lanyard::crypto
