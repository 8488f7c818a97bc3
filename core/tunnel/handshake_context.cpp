// SPDX-License-Identifier: Apache-2.0
#include "core/tunnel/handshake_context.h"

#include <cassert>

#include "core/tunnel/macs.h"

namespace lanyard::tunnel {

namespace {

constexpr std::string_view kNoiseName = "Noise_XXpsk0_25519_ChaChaPoly_SHA512";
constexpr std::string_view kPrologue = "lanyard/1";

}  // namespace

SessionIndex SessionIndices::take(Rng& rng) {
  assert(taken_.size() < kMaxSessionIndex / 2);  // else the draw would take ever longer
  for (;;) {
    const auto index = static_cast<SessionIndex>(1 + rng.below(kMaxSessionIndex));
    if (taken_.insert(index).second) return index;
  }
}

const Credentials* HandshakeContext::find(std::uint32_t id) const {
  for (const Credentials& candidate : credentials) {
    if (candidate.id == id) return &candidate;
  }
  return nullptr;
}

const Credentials* HandshakeContext::authenticate(const HandshakeView& message) const {
  for (const Credentials& candidate : credentials) {
    if (has_mac1(message, candidate.mac_key)) return &candidate;
  }
  return nullptr;
}

Hello HandshakeContext::hello(const Credentials& own, SessionIndex index) const {
  return {.aead_mask = settings.aead_mask & crypto::supported_aeads(),
          .index = index,
          .side = own.side,
          .version = settings.version,
          .features = settings.features};
}

crypto::noise::Handshake begin_noise(const Credentials& credentials,
                                     crypto::noise::Role role,
                                     Rng& rng) {
  Buffer prologue = to_buffer(as_bytes(kPrologue));
  prologue.push_back(static_cast<std::uint8_t>(credentials.scope));
  append(prologue, Bytes(credentials.network_id));
  crypto::noise::Setup setup;
  setup.name = kNoiseName;
  setup.role = role;
  setup.prologue = prologue;
  setup.static_key = credentials.static_key.clone();
  setup.psks.push_back(credentials.psk.clone());
  auto noise = crypto::noise::Handshake::create(std::move(setup), rng);
  assert(noise);  // nothing in the setup depends on a peer
  return *std::move(noise);
}

bool roles_fit(Scope scope, Side ours, Side theirs) {
  if (scope == Scope::member) return ours == Side::member && theirs == Side::member;
  return ours != theirs;
}

Obstacle find_obstacle(const Hello& ours, const Hello& theirs) {
  if (ours.version != theirs.version) return Obstacle::version;
  if (!crypto::choose_aead(ours.aead_mask, theirs.aead_mask)) return Obstacle::cipher;
  return Obstacle::none;
}

Established establish(const HandshakeContext& context,
                      const Credentials& credentials,
                      const crypto::noise::Handshake& noise,
                      Initiator initiator,
                      const Hello& ours,
                      const Hello& theirs) {
  const auto aead = crypto::choose_aead(ours.aead_mask, theirs.aead_mask);
  assert(aead && noise.is_finished() && noise.remote_static());
  const bool is_initiator = initiator == Initiator::us;
  const crypto::noise::Split split = noise.split();
  const auto& send = is_initiator ? split.initiator_to_responder : split.responder_to_initiator;
  const auto& receive = is_initiator ? split.responder_to_initiator : split.initiator_to_responder;

  SessionSetup setup;
  setup.local_index = ours.index;
  setup.remote_index = theirs.index;
  setup.credentials_id = credentials.id;
  setup.aead = *aead;
  setup.send_key = crypto::data_key(send, *aead);
  setup.receive_key = crypto::data_key(receive, *aead);
  setup.handshake_hash = noise.handshake_hash();
  setup.limits = context.settings.session_limits;
  setup.backends = context.settings.backends;
  setup.remote_features = theirs.features;

  Established out;
  out.session = std::make_shared<Session>(std::move(setup));
  out.credentials_id = credentials.id;
  out.initiator = initiator;
  out.remote = *noise.remote_static();
  const bool is_ours_lower = credentials.static_key.public_key() < out.remote;
  out.lower_key_initiated = is_ours_lower == is_initiator;
  out.remote_side = theirs.side;
  return out;
}

}  // namespace lanyard::tunnel
