// SPDX-License-Identifier: Apache-2.0
// The control messages that two nodes exchange inside a session (protocol.md section 6): one
// bencoded dict each, `k` its kind. Encoding and parsing only; what a message leads to is decided
// by the network that it arrived in.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/endpoint.h"
#include "core/base/time.h"
#include "core/crypto/secret.h"
#include "core/network/gossip.h"
#include "core/network/identifiers.h"
#include "core/node/vantage.h"
#include "core/tunnel/relayed.h"

namespace lanyard::node {

using PingNonce = std::array<std::uint8_t, 8>;

struct PingMessage {
  network::Digest digest{};  // of the sender's roster
  PingNonce nonce{};
  // Whether the sender only asks, or sends all to us by this path from now on.
  enum class Intent : std::uint8_t { ask, move } intent = Intent::ask;
};

struct PongMessage {
  network::Digest digest{};
  PingNonce nonce{};
  std::optional<Endpoint> observed;  // where the ping came from, as the answerer saw it
};

// The sender has ended this session.
struct ByeMessage {
  std::string reason;  // plain text, at most 200 bytes
};

struct HaveMessage {
  network::HavePage page;
};

struct WantMessage {
  std::vector<network::ItemKey> keys;
};

struct ItemsMessage {
  std::vector<Buffer> items;
};

struct ClaimMessage {
  Buffer claim;
  Buffer grant;
};

struct WelcomeMessage {
  Buffer charter;
  std::int64_t epoch = 0;
  crypto::Secret<32> secret;
  Buffer witness;
};

struct RefusalMessage {
  std::string code;
  std::string text;
};

// The receiver is to relay between the sender and that member.
struct CircuitRequest {
  network::MemberId member;
};

// The sender relays: datagrams of this circuit lead to that member, and come from it.
struct CircuitMessage {
  tunnel::CircuitNumber number = 0;
  network::MemberId member;
  std::optional<Duration> far;  // the round-trip time between the sender and that member
};

// Why the sender does not relay.
enum class CircuitRefusalReason : std::uint8_t {
  off,          // it relays for nobody
  unreachable,  // it has no direct path to that member, or none to whoever asked
  full,         // it relays for too many already
};

struct CircuitRefusal {
  network::MemberId member;
  CircuitRefusalReason reason = CircuitRefusalReason::off;
};

// Of the relay or of one of the two ends: the circuit is no more.
struct CircuitEnd {
  tunnel::CircuitNumber number = 0;
};

// Where the sender stands (vantage.h).
struct VantageMessage {
  Vantage vantage;
};

using SessionMessage = std::variant<PingMessage,
                                    PongMessage,
                                    ByeMessage,
                                    HaveMessage,
                                    WantMessage,
                                    ItemsMessage,
                                    ClaimMessage,
                                    WelcomeMessage,
                                    RefusalMessage,
                                    CircuitRequest,
                                    CircuitMessage,
                                    CircuitRefusal,
                                    CircuitEnd,
                                    VantageMessage>;

Buffer encode(const PingMessage& message);
Buffer encode(const PongMessage& message);
Buffer encode(const ByeMessage& message);
Buffer encode(const HaveMessage& message);
Buffer encode(const WantMessage& message);
// The views need to live for the call only.
Buffer encode_items(const std::vector<Bytes>& items);
Buffer encode(const ClaimMessage& message);
// Holds the network secret: the caller wipes it when sealed.
Buffer encode(const WelcomeMessage& message);
Buffer encode(const RefusalMessage& message);
Buffer encode(const CircuitRequest& message);
Buffer encode(const CircuitMessage& message);
Buffer encode(const CircuitRefusal& message);
Buffer encode(const CircuitEnd& message);
Buffer encode(const VantageMessage& message);

// Nothing for a kind that is not known or a message that is not whole.
std::optional<SessionMessage> parse_session_message(Bytes body);

}  // namespace lanyard::node
