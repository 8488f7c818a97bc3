// SPDX-License-Identifier: Apache-2.0
// Noise's HandshakeState (revision 34, section 5.3), driven by the pattern tables. It knows nothing
// of datagrams, retransmission or time: core/tunnel wraps it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/base/rng.h"
#include "core/crypto/noise/pattern.h"
#include "core/crypto/noise/symmetric_state.h"
#include "core/crypto/noise_key.h"
#include "core/crypto/secret.h"

namespace lanyard::crypto::noise {

inline constexpr std::size_t kMaxMessageSize = 65535;  // Noise revision 34, section 3

// What a handshake is begun with. Prologue and name are borrowed by create() alone.
struct Setup {
  std::string_view name;
  Role role = Role::initiator;
  // Both sides must have the same, or the first encrypted message fails.
  Bytes prologue;
  // Our static key, where the pattern gives us one.
  std::optional<NoiseKey> static_key;
  // The peer's, where the pattern knows it beforehand; absent where it is sent.
  std::optional<NoisePublicKey> remote_static;
  // One for each psk modifier, in the order of the name.
  std::vector<Secret<32>> psks;
  // For test vectors: instead of one drawn from Rng. Never reuse an ephemeral key.
  std::optional<NoiseKey> fixed_ephemeral;
};

// One side of one handshake. Movable; used by one thread at a time.
class Handshake {
 public:
  // The ephemeral key is drawn here, so that all later calls are functions of the object alone.
  static Result<Handshake> create(Setup setup, Rng& rng);

  // To read a message on trial: only one of the two may ever go on to write.
  Handshake clone() const;

  // Errors: not our turn, too long, or a key of the peer's that is of small order. The object is
  // then as it was.
  Result<Buffer> write_message(Bytes payload);
  // The payload; nothing when it is not our turn to read or the message is forged, cut or longer
  // than allowed. The object is then as it was: a forged message does not end the handshake.
  std::optional<Buffer> read_message(Bytes message);

  bool is_finished() const { return next_message_ == pattern_.messages.size(); }
  // Whether the next message is ours to write; false once finished.
  bool is_my_turn() const;

  // Grows with each message; final, and the same on both sides, when finished.
  const Hash512& handshake_hash() const { return progress_.symmetric.handshake_hash(); }
  // Known beforehand or received; nothing before that.
  const std::optional<NoisePublicKey>& remote_static() const { return progress_.remote_static; }
  const std::optional<NoisePublicKey>& remote_ephemeral() const {
    return progress_.remote_ephemeral;
  }
  const NoisePublicKey& local_ephemeral() const { return ephemeral_.public_key(); }

  // Only once finished.
  Split split() const;

 private:
  // All that a message changes. Each message works on a copy, which replaces the original only when
  // every token of it went well.
  struct Progress {
    SymmetricState symmetric;
    std::optional<NoisePublicKey> remote_static;
    std::optional<NoisePublicKey> remote_ephemeral;
    std::size_t psks_used = 0;

    Progress clone() const;
  };

  Handshake(Setup setup, Protocol protocol, NoiseKey ephemeral);
  Handshake(const Handshake& from, Progress progress);

  void mix_prologue_and_known_keys(Bytes prologue);
  [[nodiscard]] bool write_token(Token token, Progress& progress, Buffer& out) const;
  // Takes what it reads off the front of `rest`.
  [[nodiscard]] bool read_token(Token token, Progress& progress, Bytes& rest) const;
  [[nodiscard]] bool mix_token(Token token, Progress& progress) const;
  void mix_ephemeral(const NoisePublicKey& key, Progress& progress) const;

  Role role_;
  Pattern pattern_;
  std::optional<NoiseKey> static_key_;
  NoiseKey ephemeral_;
  std::vector<Secret<32>> psks_;
  Progress progress_;
  std::size_t next_message_ = 0;
};

}  // namespace lanyard::crypto::noise
