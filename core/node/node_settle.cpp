// SPDX-License-Identifier: Apache-2.0
// What follows from an input: events of the DHT and of handshakes go to the network or join that
// they are for, joins that have ended become networks, requests that waited are answered, and a
// changed forwarding state becomes a snapshot.
#include <algorithm>
#include <utility>

#include "core/node/node_core.h"

namespace lanyard::node {

namespace {

// A newcomer's command returns once it can reach somebody, or after this: the rest comes by itself.
constexpr Duration kFirstPathPatience = seconds(4);

constexpr std::uint8_t kFirstOfKrpc = 'd';  // protocol.md section 1

}  // namespace

void Node::Core::settle(Turn& turn) {
  while (!dht_events_.empty() || !handshake_events_.empty()) {
    settle_dht(turn);
    settle_handshakes(turn);
  }
  settle_joins(turn);
  settle_pings(turn);
  settle_waiting(turn);
  settle_mapping(turn);
  if (turn.surroundings_changed) {
    for (auto& [id, network] : networks_) network->note_outside(turn);
  }
  for (auto& [id, network] : networks_) network->save(turn);
  if (turn.forwarding_changed) publish_forwarding(turn);
  wrap_relayed(turn);
  for (const Datagram& datagram : turn.out.datagrams) {
    if (datagram.payload[0] != kFirstOfKrpc) dht_.note_contact(turn.now, datagram.to.address);
  }
}

// What is for a relayed endpoint goes to the relay, under the circuit's number.
void Node::Core::wrap_relayed(Turn& turn) const {
  for (Datagram& datagram : turn.out.datagrams) {
    if (!tunnel::is_relayed(datagram.to)) continue;
    std::optional<RelayRoute> route;
    for (const auto& [id, network] : networks_) {
      if (!route) route = network->route(datagram.to);
    }
    if (route) datagram = {route->to, tunnel::relayed_datagram(route->circuit, datagram.payload)};
  }
  // The rest has lost its way.
  std::erase_if(turn.out.datagrams, [](const Datagram& d) { return tunnel::is_relayed(d.to); });
}

void Node::Core::settle_dht(Turn& turn) {
  for (const dht::Event& event : std::exchange(dht_events_, {})) {
    if (const auto* found = std::get_if<dht::PeersFound>(&event)) {
      bool taken = false;
      for (const auto& joining : joins_) {
        taken = taken || joining->handle_peers_found(turn, *found);
      }
      for (auto& [id, network] : networks_) {
        taken = taken || network->handle_peers_found(turn, *found);
      }
    } else if (const auto* done = std::get_if<dht::LookupDone>(&event)) {
      for (const auto& joining : joins_) joining->handle_lookup_done(turn, *done);
      for (auto& [id, network] : networks_) network->handle_lookup_done(turn, *done);
    } else if (const auto* item = std::get_if<dht::ItemFound>(&event)) {
      for (auto& [id, network] : networks_) network->handle_item_found(turn, *item);
    } else if (const auto* ended = std::get_if<dht::ItemDone>(&event)) {
      for (auto& [id, network] : networks_) network->handle_item_done(*ended);
    } else if (const auto* outside = std::get_if<dht::OutsideAddress>(&event)) {
      if (surroundings_.learn_outside(turn.now, outside->endpoint))
        turn.surroundings_changed = true;
    }
  }
}

LocalNetwork* Node::Core::owner(std::uint32_t credentials_id) {
  for (auto& [id, network] : networks_) {
    const NetworkHandles& handles = network->handles();
    if (handles.member_credentials == credentials_id ||
        handles.join_credentials == credentials_id) {
      return network.get();
    }
  }
  return nullptr;
}

Joining* Node::Core::joining(std::uint32_t credentials_id) {
  const auto it = std::find_if(joins_.begin(), joins_.end(), [&](const auto& join) {
    return join->credentials_id() == credentials_id;
  });
  return it == joins_.end() ? nullptr : it->get();
}

void Node::Core::settle_handshakes(Turn& turn) {
  for (tunnel::HandshakeEvent& event : std::exchange(handshake_events_, {})) {
    if (auto* established = std::get_if<tunnel::Established>(&event)) {
      const std::uint32_t id = established->credentials_id;
      if (LocalNetwork* network = owner(id)) {
        const tunnel::Scope scope =
            network->handles().join_credentials == id ? tunnel::Scope::join : tunnel::Scope::member;
        network->handle_established(turn, std::move(*established), scope);
      } else if (Joining* join = joining(id)) {
        join->handle_established(turn, std::move(*established));
      } else {
        handshakes_.release_index(established->session->local_index());
      }
    } else if (const auto* failed = std::get_if<tunnel::Failed>(&event)) {
      if (LocalNetwork* network = owner(failed->credentials_id)) {
        network->handle_failed(turn, *failed);
      } else if (Joining* join = joining(failed->credentials_id)) {
        join->handle_failed(turn, *failed);
      }
    }
  }
}

void Node::Core::settle_joins(Turn& turn) {
  for (std::size_t i = 0; i < joins_.size();) {
    if (!joins_[i]->outcome()) {
      ++i;
      continue;
    }
    const std::unique_ptr<Joining> join = std::move(joins_[i]);
    joins_.erase(joins_.begin() + static_cast<std::ptrdiff_t>(i));
    if (*join->outcome()) {
      finish_join(turn, *join);
    } else {
      join->stop(turn, "the join has failed");
      turn.out.answers.push_back({join->request(), join->outcome()->error()});
      open_doors();
    }
  }
}

void Node::Core::finish_join(Turn& turn, Joining& joining) {
  Joining::Joined joined = joining.take_joined();
  joining.stop(turn, "joined");
  LocalNetwork& network = add_network(turn, std::move(joined.file), std::move(joined.roster));
  network.bring_up(turn);
  open_doors();
  for (const Endpoint& endpoint : joined.members) network.introduce(turn, endpoint);
  log(log_sink_, LogLevel::info, "joined network ", network.name());
  waiting_.push_back({joining.request(), network.id(), Waiting::For::join, turn.now});
}

void Node::Core::settle_waiting(Turn& turn) {
  std::erase_if(waiting_, [&](const Waiting& waiting) {
    const auto it = networks_.find(waiting.network);
    if (it == networks_.end()) {
      answer(turn, waiting.request, make_error(Errc::not_found, "the network was left meanwhile"));
      return true;
    }
    LocalNetwork& network = *it->second;
    if (network.state() == control::NetworkState::down) {
      answer(turn, waiting.request,
             make_error(Errc::conflict, network.name() + " was taken down meanwhile"));
      return true;
    }
    if (network.state() == control::NetworkState::error) {
      answer(turn, waiting.request, make_error(Errc::failure, network.error_text()));
      return true;
    }
    if (network.state() != control::NetworkState::up) return false;
    if (waiting.what == Waiting::For::join && !network.is_connected_to_anyone() &&
        turn.now - waiting.since < kFirstPathPatience) {
      return false;
    }
    answer(turn, waiting.request, control::Reply(network.reply()));
    return true;
  });
}

void Node::Core::device_failed(Turn& turn, network::NetworkId id, const Error& why) {
  std::vector<Waiting> failed;
  std::erase_if(waiting_, [&](const Waiting& waiting) {
    if (waiting.network != id) return false;
    failed.push_back(waiting);
    return true;
  });
  for (const Waiting& waiting : failed) {
    Error error = why;
    if (waiting.what == Waiting::For::join) {
      error.hint += (error.hint.empty() ? "" : "; ") +
                    std::string("the join itself is done: lanyard up ") + networks_.at(id)->name() +
                    " is enough then";
    }
    answer(turn, waiting.request, std::move(error));
  }
  if (failed.empty()) return;
  // A request that fails changes nothing, but for a join: its invite is used.
  if (failed.front().what == Waiting::For::create) {
    remove_network(turn, id);
  } else {
    networks_.at(id)->take_down(turn, "the network is down there");
  }
  open_doors();
}

void Node::Core::settle_pings(Turn& turn) {
  std::vector<PingNonce> pongs;
  for (auto& [id, network] : networks_) {
    for (const PingNonce& nonce : network->take_pongs()) pongs.push_back(nonce);
  }
  for (PingJob& job : pings_) {
    for (const PingNonce& nonce : pongs) job.pong(turn.now, nonce, turn.out);
    job.expire(turn.now, turn.out);
    if (!job.due(turn.now)) continue;
    const auto it = networks_.find(job.network);
    if (it == networks_.end()) {
      job.echo_impossible(turn.now, "the network was left", turn.out);
      continue;
    }
    const PingNonce nonce = rng_.array<8>();
    if (const auto sent = it->second->ping(turn, job.member, nonce)) {
      control::PingEcho echo;
      echo.path = sent->kind;
      echo.endpoint = sent->endpoint;
      echo.via = sent->via;
      job.echo_sent(turn.now, nonce, std::move(echo));
    } else {
      job.echo_impossible(turn.now, it->second->verdict(turn, job.member).sentence, turn.out);
    }
  }
  std::erase_if(pings_, [&](const PingJob& job) {
    if (!job.is_finished()) return false;
    turn.out.answers.push_back({job.request, job.conclude()});
    return true;
  });
}

void Node::Core::publish_forwarding(Turn& turn) {
  auto forwarding = std::make_shared<Forwarding>();
  for (const auto& [id, network] : networks_) network->add_forwarding(relay_desk_, *forwarding);
  for (const auto& joining : joins_) joining->add_sessions(*forwarding);
  forwarding->sort();
  turn.out.forwarding = std::move(forwarding);
}

void Node::Core::open_doors() {
  std::vector<tunnel::Credentials> doors;
  for (const auto& [id, network] : networks_) {
    for (tunnel::Credentials& door : network->credentials()) doors.push_back(std::move(door));
  }
  for (const auto& joining : joins_) doors.push_back(joining->credentials());
  handshakes_.set_credentials(std::move(doors));
}

void Node::Core::note_overlays() {
  surroundings_.overlays.clear();
  for (const auto& [id, network] : networks_) {
    const network::CharterTerms& terms = network->roster().charter()->terms();
    surroundings_.overlays.push_back(terms.subnet);
    std::array<std::uint8_t, 16> prefix{};
    std::copy(terms.ula_prefix.begin(), terms.ula_prefix.end(), prefix.begin());
    surroundings_.overlays.push_back({IpAddress::from_v6(prefix), network::kUlaPrefixBits});
  }
}

NetworkHandles Node::Core::new_handles() {
  NetworkHandles handles{next_credentials_, next_credentials_ + 1, 0};
  next_credentials_ += 2;
  const auto is_taken = [&](DeviceId device) {
    return std::any_of(networks_.begin(), networks_.end(),
                       [&](const auto& entry) { return entry.second->handles().device == device; });
  };
  while (is_taken(handles.device)) ++handles.device;
  return handles;
}

LocalNetwork& Node::Core::add_network(Turn& turn, NetworkFile file, network::Roster roster) {
  const network::NetworkId id = file.membership.network();
  auto network =
      std::make_unique<LocalNetwork>(new_handles(), std::move(file), std::move(roster), turn.wall);
  LocalNetwork& added = *networks_.insert_or_assign(id, std::move(network)).first->second;
  note_overlays();
  return added;
}

void Node::Core::remove_network(Turn& turn, network::NetworkId id) {
  const auto it = networks_.find(id);
  if (it == networks_.end()) return;
  it->second->leave(turn);
  networks_.erase(it);
  note_overlays();
  open_doors();
  turn.forwarding_changed = true;
}

}  // namespace lanyard::node
