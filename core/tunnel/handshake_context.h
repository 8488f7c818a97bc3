// SPDX-License-Identifier: Apache-2.0
// What both roles of the handshake share: the node's credentials, the session indices that are
// taken, the counters of what was dropped; and the steps that are alike for both.
#pragma once

#include <array>
#include <memory>
#include <set>
#include <vector>

#include "core/base/rng.h"
#include "core/crypto/noise/handshake.h"
#include "core/tunnel/handshakes.h"
#include "core/tunnel/payloads.h"
#include "core/tunnel/session.h"

namespace lanyard::tunnel {

// A session index is taken from the first message of a handshake to the end of its session.
class SessionIndices {
 public:
  SessionIndex take(Rng& rng);
  void give_back(SessionIndex index) { taken_.erase(index); }

 private:
  std::set<SessionIndex> taken_;
};

// Owned by Handshakes; the two roles hold references.
struct HandshakeContext {
  const HandshakeSettings settings;
  Rng& rng;
  std::vector<Credentials> credentials;
  SessionIndices indices;
  std::array<std::uint64_t, static_cast<std::size_t>(HandshakeDrop::count_)> dropped{};

  // nullptr when they have been withdrawn.
  const Credentials* find(std::uint32_t id) const;
  // Whose MAC key made mac1; nullptr for a stranger's message.
  const Credentials* authenticate(const HandshakeView& message) const;
  void count(HandshakeDrop reason) { ++dropped[static_cast<std::size_t>(reason)]; }
  Hello hello(const Credentials& own, SessionIndex index) const;
};

// XXpsk0 with the prologue of the credentials' network and scope.
crypto::noise::Handshake begin_noise(const Credentials& credentials,
                                     crypto::noise::Role role,
                                     Rng& rng);

// Whether two such sides may talk to each other through this door.
bool roles_fit(Scope scope, Side ours, Side theirs);

// What stands against a session with a peer of whom only its Hello is known.
enum class Obstacle : std::uint8_t { none, version, cipher };
Obstacle find_obstacle(const Hello& ours, const Hello& theirs);

// Both hellos are known and the Noise handshake is finished. `from` and the event's remaining
// fields are the caller's to fill in.
Established establish(const HandshakeContext& context,
                      const Credentials& credentials,
                      const crypto::noise::Handshake& noise,
                      Initiator initiator,
                      const Hello& ours,
                      const Hello& theirs);

}  // namespace lanyard::tunnel
