// SPDX-License-Identifier: Apache-2.0
#include "core/crypto/noise/pattern.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace lanyard::crypto::noise {
namespace {

struct Row {
  std::string_view name;
  StaticKey initiator_static;
  StaticKey responder_static;
  // Odd ones are the initiator's, even ones the responder's; unused ones are empty.
  std::array<std::string_view, 4> messages;
};

constexpr StaticKey kLater = StaticKey::not_known_before;
constexpr StaticKey kKnown = StaticKey::known_before;

constexpr Row kRows[] = {
    // Fundamental patterns (section 7.5).
    {"NN", kLater, kLater, {"e", "e ee"}},
    {"NK", kLater, kKnown, {"e es", "e ee"}},
    {"NX", kLater, kLater, {"e", "e ee s es"}},
    {"KN", kKnown, kLater, {"e", "e ee se"}},
    {"KK", kKnown, kKnown, {"e es ss", "e ee se"}},
    {"KX", kKnown, kLater, {"e", "e ee se s es"}},
    {"XN", kLater, kLater, {"e", "e ee", "s se"}},
    {"XK", kLater, kKnown, {"e es", "e ee", "s se"}},
    {"XX", kLater, kLater, {"e", "e ee s es", "s se"}},
    {"IN", kLater, kLater, {"e s", "e ee se"}},
    {"IK", kLater, kKnown, {"e es s ss", "e ee se"}},
    {"IX", kLater, kLater, {"e s", "e ee se s es"}},
    // Deferred patterns (appendix 18.1): a 1 delays the exchange that authenticates that side.
    {"NK1", kLater, kKnown, {"e", "e ee es"}},
    {"NX1", kLater, kLater, {"e", "e ee s", "es"}},
    {"X1N", kLater, kLater, {"e", "e ee", "s", "se"}},
    {"X1K", kLater, kKnown, {"e es", "e ee", "s", "se"}},
    {"XK1", kLater, kKnown, {"e", "e ee es", "s se"}},
    {"X1K1", kLater, kKnown, {"e", "e ee es", "s", "se"}},
    {"X1X", kLater, kLater, {"e", "e ee s es", "s", "se"}},
    {"XX1", kLater, kLater, {"e", "e ee s", "es s se"}},
    {"X1X1", kLater, kLater, {"e", "e ee s", "es s", "se"}},
    {"K1N", kKnown, kLater, {"e", "e ee", "se"}},
    {"K1K", kKnown, kKnown, {"e es", "e ee", "se"}},
    {"KK1", kKnown, kKnown, {"e", "e ee se es"}},
    {"K1K1", kKnown, kKnown, {"e", "e ee es", "se"}},
    {"K1X", kKnown, kLater, {"e", "e ee s es", "se"}},
    {"KX1", kKnown, kLater, {"e", "e ee se s", "es"}},
    {"K1X1", kKnown, kLater, {"e", "e ee s", "se es"}},
    {"I1N", kLater, kLater, {"e s", "e ee", "se"}},
    {"I1K", kLater, kKnown, {"e es s", "e ee", "se"}},
    {"IK1", kLater, kKnown, {"e s", "e ee se es"}},
    {"I1K1", kLater, kKnown, {"e s", "e ee es", "se"}},
    {"I1X", kLater, kLater, {"e s", "e ee s es", "se"}},
    {"IX1", kLater, kLater, {"e s", "e ee se s", "es"}},
    {"I1X1", kLater, kLater, {"e s", "e ee s", "se es"}},
};

// Takes the text before the separator, or all of it, off the front; the separator goes too.
std::string_view take_until(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

Token token_of(std::string_view word) {
  if (word == "e") return Token::e;
  if (word == "s") return Token::s;
  if (word == "ee") return Token::ee;
  if (word == "es") return Token::es;
  if (word == "se") return Token::se;
  assert(word == "ss");
  return Token::ss;
}

Pattern pattern_of(const Row& row) {
  Pattern pattern{row.initiator_static, row.responder_static, {}};
  for (std::string_view text : row.messages) {
    if (text.empty()) break;
    std::vector<Token>& tokens = pattern.messages.emplace_back();
    while (!text.empty()) tokens.push_back(token_of(take_until(text, ' ')));
  }
  return pattern;
}

// psk0 goes before the first message's tokens, pskN after the N-th message's (section 9.3). Several
// stand in ascending order, joined by '+'. False when the modifiers are none of these.
bool apply_modifiers(std::string_view modifiers, Pattern& pattern) {
  int previous = -1;
  while (!modifiers.empty()) {
    const bool more = modifiers.find('+') != std::string_view::npos;
    const std::string_view modifier = take_until(modifiers, '+');
    if (more && modifiers.empty()) return false;
    if (modifier.size() != 4 || modifier.substr(0, 3) != "psk") return false;
    const int position = modifier[3] - '0';
    if (position <= previous || position > static_cast<int>(pattern.messages.size())) return false;
    if (position == 0) {
      pattern.messages.front().insert(pattern.messages.front().begin(), Token::psk);
    } else {
      pattern.messages[static_cast<std::size_t>(position) - 1].push_back(Token::psk);
    }
    previous = position;
  }
  return true;
}

Error unsupported(std::string_view name, std::string_view why) {
  return make_error(Errc::invalid, "cannot use the Noise protocol \"" + std::string(name) +
                                       "\": " + std::string(why));
}

}  // namespace

std::size_t Pattern::psk_count() const {
  std::size_t count = 0;
  for (const auto& tokens : messages) {
    count += static_cast<std::size_t>(std::count(tokens.begin(), tokens.end(), Token::psk));
  }
  return count;
}

bool Pattern::has_static(Role role) const {
  if (static_key(role) == StaticKey::known_before) return true;
  for (std::size_t i = role == Role::initiator ? 0 : 1; i < messages.size(); i += 2) {
    if (std::count(messages[i].begin(), messages[i].end(), Token::s) != 0) return true;
  }
  return false;
}

Result<Protocol> parse_protocol_name(std::string_view name) {
  std::string_view rest = name;
  if (take_until(rest, '_') != "Noise") return unsupported(name, "it does not begin with Noise_");
  const std::string_view pattern_and_modifiers = take_until(rest, '_');
  const auto modifiers_start =
      std::find_if(pattern_and_modifiers.begin(), pattern_and_modifiers.end(),
                   [](char c) { return c >= 'a' && c <= 'z'; });
  const auto pattern_size =
      static_cast<std::size_t>(modifiers_start - pattern_and_modifiers.begin());
  const std::string_view pattern_name = pattern_and_modifiers.substr(0, pattern_size);

  const Row* const row =
      std::find_if(std::begin(kRows), std::end(kRows),
                   [pattern_name](const Row& candidate) { return candidate.name == pattern_name; });
  if (row == std::end(kRows)) return unsupported(name, "the pattern is unknown or one-way");

  Protocol protocol{std::string(name), pattern_of(*row), Aead::chacha20_poly1305};
  if (!apply_modifiers(pattern_and_modifiers.substr(pattern_size), protocol.pattern)) {
    return unsupported(name, "its modifiers are not psk0 to psk" +
                                 std::to_string(row->messages.size()) + " in ascending order");
  }
  if (rest == "25519_AESGCM_SHA512") {
    protocol.aead = Aead::aes_256_gcm;
  } else if (rest != "25519_ChaChaPoly_SHA512") {
    return unsupported(name, "the suite is neither 25519_ChaChaPoly_SHA512 nor AESGCM's");
  }
  return protocol;
}

}  // namespace lanyard::crypto::noise
