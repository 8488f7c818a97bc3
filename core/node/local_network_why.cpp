// SPDX-License-Identifier: Apache-2.0
// Why a member is reached the way it is: the verdict, and what it rests on.
#include <algorithm>
#include <string>
#include <utility>

#include "core/node/local_network.h"

namespace lanyard::node {

using control::PathReason;

namespace {

control::Check relayed_verdict(const Turn& turn,
                               const Peer& peer,
                               const std::string& name,
                               const PathName& path) {
  const Vantage ours = own_vantage(turn);
  const Vantage* const theirs = peer.vantage ? &*peer.vantage : nullptr;
  const std::string port = std::to_string(turn.surroundings.port);
  const PathReason reason = why_not_direct(ours, theirs);
  switch (reason) {
    case PathReason::no_common_family:
      return make_verdict(reason, {name, path.via, only_family(ours), only_family(*theirs)});
    case PathReason::both_nats_vary:
    case PathReason::own_nat_varies: return make_verdict(reason, {name, path.via, port});
    case PathReason::their_nat_varies: return make_verdict(reason, {name, path.via});
    default: break;
  }
  if (peer.failures == 0) return make_verdict(PathReason::trying_direct, {name, path.via});
  return make_verdict(reason, {name, path.via, peer.trouble_detail, port});
}

std::vector<control::PathCandidate> candidates_of(const Turn& turn,
                                                  const Mesh& mesh,
                                                  const Peer& peer,
                                                  const network::Member& member) {
  const Link* const link = mesh.sending_link(peer);
  std::vector<control::PathCandidate> out;
  for (const Endpoint& endpoint : mesh.candidates(turn, peer, member)) {
    const auto& announced = member.endpoints;
    const bool is_announced =
        std::find(announced.begin(), announced.end(), endpoint) != announced.end();
    out.push_back({.endpoint = endpoint.to_string(),
                   .source = is_announced ? "announced" : "remembered",
                   .in_use = link != nullptr && link->endpoint == endpoint});
  }
  return out;
}

}  // namespace

control::Check LocalNetwork::verdict(const Turn& turn, const network::MemberId& id) const {
  const network::Member* const member = roster_.find(id);
  const Peer* const peer = mesh_.find(id);
  const std::string name = member == nullptr ? id.to_hex() : member->name;
  if (!is_wanted_up()) return make_verdict(PathReason::network_down, {name, this->name()});
  if (peer == nullptr) return make_verdict(PathReason::calling, {name});
  if (const Link* const link = mesh_.sending_link(*peer)) {
    const PathName path = path_name(turn, *link);
    switch (path.kind) {
      case control::PathKind::lan: return make_verdict(PathReason::lan, {name});
      case control::PathKind::relay: return relayed_verdict(turn, *peer, name, path);
      default: return make_verdict(PathReason::direct, {name});
    }
  }
  return make_verdict(peer->trouble.value_or(PathReason::calling), {name, peer->trouble_detail});
}

control::PathReport LocalNetwork::why(const Turn& turn, const network::MemberId& id) const {
  control::PathReport out;
  const network::Member* const member = roster_.find(id);
  out.peer = member == nullptr ? id.to_hex() : member->name;
  out.verdict = verdict(turn, id);
  out.ours = to_path_end(own_vantage(turn));
  const Peer* const peer = mesh_.find(id);
  if (peer == nullptr) return out;
  if (peer->vantage) out.theirs = to_path_end(*peer->vantage);
  if (const Link* const link = mesh_.sending_link(*peer)) {
    PathName path = path_name(turn, *link);
    out.path = path.kind;
    out.endpoint = std::move(path.endpoint);
    out.via = std::move(path.via);
  }
  if (member != nullptr) out.candidates = candidates_of(turn, mesh_, *peer, *member);
  for (const PathHistory::Event& event : peer->history.events()) {
    out.events.push_back({(turn.now - event.at).seconds(), event.text});
  }
  return out;
}

}  // namespace lanyard::node
