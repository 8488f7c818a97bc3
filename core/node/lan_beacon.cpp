// SPDX-License-Identifier: Apache-2.0
#include "core/node/lan_beacon.h"

#include "core/base/bencode.h"
#include "core/base/endian.h"
#include "core/crypto/aead.h"

namespace lanyard::node {

namespace {

constexpr std::array<std::uint8_t, 1> kType = {0xe7};
constexpr std::string_view kLabel = "beacon";
constexpr std::size_t kMaxSize = 400;  // ours has some 230 bytes
constexpr std::uint32_t kBrisk = 5;    // multicast over WLAN is lost often
constexpr Duration kBriskGap = seconds(1);
constexpr std::int64_t kTolerance = 600;  // seconds: clocks of a LAN seldom differ by more

Buffer signed_part(std::uint16_t port, std::int64_t time) {
  bencode::Writer out;
  return out.begin_dict().integer("p", port).integer("t", time).end().take();
}

}  // namespace

Buffer seal_beacon(const network::AccessKeys& keys,
                   std::uint16_t port,
                   const crypto::IdentityKey* identity,
                   UnixTime time,
                   Rng& rng) {
  bencode::Writer out;
  out.begin_dict();
  if (identity != nullptr) out.string("e", identity->public_key().bytes);
  out.integer("p", port).integer("r", identity != nullptr ? 0 : 1);
  if (identity != nullptr) {
    out.string("s", identity->sign(kLabel, signed_part(port, time.seconds)));
  }
  const Buffer plain = out.integer("t", time.seconds).end().take();
  Buffer datagram = to_buffer(kType);
  append(datagram, crypto::seal_box(keys.lan_key(), rng, kType, plain));
  return datagram;
}

std::optional<LanBeacon> open_beacon(const network::AccessKeys& keys, Bytes datagram) {
  if (datagram.empty() || datagram.size() > kMaxSize || datagram[0] != kType[0])
    return std::nullopt;
  const auto plain = crypto::open_box(keys.lan_key(), kType, datagram.subspan(1));
  if (!plain) return std::nullopt;
  const auto dict = bencode::parse(*plain);
  if (!dict) return std::nullopt;
  const auto port = dict->integer("p");
  const auto side = dict->integer("r");
  const auto time = dict->integer("t");
  if (!port || *port < 1 || *port > 65535 || !side || *side < 0 || *side > 1 || !time) {
    return std::nullopt;
  }
  LanBeacon beacon{.port = static_cast<std::uint16_t>(*port),
                   .side = static_cast<tunnel::Side>(*side),
                   .identity = std::nullopt,
                   .time = {*time}};
  if (beacon.side == tunnel::Side::joiner) return beacon;
  const auto key = dict->array<32>("e");
  const auto signature = dict->array<64>("s");
  if (!key || !signature) return std::nullopt;
  beacon.identity = crypto::IdentityPublicKey{*key};
  if (!crypto::verify(*beacon.identity, kLabel, signed_part(beacon.port, *time), *signature)) {
    return std::nullopt;
  }
  return beacon;
}

bool is_fresh(const LanBeacon& beacon, UnixTime now) {
  return beacon.time.seconds > now.seconds - kTolerance &&
         beacon.time.seconds < now.seconds + kTolerance;
}

bool BeaconSchedule::take(Instant now) {
  if (sent_ > 0 && now < next_) return false;
  if (sent_ < kBrisk) ++sent_;
  next_ = now + (sent_ < kBrisk ? kBriskGap : calm_);
  return true;
}

}  // namespace lanyard::node
