// SPDX-License-Identifier: Apache-2.0
#include "core/tunnel/relayed.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "core/base/endian.h"
#include "core/tunnel/wire.h"

namespace lanyard::tunnel {

namespace {

constexpr std::uint8_t kFirstRelayed = 0xE5;  // protocol.md section 1
// 0100::/64, then the circuit in the last four bytes. The port only has to be one.
constexpr std::array<std::uint8_t, 8> kPrefix = {0x01};
constexpr std::size_t kIdOffset = 12;
constexpr std::uint16_t kPort = 1;

}  // namespace

std::optional<RelayedView> parse_relayed(Bytes datagram) {
  if (datagram.size() <= kRelayedHeaderSize || datagram[0] != kFirstRelayed) return std::nullopt;
  const CircuitNumber circuit = load_be24(&datagram[1]);
  if (circuit == 0) return std::nullopt;
  return RelayedView{circuit, datagram.subspan(kRelayedHeaderSize)};
}

void write_relayed_header(MutableBytes datagram, CircuitNumber circuit) {
  assert(datagram.size() >= kRelayedHeaderSize);
  store_be(datagram.data(), std::uint32_t{kFirstRelayed} << 24 | circuit);
}

Buffer relayed_datagram(CircuitNumber circuit, Bytes inner) {
  Buffer out(kRelayedHeaderSize + inner.size());
  write_relayed_header(out, circuit);
  std::copy(inner.begin(), inner.end(), out.begin() + kRelayedHeaderSize);
  return out;
}

Endpoint relayed_endpoint(CircuitId circuit) {
  std::array<std::uint8_t, 16> bytes{};
  std::copy(kPrefix.begin(), kPrefix.end(), bytes.begin());
  store_be(bytes.data() + kIdOffset, circuit);
  return {IpAddress::from_v6(bytes), kPort};
}

bool is_relayed(const Endpoint& endpoint) {
  if (endpoint.address.is_v4()) return false;
  return equal(endpoint.address.bytes().first(kPrefix.size()), kPrefix);
}

std::optional<Endpoint> observed_at(const Endpoint& from) {
  if (is_relayed(from)) return std::nullopt;
  return from;
}

}  // namespace lanyard::tunnel
