// SPDX-License-Identifier: Apache-2.0
// Somebody who listens on a wire of the underlay, and can send again what was heard. Frames are
// Ethernet, as they passed.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "tests/lab/network_namespace.h"
#include "tests/lab/waiting.h"

namespace lanyard::lab {

class WireTap {
 public:
  enum class Direction { in, out, both };  // as the interface's own namespace sees it

  // With a first byte: only UDP datagrams over IPv4 whose payload begins with it.
  WireTap(const NetworkNamespace& space,
          const std::string& interface,
          Direction direction,
          std::optional<std::uint8_t> first_byte = std::nullopt);
  WireTap(const WireTap&) = delete;
  WireTap& operator=(const WireTap&) = delete;
  ~WireTap();

  // All that passed since the last call, at least one frame unless patience ends before it comes.
  std::vector<Buffer> take(Patience patience) const;
  // A UDP checksum is left out (RFC 768: zero), so that altered payloads get to the receiver too.
  void inject(Buffer frame) const;

 private:
  int socket_ = -1;
  Direction direction_;
};

// Counts the sessions that come to be: each third handshake message names another of the
// responder's.
class SessionTap {
 public:
  SessionTap(const NetworkNamespace& space, const std::string& interface);
  // Since construction.
  std::size_t count();

 private:
  WireTap messages_;
  std::set<std::uint32_t> indices_;
};

// The payload of a UDP datagram over IPv4, viewed in the frame; empty for anything else.
Bytes udp_payload(Bytes frame);

}  // namespace lanyard::lab
