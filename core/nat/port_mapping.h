// SPDX-License-Identifier: Apache-2.0
// PortMapping: one UDP port, kept open on the router in front of us, by PCP, NAT-PMP or UPnP,
// whichever answers. It asks, repeats, renews at half the lifetime, asks anew when the router has
// lost its state or changed its outside address, and takes the mapping back at the end and after a
// run that crashed. UPnP is not spoken here: its tasks are values that the owner carries out.
//
// Owned and called by one thread; `now` never goes back. Answers are believed only from the router
// that was asked, and what it says of its outside address is its word alone.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/datagram.h"
#include "core/base/deadlines.h"
#include "core/base/result.h"
#include "core/base/rng.h"
#include "core/base/time.h"
#include "core/nat/nat_pmp.h"
#include "core/nat/pcp.h"

namespace lanyard::nat {

enum class MappingProtocol : std::uint8_t { pcp = 0, nat_pmp = 1, upnp = 2 };

enum class MappingProblem : std::uint8_t {
  none,
  no_router,   // no default route of this family
  no_answer,   // no protocol was answered yet
  refused,     // the router answered, and does not map
  double_nat,  // mapped, but the router's own outside address is private
};

// The way out of this machine, for one address family.
struct Route {
  IpAddress router;
  IpAddress own;  // ours, on the interface that leads there

  auto operator<=>(const Route&) const = default;
};

// What the next run must know to take this mapping back; kept in a state file.
struct RememberedMapping {
  MappingProtocol protocol = MappingProtocol::pcp;
  Route route;
  pcp::Nonce nonce{};
  std::uint16_t internal_port = 0;
  std::uint16_t external_port = 0;

  bool operator==(const RememberedMapping&) const = default;
};

// At most one is open at a time; the owner answers a mapping with handle_upnp().
struct UpnpTask {
  enum class Kind : std::uint8_t { map, remove };
  Kind kind = Kind::map;
  Route route;
  std::uint16_t internal_port = 0;
  std::uint16_t external_port = 0;
  std::uint32_t lifetime_seconds = 0;  // of a mapping
};

struct UpnpMapped {
  Endpoint external;
  std::uint32_t lifetime_seconds = 0;  // 0: until the router restarts
};

class PortMapping {
 public:
  // rng must outlive this. remembered is of the last run, if that left one.
  PortMapping(Rng& rng, std::optional<RememberedMapping> remembered);

  // At the start and whenever the network may have changed; nothing happens when neither route nor
  // port did. A mapping on a router that we are away from ends there by its lifetime.
  void set_route(Instant now,
                 const std::optional<Route>& route,
                 std::uint16_t internal_port,
                 Datagrams& out);
  // From the socket that the requests left by, or from pcp::kClientPort, where routers announce.
  void handle_datagram(Instant now, const Endpoint& from, Bytes payload, Datagrams& out);
  void handle_timeout(Instant now, Datagrams& out);
  Instant next_timeout() const { return timers_.next(); }
  // What is to be done by UPnP; a task is handed out once.
  std::optional<UpnpTask> take_upnp_task();
  // The outcome of the mapping task: nothing if there is no such router, or if it refused.
  void handle_upnp(Instant now, const std::optional<UpnpMapped>& mapped, Datagrams& out);
  // Takes the mapping back, for good: nothing is asked after this.
  void release(Datagrams& out);

  // Where strangers reach us, as far as the router knows: nothing behind a second router.
  std::optional<Endpoint> outside() const;
  // The lease, whatever it is worth.
  struct Lease {
    MappingProtocol protocol = MappingProtocol::pcp;
    Endpoint external;
    Instant expires;
  };
  const std::optional<Lease>& lease() const { return lease_; }
  MappingProblem problem() const;
  // For the state file; changes when lease() does.
  std::optional<RememberedMapping> remembered() const;

 private:
  enum class Timer : std::uint8_t { pcp, nat_pmp, upnp, renew, expire, count_ };
  // What the router's clock said, and when: both protocols tell a restart by it.
  struct Epoch {
    std::uint32_t seconds = 0;
    Instant heard;
  };

  void seek(Instant now, Datagrams& out);
  void stop_asking();
  void take_back(const RememberedMapping& mapping, Datagrams& out);
  void send(Buffer payload, Datagrams& out) const;
  void ask_pcp(Instant now, Datagrams& out);
  void ask_nat_pmp(Instant now, Datagrams& out);
  void ask_upnp(Instant now);
  void handle_pcp(Instant now, const pcp::Response& response, Datagrams& out);
  void handle_nat_pmp(Instant now, const nat_pmp::Response& response, Datagrams& out);
  void hold(Instant now,
            MappingProtocol protocol,
            const Endpoint& external,
            std::uint32_t lifetime_seconds);
  void refused(Instant now, MappingProtocol protocol, Instant again);
  bool holds_by(MappingProtocol protocol) const { return lease_ && lease_->protocol == protocol; }

  Rng& rng_;
  std::optional<RememberedMapping> left_behind_;  // of a run that did not take it back
  std::optional<Route> route_;
  std::uint16_t internal_port_ = 0;
  std::uint16_t wished_port_ = 0;  // outside: what we had last, so that hints of us stay true
  pcp::Nonce nonce_{};
  std::optional<Lease> lease_;
  std::optional<IpAddress> nat_pmp_outside_;  // its mapping answers do not say
  std::optional<Epoch> pcp_epoch_;
  std::optional<Epoch> nat_pmp_epoch_;
  Duration pcp_wait_;      // before the next repetition
  Duration nat_pmp_wait_;  // before the next repetition
  std::uint32_t nat_pmp_tries_ = 0;
  bool was_refused_ = false;
  bool released_ = false;
  bool upnp_open_ = false;  // a mapping task is with the owner
  std::optional<UpnpTask> upnp_removal_;
  std::optional<UpnpTask> upnp_mapping_;
  Deadlines<Timer> timers_;
};

}  // namespace lanyard::nat
