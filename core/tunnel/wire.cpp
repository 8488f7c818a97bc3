// SPDX-License-Identifier: Apache-2.0
#include "core/tunnel/wire.h"

#include <cassert>

#include "core/base/endian.h"

namespace lanyard::tunnel {

namespace {

// protocol.md section 1.
constexpr std::uint8_t kKrpcFirst = 'd';  // a bencoded dict
constexpr std::uint8_t kKrpcLast = 'e';
constexpr std::uint8_t kFirstHandshake1 = 0xE0;
constexpr std::uint8_t kFirstHandshake2 = 0xE1;
constexpr std::uint8_t kFirstHandshake3 = 0xE2;
constexpr std::uint8_t kFirstCookie = 0xE3;
constexpr std::uint8_t kFirstData = 0xE4;
constexpr std::uint8_t kFirstRelayed = 0xE5;
constexpr std::uint8_t kFirstPathProbe = 0xE6;
constexpr std::uint8_t kFirstLanBeacon = 0xE7;

constexpr std::size_t kMac1Offset = 4;
constexpr std::size_t kMac2Offset = 20;
constexpr std::size_t kOptionWord = 4;  // options are counted in words of four bytes
constexpr std::uint8_t kKindMask = 0x0f;

std::uint8_t first_byte(DatagramKind kind) {
  switch (kind) {
    case DatagramKind::handshake_1: return kFirstHandshake1;
    case DatagramKind::handshake_2: return kFirstHandshake2;
    default: return kFirstHandshake3;
  }
}

bool is_handshake(DatagramKind kind) {
  return kind == DatagramKind::handshake_1 || kind == DatagramKind::handshake_2 ||
         kind == DatagramKind::handshake_3;
}

}  // namespace

DatagramKind classify(Bytes datagram) {
  if (datagram.empty()) return DatagramKind::unknown;
  switch (datagram.front()) {
    case kKrpcFirst:
      return datagram.back() == kKrpcLast ? DatagramKind::krpc : DatagramKind::unknown;
    case kFirstHandshake1: return DatagramKind::handshake_1;
    case kFirstHandshake2: return DatagramKind::handshake_2;
    case kFirstHandshake3: return DatagramKind::handshake_3;
    case kFirstCookie: return DatagramKind::cookie;
    case kFirstData: return DatagramKind::data;
    case kFirstRelayed: return DatagramKind::relayed;
    case kFirstPathProbe: return DatagramKind::path_probe;
    case kFirstLanBeacon: return DatagramKind::lan_beacon;
    default: return DatagramKind::unknown;
  }
}

std::optional<DataHeader> parse_data_header(Bytes datagram) {
  if (datagram.size() < kMinDataSize || datagram[0] != kFirstData) return std::nullopt;
  return DataHeader{load_be24(&datagram[1]), load_be<std::uint32_t>(&datagram[4])};
}

void write_data_header(MutableBytes datagram, const DataHeader& header) {
  assert(datagram.size() >= kDataHeaderSize);
  // In one store: the cipher loads the header at once, and would wait for the last of several.
  store_be(datagram.data(), std::uint64_t{kFirstData} << 56 | std::uint64_t{header.receiver} << 32 |
                                header.counter_low);
}

std::optional<Body> parse_body(MutableBytes body) {
  if (body.empty()) return std::nullopt;
  const std::uint8_t first = body[0];
  std::size_t start = 1;
  if ((first & kOptionsFollow) != 0) {
    if (body.size() < 2) return std::nullopt;
    start = 2 + kOptionWord * body[1];
    if (body.size() < start) return std::nullopt;
  }
  Body out;
  out.kind = static_cast<BodyKind>(first & kKindMask);
  out.checksum = (first & kChecksumPending) != 0 ? Checksum::pending : Checksum::complete;
  out.payload = body.subspan(start);
  return out;
}

std::optional<HandshakeView> parse_handshake(Bytes datagram) {
  const DatagramKind kind = classify(datagram);
  if (!is_handshake(kind)) return std::nullopt;
  const std::size_t min_size =
      kind == DatagramKind::handshake_1 ? kMessage1Size : kHandshakeHeaderSize + 1;
  if (datagram.size() < min_size || datagram.size() > kMaxHandshakeSize) return std::nullopt;
  HandshakeView view;
  view.kind = kind;
  view.index = load_be24(&datagram[1]);
  view.first_four = datagram.first(kMac1Offset);
  view.mac1 = datagram.subspan(kMac1Offset, sizeof(Mac));
  view.mac2 = datagram.subspan(kMac2Offset, sizeof(Mac));
  view.noise = datagram.subspan(kHandshakeHeaderSize);
  return view;
}

Buffer handshake_datagram(DatagramKind kind, SessionIndex index, Bytes noise) {
  assert(is_handshake(kind));
  Buffer out(kHandshakeHeaderSize);
  out[0] = first_byte(kind);
  store_be24(&out[1], index);
  append(out, noise);
  return out;
}

std::optional<CookieView> parse_cookie(Bytes datagram) {
  if (datagram.size() != kCookieDatagramSize || datagram[0] != kFirstCookie) return std::nullopt;
  return CookieView{load_be24(&datagram[1]), datagram.subspan(kCookieHeaderSize)};
}

Buffer cookie_datagram(SessionIndex receiver, Bytes box) {
  Buffer out(kCookieHeaderSize);
  out[0] = kFirstCookie;
  store_be24(&out[1], receiver);
  append(out, box);
  return out;
}

}  // namespace lanyard::tunnel
