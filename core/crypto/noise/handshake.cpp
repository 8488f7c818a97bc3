// SPDX-License-Identifier: Apache-2.0
#include "core/crypto/noise/handshake.h"

#include <cassert>

#include "core/crypto/aead_backends.h"

namespace lanyard::crypto::noise {
namespace {

Role other(Role role) { return role == Role::initiator ? Role::responder : Role::initiator; }

Error misuse(std::string_view why) {
  return make_error(Errc::invalid, "cannot go on with the handshake: " + std::string(why));
}

Result<void> check_keys(const Setup& setup, const Protocol& protocol) {
  const Pattern& pattern = protocol.pattern;
  if (setup.psks.size() != pattern.psk_count()) {
    return misuse(protocol.name + " takes " + std::to_string(pattern.psk_count()) +
                  " pre-shared keys, not " + std::to_string(setup.psks.size()));
  }
  if (pattern.has_static(setup.role) && !setup.static_key) {
    return misuse(protocol.name + " needs a static key of our own");
  }
  const bool known_before = pattern.static_key(other(setup.role)) == StaticKey::known_before;
  if (known_before && !setup.remote_static) {
    return misuse(protocol.name + " needs the peer's static key beforehand");
  }
  if (!known_before && setup.remote_static) {
    return misuse(protocol.name + " does not take the peer's static key beforehand");
  }
  if (!is_available(protocol.aead, AeadBackend::libsodium)) {
    return make_error(Errc::unavailable,
                      "cannot use " + protocol.name + ": this processor has no AES instructions");
  }
  return {};
}

}  // namespace

Handshake::Progress Handshake::Progress::clone() const {
  return {symmetric.clone(), remote_static, remote_ephemeral, psks_used};
}

Result<Handshake> Handshake::create(Setup setup, Rng& rng) {
  auto protocol = parse_protocol_name(setup.name);
  if (!protocol) return protocol.error();
  if (const auto checked = check_keys(setup, *protocol); !checked) return checked.error();
  NoiseKey ephemeral =
      setup.fixed_ephemeral ? std::move(*setup.fixed_ephemeral) : NoiseKey::generate(rng);
  return Handshake(std::move(setup), std::move(*protocol), std::move(ephemeral));
}

Handshake::Handshake(Setup setup, Protocol protocol, NoiseKey ephemeral)
    : role_(setup.role),
      pattern_(std::move(protocol.pattern)),
      static_key_(std::move(setup.static_key)),
      ephemeral_(std::move(ephemeral)),
      psks_(std::move(setup.psks)),
      progress_{SymmetricState(protocol.name, protocol.aead), setup.remote_static, std::nullopt,
                0} {
  mix_prologue_and_known_keys(setup.prologue);
}

Handshake Handshake::clone() const { return Handshake(*this, progress_.clone()); }

Handshake::Handshake(const Handshake& from, Progress progress)
    : role_(from.role_),
      pattern_(from.pattern_),
      ephemeral_(from.ephemeral_.clone()),
      progress_(std::move(progress)),
      next_message_(from.next_message_) {
  if (from.static_key_) static_key_ = from.static_key_->clone();
  for (const Secret<32>& psk : from.psks_) psks_.push_back(psk.clone());
}

void Handshake::mix_prologue_and_known_keys(Bytes prologue) {
  progress_.symmetric.mix_hash(prologue);
  for (const Role owner : {Role::initiator, Role::responder}) {
    if (pattern_.static_key(owner) != StaticKey::known_before) continue;
    const NoisePublicKey& key =
        owner == role_ ? static_key_->public_key() : *progress_.remote_static;
    progress_.symmetric.mix_hash(key.bytes);
  }
}

bool Handshake::is_my_turn() const {
  if (is_finished()) return false;
  const Role sender = next_message_ % 2 == 0 ? Role::initiator : Role::responder;
  return sender == role_;
}

Result<Buffer> Handshake::write_message(Bytes payload) {
  if (!is_my_turn()) return misuse("it is not our turn to write");
  Progress progress = progress_.clone();
  Buffer out;
  for (const Token token : pattern_.messages[next_message_]) {
    if (!write_token(token, progress, out)) return misuse("the peer's key is of small order");
  }
  if (!progress.symmetric.encrypt_and_hash(payload, out)) return misuse("no nonces are left");
  if (out.size() > kMaxMessageSize) return misuse("the payload is too long for one message");
  progress_ = std::move(progress);
  ++next_message_;
  return out;
}

std::optional<Buffer> Handshake::read_message(Bytes message) {
  if (is_finished() || is_my_turn() || message.size() > kMaxMessageSize) return std::nullopt;
  Progress progress = progress_.clone();
  Bytes rest = message;
  for (const Token token : pattern_.messages[next_message_]) {
    if (!read_token(token, progress, rest)) return std::nullopt;
  }
  auto payload = progress.symmetric.decrypt_and_hash(rest);
  if (!payload) return std::nullopt;
  progress_ = std::move(progress);
  ++next_message_;
  return payload;
}

bool Handshake::write_token(Token token, Progress& progress, Buffer& out) const {
  switch (token) {
    case Token::e:
      append(out, ephemeral_.public_key().bytes);
      mix_ephemeral(ephemeral_.public_key(), progress);
      return true;
    case Token::s: return progress.symmetric.encrypt_and_hash(static_key_->public_key().bytes, out);
    default: return mix_token(token, progress);
  }
}

bool Handshake::read_token(Token token, Progress& progress, Bytes& rest) const {
  if (token != Token::e && token != Token::s) return mix_token(token, progress);
  const bool encrypted = token == Token::s && progress.symmetric.has_key();
  const std::size_t size = kNoiseKeySize + (encrypted ? kTagSize : 0);
  if (rest.size() < size) return false;
  const Bytes field = rest.first(size);
  rest = rest.subspan(size);
  if (token == Token::e) {
    progress.remote_ephemeral = NoisePublicKey::from_bytes(field);
    mix_ephemeral(*progress.remote_ephemeral, progress);
    return true;
  }
  const auto key = progress.symmetric.decrypt_and_hash(field);
  if (!key) return false;
  progress.remote_static = NoisePublicKey::from_bytes(*key);
  return true;
}

// What both sides compute alike.
bool Handshake::mix_token(Token token, Progress& progress) const {
  if (token == Token::psk) {
    progress.symmetric.mix_key_and_hash(psks_[progress.psks_used++].bytes());
    return true;
  }
  const bool initiator = role_ == Role::initiator;
  const bool initiators_static = token == Token::se || token == Token::ss;
  const bool responders_static = token == Token::es || token == Token::ss;
  const bool our_static = initiator ? initiators_static : responders_static;
  const bool their_static = initiator ? responders_static : initiators_static;
  const auto& theirs = their_static ? progress.remote_static : progress.remote_ephemeral;
  assert(theirs && (!our_static || static_key_));  // every pattern sends a key before it mixes it
  const auto shared = dh(our_static ? *static_key_ : ephemeral_, *theirs);
  if (!shared) return false;
  progress.symmetric.mix_key(shared->bytes());
  return true;
}

void Handshake::mix_ephemeral(const NoisePublicKey& key, Progress& progress) const {
  progress.symmetric.mix_hash(key.bytes);
  // With pre-shared keys the ephemeral key makes the cipher's key unique (section 9.2).
  if (!psks_.empty()) progress.symmetric.mix_key(key.bytes);
}

Split Handshake::split() const {
  assert(is_finished());
  return progress_.symmetric.split();
}

}  // namespace lanyard::crypto::noise
