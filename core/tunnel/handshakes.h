// SPDX-License-Identifier: Apache-2.0
// All handshakes of a node that are under way, of both roles and all its networks (protocol.md
// section 4). Turns datagrams into sessions; strangers get no answer, and what an unproven peer can
// make it remember or compute is bounded. Who may be a peer is its owner's question: the event
// carries the peer's key and membership, unchecked.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "core/base/datagram.h"
#include "core/base/rng.h"
#include "core/base/time.h"
#include "core/tunnel/credentials.h"
#include "core/tunnel/session.h"

namespace lanyard::tunnel {

inline constexpr std::int64_t kProtocolVersion = 1;

// Names a handshake that we started; never reused.
enum class AttemptId : std::uint64_t {};

enum class Initiator : std::uint8_t { us, peer };

// How hard an attempt tries. A probe is for an address that anybody may have named: three
// datagrams, so that it is no use as a weapon, and yet two ends that probe each other open their
// NATs.
enum class Effort : std::uint8_t { full, probe };

// We have a session with a peer that proved its key; may be sent on at once. Each end should send
// something soon (a keepalive will do), for the initiator repeats message 3 until then. When its
// owner drops the session, it calls release_index().
struct Established {
  std::shared_ptr<Session> session;
  std::uint32_t credentials_id = 0;
  std::optional<AttemptId> attempt;  // when initiated by us
  Initiator initiator = Initiator::us;
  // When two sessions with one peer are established at once, both ends send on the one for which
  // this is true (protocol.md 4.3).
  bool lower_key_initiated = false;
  Endpoint from;  // the peer's address that the handshake was completed with
  crypto::NoisePublicKey remote;
  Side remote_side = Side::member;
  Buffer remote_membership;          // empty for a joiner
  std::optional<Endpoint> observed;  // our own address as the peer saw it
};

enum class FailureReason : std::uint8_t {
  timeout,  // nobody answered
  version,  // who answered speaks another version of the protocol
  cipher,   // who answered has no AEAD in common with us
};

struct Failed {
  AttemptId attempt{};
  std::uint32_t credentials_id = 0;
  FailureReason reason = FailureReason::timeout;
};

using HandshakeEvent = std::variant<Established, Failed>;
using HandshakeEvents = std::vector<HandshakeEvent>;

// Why a handshake datagram had no effect, or none but a cookie or a repeated answer.
enum class HandshakeDrop : std::uint8_t {
  malformed,        // wrong length, or authentic but senseless
  stranger,         // no MAC key of ours
  unknown_index,    // no handshake of that index is waiting for this
  undecipherable,   // the MAC is right, the Noise message is not
  loop_back,        // our own message
  duplicate,        // seen before; the answer was repeated where there is one
  cookie_demanded,  // under load: answered with a cookie
  rate_limited,     // under load: its source, though proven, asks too often
  wrong_role,  // two members or two joiners at the newcomers' door, or a joiner at the members'
  version,     // another version of the protocol
  cipher,      // no AEAD in common
  count_,
};

struct HandshakeSettings {
  crypto::AeadMask aead_mask = crypto::supported_aeads();  // of these, what the machine can do
  std::int64_t version = kProtocolVersion;
  Features features = kTakesPendingChecksums;
  crypto::AeadBackends backends;  // what sessions seal and open with
  SessionLimits session_limits;
  std::size_t max_half_open = 256;  // as responder; the oldest goes
  std::size_t max_half_open_per_source = 16;
  std::size_t load_half_open = 64;   // more than this, or more new messages 1 in a second
  std::uint32_t load_messages = 50;  // than this, and cookies are demanded
};

// Owned and called by the control thread. Messages go out in handle_timeout(), which is due at once
// after start() and add_candidates(), and in handle_datagram().
class Handshakes {
 public:
  // rng must outlive the object.
  Handshakes(const HandshakeSettings& settings, Rng& rng);
  Handshakes(const Handshakes&) = delete;
  Handshakes& operator=(const Handshakes&) = delete;
  ~Handshakes();

  // The doors that are open from now on. Handshakes of ids that are not among them end silently;
  // sessions that they led to are the owner's.
  void set_credentials(std::vector<Credentials> credentials);

  // Shakes hands with whoever answers first at one of these addresses (8 at most; the first ones
  // count). It ends with Established or Failed, within 10 s. credentials_id must be among the
  // current ones.
  AttemptId start(Instant now,
                  std::uint32_t credentials_id,
                  std::span<const Endpoint> candidates,
                  Effort effort = Effort::full);
  // More addresses for an attempt; known ones are ignored, past 8 the oldest goes. Nothing happens
  // when the attempt has ended.
  void add_candidates(Instant now, AttemptId attempt, std::span<const Endpoint> candidates);
  // No event follows.
  void cancel(AttemptId attempt);

  // Data arrived on this session of ours: message 3 need not be repeated any more.
  void confirm(SessionIndex local_index);
  // The owner has dropped this session: its index may be given out again.
  void release_index(SessionIndex local_index);

  // A datagram of the kinds handshake_1 to handshake_3 and cookie.
  void handle_datagram(
      Instant now, const Endpoint& from, Bytes datagram, Datagrams& out, HandshakeEvents& events);
  void handle_timeout(Instant now, Datagrams& out, HandshakeEvents& events);
  Instant next_timeout() const;

  std::uint64_t dropped(HandshakeDrop reason) const;
  // Handshakes that peers began and have not finished.
  std::size_t half_open() const;

 private:
  class Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace lanyard::tunnel
