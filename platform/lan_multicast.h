// SPDX-License-Identifier: Apache-2.0
// The multicast groups by which members on one wire find each other (protocol.md section 7). Sends
// on every interface of the underlay, hears several daemons on one machine, and never touches our
// own devices. What a beacon says is not its business.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/endpoint.h"
#include "core/base/result.h"
#include "platform/file_descriptor.h"
#include "platform/netlink.h"

namespace lanyard::platform {

constexpr std::uint16_t kLanPort = 27659;  // protocol.md section 7

struct LanDatagram {
  Endpoint from;
  Bytes payload;  // borrowed until the next receive()
};

// Control thread.
class LanMulticast {
 public:
  static Result<LanMulticast> open();

  // -1 where the family is missing.
  int descriptor(IpFamily family) const;
  // Joins the groups on interfaces that have come and leaves those that have gone.
  void set_interfaces(std::span<const UnderlayInterface> interfaces);
  // Once on each interface and family; what cannot be sent is lost.
  void send(Bytes payload) const;
  // Nothing when no more waits. Own beacons come back too.
  std::optional<LanDatagram> receive(IpFamily family);

 private:
  // One interface that is a member of the groups.
  struct Membership {
    std::uint32_t index = 0;
    std::optional<IpAddress> v4_source;
    std::optional<IpAddress> v6_source;  // not link-local: a receiver could not answer that

    bool operator==(const Membership&) const = default;
  };

  LanMulticast() = default;

  void join(const Membership& membership) const;
  void leave(const Membership& membership) const;
  bool is_member(std::uint32_t index) const;

  FileDescriptor v4_;
  FileDescriptor v6_;
  std::vector<Membership> memberships_;  // by index
  Buffer received_;
};

}  // namespace lanyard::platform
