// SPDX-License-Identifier: Apache-2.0
// The router in front of us, and what it forwards to our port: asked for by nat::PortMapping, told
// to the members with our other addresses.
#include <string>
#include <utility>

#include "core/node/node_core.h"

namespace lanyard::node {

namespace {

std::string_view protocol_text(nat::MappingProtocol protocol) {
  switch (protocol) {
    case nat::MappingProtocol::pcp: return "pcp";
    case nat::MappingProtocol::nat_pmp: return "nat-pmp";
    case nat::MappingProtocol::upnp: break;
  }
  return "upnp";
}

std::string_view problem_text(nat::MappingProblem problem) {
  switch (problem) {
    case nat::MappingProblem::none: break;
    case nat::MappingProblem::no_router: return "no_router";
    case nat::MappingProblem::no_answer: return "no_answer";
    case nat::MappingProblem::refused: return "refused";
    case nat::MappingProblem::double_nat: return "double_nat";
  }
  return "";
}

}  // namespace

void Node::Core::handle_route(Instant now, const std::optional<nat::Route>& route, Outbox& out) {
  if (!mapping_) return;
  Turn turn = this->turn(now, out);
  mapping_->set_route(now, route, surroundings_.port, out.router_datagrams);
  settle(turn);
}

void Node::Core::handle_router_datagram(Instant now,
                                        const Endpoint& from,
                                        Bytes payload,
                                        Outbox& out) {
  if (!mapping_) return;
  Turn turn = this->turn(now, out);
  mapping_->handle_datagram(now, from, payload, out.router_datagrams);
  settle(turn);
}

void Node::Core::settle_mapping(Turn& turn) {
  if (!mapping_) return;
  // On disk at once: a crash leaves the mapping on the router.
  if (mapping_->remembered() != remembered_.mapping) save_daemon_file(turn);
  const auto mapped = mapping_->outside();
  if (mapped == surroundings_.mapped) return;
  surroundings_.mapped = mapped;
  turn.surroundings_changed = true;
  if (!mapped) return;
  dht_.set_reachable(mapped->address.family());
  log(log_sink_, LogLevel::info, "the router forwards ", mapped->to_string(), " to us (",
      protocol_text(mapping_->lease()->protocol), ")");
}

control::PortMappingStatus Node::Core::mapping_status(Instant now) const {
  control::PortMappingStatus out;
  if (!mapping_) return out;
  out.mode = "on";
  out.problem = problem_text(mapping_->problem());
  if (const auto& lease = mapping_->lease()) {
    out.protocol = protocol_text(lease->protocol);
    out.outside = lease->external.to_string();
    out.lifetime_seconds = (lease->expires - now).seconds();
  }
  return out;
}

}  // namespace lanyard::node
