// SPDX-License-Identifier: Apache-2.0
#include "core/nat/port_mapping.h"

#include <algorithm>
#include <utility>

namespace lanyard::nat {

namespace {

// Two hours: RFC 6886 section 3.3 recommends it, and a router that forgets us forgets it soon.
constexpr std::uint32_t kLifetimeSeconds = 7200;
constexpr std::uint32_t kMaxLifetimeSeconds = 86'400;  // RFC 6887 section 15: sanity
constexpr std::uint32_t kMinLifetimeSeconds = 120;     // a router that says less is not asked more
// Behind one another, so that the better protocol has its say first.
constexpr Duration kStagger = milliseconds(250);
constexpr Duration kPcpFirstWait = seconds(3);            // IRT, RFC 6887 section 8.1.1
constexpr Duration kPcpLongestWait = seconds(1024);       // MRT, RFC 6887 section 8.1.1
constexpr std::int64_t kPcpJitter = 10;                   // RAND is a tenth, RFC 6887 section 8.1.1
constexpr Duration kNatPmpFirstWait = milliseconds(250);  // RFC 6886 section 3.1
constexpr std::uint32_t kNatPmpTries = 9;                 // RFC 6886 section 3.1
constexpr Duration kUpnpAgain = minutes(10);   // multicast and a child process: not often
constexpr Duration kShortError = seconds(30);  // RFC 6887 section 7.4: short lifetime error
constexpr Duration kLongError = minutes(30);   // RFC 6887 section 7.4: long lifetime error

// RFC 6887 section 8.5: the router's clock and ours must agree, give or take a sixteenth.
bool has_lost_state(std::uint32_t before, std::uint32_t after, Duration passed) {
  if (std::int64_t{after} + 1 < std::int64_t{before}) return true;
  const std::int64_t client = passed.seconds();
  const std::int64_t server = std::int64_t{after} - before;
  return client + 2 < server - server / 16 || server + 2 < client - client / 16;
}

// RFC 6886 section 3.6: at least seven eighths of the time that passed here, less two seconds.
bool has_restarted(std::uint32_t before, std::uint32_t after, Duration passed) {
  return std::int64_t{after} < std::int64_t{before} + passed.seconds() * 7 / 8 - 2;
}

IpAddress any_address(IpFamily family) {
  return family == IpFamily::v4 ? IpAddress() : *IpAddress::from_bytes(Buffer(16));
}

}  // namespace

PortMapping::PortMapping(Rng& rng, std::optional<RememberedMapping> remembered)
    : rng_(rng), left_behind_(std::move(remembered)), nonce_(rng.array<12>()) {}

void PortMapping::set_route(Instant now,
                            const std::optional<Route>& route,
                            std::uint16_t internal_port,
                            Datagrams& out) {
  if (released_ || (route == route_ && internal_port == internal_port_)) return;
  route_ = route;
  internal_port_ = internal_port;
  lease_.reset();
  pcp_epoch_.reset();
  nat_pmp_epoch_.reset();
  nat_pmp_outside_.reset();
  was_refused_ = false;
  stop_asking();
  if (!route_) return;
  if (left_behind_ && left_behind_->route.router == route_->router) {
    const RememberedMapping left = *std::exchange(left_behind_, std::nullopt);
    // The same port from the same address: asked for with the same nonce, it is ours again.
    if (left.internal_port == internal_port_ && left.route.own == route_->own) {
      nonce_ = left.nonce;
      wished_port_ = left.external_port;
    } else {
      take_back(left, out);
    }
  }
  seek(now, out);
}

void PortMapping::seek(Instant now, Datagrams& out) {
  stop_asking();
  if (!route_ || released_) return;
  pcp_wait_ = kPcpFirstWait;
  nat_pmp_wait_ = kNatPmpFirstWait;
  nat_pmp_tries_ = 0;
  if (route_->router.is_v4()) timers_.set(Timer::nat_pmp, now + kStagger);
  timers_.set(Timer::upnp, now + kStagger * 2);
  ask_pcp(now, out);
}

void PortMapping::stop_asking() {
  for (const Timer timer : {Timer::pcp, Timer::nat_pmp, Timer::upnp, Timer::renew, Timer::expire}) {
    timers_.clear(timer);
  }
  upnp_mapping_.reset();
}

void PortMapping::send(Buffer payload, Datagrams& out) const {
  out.push_back({{route_->router, pcp::kServerPort}, std::move(payload)});
}

void PortMapping::ask_pcp(Instant now, Datagrams& out) {
  const IpFamily family = route_->router.family();
  const Endpoint suggested = holds_by(MappingProtocol::pcp)
                                 ? lease_->external
                                 : Endpoint{any_address(family), wished_port_};
  send(pcp::encode_map({route_->own, nonce_, internal_port_, suggested, kLifetimeSeconds}), out);
  timers_.set(Timer::pcp, now + rng_.jittered(pcp_wait_, kPcpJitter));
  pcp_wait_ = std::min(pcp_wait_ * 2, kPcpLongestWait);
}

void PortMapping::ask_nat_pmp(Instant now, Datagrams& out) {
  if (nat_pmp_tries_ == kNatPmpTries) return;
  ++nat_pmp_tries_;
  send(nat_pmp::encode_address_request(), out);
  send(nat_pmp::encode_map({internal_port_, wished_port_, kLifetimeSeconds}), out);
  timers_.set(Timer::nat_pmp, now + nat_pmp_wait_);
  nat_pmp_wait_ = nat_pmp_wait_ * 2;
}

void PortMapping::ask_upnp(Instant now) {
  timers_.set(Timer::upnp, now + kUpnpAgain);
  if (upnp_open_) return;
  const std::uint16_t external = wished_port_ != 0 ? wished_port_ : internal_port_;
  upnp_mapping_ =
      UpnpTask{UpnpTask::Kind::map, *route_, internal_port_, external, kLifetimeSeconds};
}

std::optional<UpnpTask> PortMapping::take_upnp_task() {
  if (upnp_removal_) return std::exchange(upnp_removal_, std::nullopt);
  if (!upnp_mapping_) return std::nullopt;
  upnp_open_ = true;
  return std::exchange(upnp_mapping_, std::nullopt);
}

void PortMapping::handle_upnp(Instant now,
                              const std::optional<UpnpMapped>& mapped,
                              Datagrams& out) {
  upnp_open_ = false;
  if (!mapped || mapped->external.port == 0) return;  // asked again by its timer
  // Late, as an answer of PCP may be.
  if (lease_ && lease_->protocol != MappingProtocol::upnp) return;
  if (!route_ || released_) {
    if (route_) {
      take_back({MappingProtocol::upnp, *route_, nonce_, internal_port_, mapped->external.port},
                out);
    }
    return;
  }
  const std::uint32_t lifetime =
      mapped->lifetime_seconds == 0 ? kLifetimeSeconds : mapped->lifetime_seconds;
  hold(now, MappingProtocol::upnp, mapped->external, lifetime);
}

void PortMapping::handle_datagram(Instant now,
                                  const Endpoint& from,
                                  Bytes payload,
                                  Datagrams& out) {
  if (!route_ || released_ || from != Endpoint{route_->router, pcp::kServerPort}) return;
  if (pcp::refuses_version(payload)) {
    // Not asked again before the lease by another protocol is lost, or the network changes.
    if (lease_ && lease_->protocol == MappingProtocol::pcp) return;
    timers_.clear(Timer::pcp);
    if (!lease_ && nat_pmp_tries_ == 0 && route_->router.is_v4()) ask_nat_pmp(now, out);
    return;
  }
  if (const auto response = pcp::parse_response(payload)) return handle_pcp(now, *response, out);
  if (!route_->router.is_v4()) return;
  if (const auto response = nat_pmp::parse_response(payload)) {
    handle_nat_pmp(now, *response, out);
  }
}

void PortMapping::handle_pcp(Instant now, const pcp::Response& response, Datagrams& out) {
  if (response.map &&
      (response.map->nonce != nonce_ || response.map->internal_port != internal_port_)) {
    return;  // of an earlier run, or made up by somebody who does not see our requests
  }
  const bool restarted = pcp_epoch_ && has_lost_state(pcp_epoch_->seconds, response.epoch_seconds,
                                                      now - pcp_epoch_->heard);
  pcp_epoch_ = Epoch{response.epoch_seconds, now};
  if (response.opcode == pcp::Opcode::announce) {
    if (restarted || !lease_) seek(now, out);
    return;
  }
  // Late: another protocol was quicker. To take this one back may take both, where a router keeps
  // one table for all protocols; it ends by its lifetime.
  if (lease_ && lease_->protocol != MappingProtocol::pcp) return;
  if (response.result != pcp::ResultCode::success) {
    const bool is_short = response.result == pcp::ResultCode::network_failure ||
                          response.result == pcp::ResultCode::no_resources ||
                          response.result == pcp::ResultCode::user_exceeded_quota;
    const Duration told = seconds(std::min(response.lifetime_seconds, kMaxLifetimeSeconds));
    return refused(now, MappingProtocol::pcp,
                   now + std::max(told, is_short ? kShortError : kLongError));
  }
  if (response.lifetime_seconds == 0 || response.map->external.port == 0) return;
  hold(now, MappingProtocol::pcp, response.map->external, response.lifetime_seconds);
}

void PortMapping::handle_nat_pmp(Instant now, const nat_pmp::Response& response, Datagrams& out) {
  const bool restarted =
      nat_pmp_epoch_ &&
      has_restarted(nat_pmp_epoch_->seconds, response.epoch_seconds, now - nat_pmp_epoch_->heard);
  nat_pmp_epoch_ = Epoch{response.epoch_seconds, now};
  if (response.address) {
    const bool moved = nat_pmp_outside_ && *nat_pmp_outside_ != *response.address;
    nat_pmp_outside_ = response.address;
    // Routers announce this when they start and when their outside address changes.
    if (lease_ && lease_->protocol != MappingProtocol::upnp && (restarted || moved)) {
      seek(now, out);
    }
    return;
  }
  if (lease_ && lease_->protocol != MappingProtocol::nat_pmp) return;
  if (response.result != nat_pmp::ResultCode::success) {
    return refused(now, MappingProtocol::nat_pmp, now + kLongError);
  }
  if (!response.mapped || response.mapped->internal_port != internal_port_ ||
      response.mapped->lifetime_seconds == 0 || response.mapped->external_port == 0) {
    return;
  }
  // Without the address the mapping is worth nothing to others; both are repeated together.
  if (!nat_pmp_outside_) return;
  hold(now, MappingProtocol::nat_pmp, {*nat_pmp_outside_, response.mapped->external_port},
       response.mapped->lifetime_seconds);
}

void PortMapping::hold(Instant now,
                       MappingProtocol protocol,
                       const Endpoint& external,
                       std::uint32_t lifetime_seconds) {
  const Duration lifetime =
      seconds(std::clamp(lifetime_seconds, kMinLifetimeSeconds, kMaxLifetimeSeconds));
  stop_asking();
  was_refused_ = false;
  wished_port_ = external.port;
  lease_ = Lease{protocol, external, now + lifetime};
  timers_.set(Timer::renew, now + lifetime / 2);
  timers_.set(Timer::expire, now + lifetime);
}

void PortMapping::refused(Instant now, MappingProtocol protocol, Instant again) {
  was_refused_ = true;
  if (holds_by(protocol)) {
    // The router has taken back what it gave.
    lease_.reset();
    stop_asking();
    timers_.set(Timer::upnp, now + kStagger);
  }
  if (protocol == MappingProtocol::pcp) {
    pcp_wait_ = kPcpFirstWait;
    timers_.set(Timer::pcp, again);
  } else {
    nat_pmp_wait_ = kNatPmpFirstWait;
    nat_pmp_tries_ = 0;
    timers_.set(Timer::nat_pmp, again);
  }
}

void PortMapping::handle_timeout(Instant now, Datagrams& out) {
  if (timers_.take_expired(Timer::expire, now)) {
    lease_.reset();
    return seek(now, out);
  }
  if (timers_.take_expired(Timer::renew, now) && lease_) {
    switch (lease_->protocol) {
      case MappingProtocol::pcp:
        pcp_wait_ = kPcpFirstWait;
        timers_.set(Timer::pcp, now);
        break;
      case MappingProtocol::nat_pmp:
        nat_pmp_wait_ = kNatPmpFirstWait;
        nat_pmp_tries_ = 0;
        timers_.set(Timer::nat_pmp, now);
        break;
      case MappingProtocol::upnp: timers_.set(Timer::upnp, now); break;
    }
  }
  if (timers_.take_expired(Timer::pcp, now)) ask_pcp(now, out);
  if (timers_.take_expired(Timer::nat_pmp, now)) ask_nat_pmp(now, out);
  if (timers_.take_expired(Timer::upnp, now)) ask_upnp(now);
}

void PortMapping::take_back(const RememberedMapping& mapping, Datagrams& out) {
  const Endpoint server{mapping.route.router, pcp::kServerPort};
  switch (mapping.protocol) {
    case MappingProtocol::pcp: {
      const Endpoint any{any_address(mapping.route.router.family()), 0};
      out.push_back(
          {server, pcp::encode_map({route_->own, mapping.nonce, mapping.internal_port, any, 0})});
      break;
    }
    case MappingProtocol::nat_pmp:
      out.push_back({server, nat_pmp::encode_map({mapping.internal_port, 0, 0})});
      break;
    case MappingProtocol::upnp:
      upnp_removal_ = UpnpTask{UpnpTask::Kind::remove, mapping.route, mapping.internal_port,
                               mapping.external_port, 0};
      break;
  }
}

void PortMapping::release(Datagrams& out) {
  if (const auto mapping = remembered(); mapping && route_) take_back(*mapping, out);
  stop_asking();
  lease_.reset();
  released_ = true;
}

std::optional<Endpoint> PortMapping::outside() const {
  if (!lease_ || problem() != MappingProblem::none || !lease_->external.is_usable()) {
    return std::nullopt;
  }
  return lease_->external;
}

MappingProblem PortMapping::problem() const {
  if (!route_) return MappingProblem::no_router;
  if (!lease_) return was_refused_ ? MappingProblem::refused : MappingProblem::no_answer;
  const IpAddress& address = lease_->external.address;
  const bool is_inside = address.is_private() || address.is_link_local() || address.is_loopback() ||
                         address.is_unspecified();
  return is_inside ? MappingProblem::double_nat : MappingProblem::none;
}

std::optional<RememberedMapping> PortMapping::remembered() const {
  if (!lease_) return left_behind_;
  return RememberedMapping{lease_->protocol, *route_, nonce_, internal_port_,
                           lease_->external.port};
}

}  // namespace lanyard::nat
