// SPDX-License-Identifier: Apache-2.0
// What a datagram of the tunnel's port looks like: which kind it is, and the layouts of data and
// handshake datagrams (protocol.md sections 1, 4 and 5). Pure functions over borrowed bytes;
// nothing here holds a key or knows whether a datagram is authentic.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/base/bytes.h"

namespace lanyard::tunnel {

// Names a session at its receiver: 24 bits, chosen at random by the receiver, never 0.
using SessionIndex = std::uint32_t;
inline constexpr SessionIndex kMaxSessionIndex = 0xffffff;  // three bytes in every header

enum class DatagramKind : std::uint8_t {
  krpc,
  handshake_1,
  handshake_2,
  handshake_3,
  cookie,
  data,
  relayed,
  path_probe,
  lan_beacon,
  unknown,
};

// By the first byte (and for KRPC the last one) alone: an unknown or empty datagram is dropped.
DatagramKind classify(Bytes datagram);

// ---- Data: header 8 | sealed body | tag 16 ----

inline constexpr std::size_t kDataHeaderSize = 8;
inline constexpr std::size_t kTagSize = 16;  // of both AEADs (RFC 8439, NIST SP 800-38D)
// A body has at least its kind byte.
inline constexpr std::size_t kMinDataSize = kDataHeaderSize + 1 + kTagSize;

struct DataHeader {
  SessionIndex receiver = 0;
  std::uint32_t counter_low = 0;  // low 32 bits of the packet counter
};

// Nothing when this is no data datagram or is too short to hold a body.
std::optional<DataHeader> parse_data_header(Bytes datagram);
// datagram has room for at least the header.
void write_data_header(MutableBytes datagram, const DataHeader& header);

// Bits 0-3 of the first byte of a body. Values that are not listed are of later versions: drop.
enum class BodyKind : std::uint8_t {
  empty = 0,  // keepalive
  ethernet = 1,
  ipv4 = 2,  // a frame between the two members' own MACs, without its 14 Ethernet bytes
  ipv6 = 3,
  control = 4,
  fragment = 5,  // reserved
};

enum class Checksum : std::uint8_t {
  complete,
  pending,  // bit 7: the sender left the inner checksum to be filled in
};

struct Body {
  BodyKind kind = BodyKind::empty;
  Checksum checksum = Checksum::complete;
  MutableBytes payload;  // borrowed from the datagram; options are skipped already
};

inline constexpr std::uint8_t kOptionsFollow = 0x40;    // bit 6
inline constexpr std::uint8_t kChecksumPending = 0x80;  // bit 7

constexpr std::uint8_t body_first_byte(BodyKind kind, Checksum checksum = Checksum::complete) {
  const auto bits = static_cast<std::uint8_t>(kind);
  return checksum == Checksum::pending ? static_cast<std::uint8_t>(bits | kChecksumPending) : bits;
}

// What a peer said in the handshake that it can take, beyond what every node can; unknown bits are
// ignored.
using Features = std::uint64_t;
inline constexpr Features kTakesPendingChecksums = 1;  // bodies with kChecksumPending

// Of an opened body. Nothing when it is empty or its options run past its end.
std::optional<Body> parse_body(MutableBytes body);

// ---- Handshake messages 1 to 3: type 1 | index 3 | mac1 16 | mac2 16 | Noise message ----

using Mac = std::array<std::uint8_t, 16>;

inline constexpr std::size_t kHandshakeHeaderSize = 36;
// Message 1 is padded to this, so that no answer to an unproven address is longer than the request;
// small enough for every underlay of IPv6 (RFC 8200 section 5: 1280).
inline constexpr std::size_t kMessage1Size = 1100;
// Longer than every handshake message of ours; later versions may use up to this.
inline constexpr std::size_t kMaxHandshakeSize = 1200;

struct HandshakeView {
  DatagramKind kind = DatagramKind::unknown;
  SessionIndex index = 0;  // of the sender in message 1, of the receiver in 2 and 3
  Bytes first_four;        // what the MACs cover beside the Noise message
  Bytes mac1;
  Bytes mac2;
  Bytes noise;  // all borrowed from the datagram
};

// Nothing when this is no handshake message or its length is out of bounds.
std::optional<HandshakeView> parse_handshake(Bytes datagram);
// Both MACs zero, for the caller to fill in (macs.h). kind is handshake_1, 2 or 3.
Buffer handshake_datagram(DatagramKind kind, SessionIndex index, Bytes noise);

// ---- Cookie: type 1 | receiver index 3 | nonce 24 | sealed cookie 16 | tag 16 ----

inline constexpr std::size_t kCookieHeaderSize = 4;
inline constexpr std::size_t kCookieDatagramSize = kCookieHeaderSize + 24 + 16 + 16;

struct CookieView {
  SessionIndex receiver = 0;
  Bytes box;  // nonce, ciphertext and tag; borrowed
};

std::optional<CookieView> parse_cookie(Bytes datagram);
Buffer cookie_datagram(SessionIndex receiver, Bytes box);

}  // namespace lanyard::tunnel
