// SPDX-License-Identifier: Apache-2.0
// The handshake patterns of the Noise Protocol Framework (revision 34) as tables: all interactive
// ones, fundamental (section 7.5) and deferred (appendix 18.1), with psk modifiers (section 9), and
// the parser of protocol names such as Noise_XXpsk0_25519_ChaChaPoly_SHA512.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/crypto/aead.h"

namespace lanyard::crypto::noise {

enum class Role : std::uint8_t { initiator, responder };

// What a message consists of: keys sent (e, s), exchanges mixed in (first letter: the initiator's
// key, second: the responder's), and pre-shared keys mixed in.
enum class Token : std::uint8_t { e, s, ee, es, se, ss, psk };

// Whether a side's static public key is known to the other before the first message.
enum class StaticKey : std::uint8_t { not_known_before, known_before };

struct Pattern {
  StaticKey initiator_static = StaticKey::not_known_before;
  StaticKey responder_static = StaticKey::not_known_before;
  // The initiator sends the first, then they alternate.
  std::vector<std::vector<Token>> messages;

  std::size_t psk_count() const;
  // Whether the side has a static key at all.
  bool has_static(Role role) const;
  StaticKey static_key(Role role) const {
    return role == Role::initiator ? initiator_static : responder_static;
  }
};

struct Protocol {
  std::string name;
  Pattern pattern;
  Aead aead = Aead::chacha20_poly1305;
};

// Errors: not a Noise name, a pattern that is unknown or one-way, a modifier that is unknown, out
// of order or out of range, a suite other than 25519, ChaChaPoly or AESGCM, and SHA512.
Result<Protocol> parse_protocol_name(std::string_view name);

}  // namespace lanyard::crypto::noise
