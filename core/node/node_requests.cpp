// SPDX-License-Identifier: Apache-2.0
// What clients ask for. A request that fails changes nothing.
#include <algorithm>
#include <utility>

#include "core/network/name.h"
#include "core/network/subnet.h"
#include "core/node/node_core.h"

namespace lanyard::node {

namespace {

constexpr std::size_t kShortestIdStart = 4;
constexpr std::uint32_t kMaxPings = 1'000'000;
constexpr std::size_t kMaxPingJobs = 64;  // as many clients as the socket takes

}  // namespace

void Node::Core::handle_request(Instant now,
                                RequestId id,
                                const control::Request& request,
                                Outbox& out) {
  Turn turn = this->turn(now, out);
  std::visit([&](const auto& r) { handle(turn, id, r); }, request);
  settle(turn);
}

void Node::Core::cancel_request(Instant now, RequestId id, Outbox& out) {
  Turn turn = this->turn(now, out);
  for (const auto& joining : joins_) {
    if (joining->request() == id) joining->stop(turn, "the join was given up");
  }
  std::erase_if(joins_, [&](const auto& joining) { return joining->request() == id; });
  std::erase_if(waiting_, [&](const Waiting& waiting) { return waiting.request == id; });
  std::erase_if(pings_, [&](const PingJob& job) { return job.request == id; });
  open_doors();
  settle(turn);
}

void Node::Core::answer(Turn& turn, RequestId id, Answered answered) {
  turn.out.answers.push_back({id, std::move(answered)});
}

Result<LocalNetwork*> Node::Core::find_network(std::string_view text) {
  if (networks_.empty()) {
    return make_error(Errc::not_found, "this machine is in no network yet",
                      "lanyard up --new NAME makes one, lanyard join TOKEN joins one");
  }
  if (text.empty()) {
    if (networks_.size() == 1) return networks_.begin()->second.get();
    std::string names;
    for (const auto& [id, network] : networks_) {
      names += (names.empty() ? "" : ", ") + network->name();
    }
    return make_error(Errc::invalid, "this machine is in several networks: " + names,
                      "say which with --network NAME");
  }
  std::vector<LocalNetwork*> by_name;
  std::vector<LocalNetwork*> by_id;
  for (auto& [id, network] : networks_) {
    if (network->name() == text) by_name.push_back(network.get());
    if (text.size() >= kShortestIdStart && id.to_hex().starts_with(text)) {
      by_id.push_back(network.get());
    }
  }
  if (by_name.size() > 1) {
    // Others choose the names of their networks: two of them may have chosen the same.
    return make_error(Errc::invalid,
                      "this machine is in several networks called " + std::string(text),
                      "say which by the start of its id: lanyard status --json shows them");
  }
  if (!by_name.empty()) return by_name.front();
  if (by_id.size() == 1) return by_id.front();
  return make_error(Errc::not_found, "this machine is in no network called " + std::string(text),
                    "lanyard status shows the networks");
}

std::vector<IpPrefix> Node::Core::used_prefixes() const {
  std::vector<IpPrefix> used;
  for (const LocalAddress& local : surroundings_.underlay.addresses) used.push_back(local.prefix);
  for (const IpPrefix& overlay : surroundings_.overlays) used.push_back(overlay);
  return used;
}

Result<void> Node::Core::check_mtu(const std::optional<std::uint32_t>& mtu) const {
  const std::uint32_t underlay = surroundings_.underlay.mtu;
  const std::uint32_t most =
      std::max(underlay, kUnderlayOverhead + kMinDeviceMtu) - kUnderlayOverhead;
  if (!mtu || (*mtu >= kMinDeviceMtu && *mtu <= most)) return {};
  return make_error(Errc::invalid,
                    "an MTU of " + std::to_string(*mtu) + " does not fit: this machine's network " +
                        "takes " + std::to_string(kMinDeviceMtu) + " to " + std::to_string(most),
                    "leave --mtu out to get the most that fits");
}

Result<IpPrefix> Node::Core::subnet_for(const network::NetworkId& id,
                                        const std::optional<std::string>& text) {
  if (!text) return network::choose_subnet(id, used_prefixes());
  auto subnet = network::parse_subnet(*text);
  if (!subnet) return subnet.error();
  if (const auto clash = network::find_clash(*subnet, used_prefixes())) {
    return make_error(Errc::conflict,
                      "the subnet " + subnet->to_string() +
                          " clashes with a network that this machine is on, " +
                          clash->network().to_string(),
                      "choose another with --subnet, or leave it out");
  }
  return subnet;
}

Result<NetworkFile> Node::Core::found_network(Turn& turn, const control::CreateNetwork& request) {
  if (auto valid = network::check_network_name(request.name); !valid) return valid.error();
  for (const auto& [id, network] : networks_) {
    if (network->name() != request.name) continue;
    return make_error(Errc::exists,
                      "this machine is in a network called " + request.name + " already",
                      "lanyard up " + request.name + " brings it up; --new wants another name");
  }
  const std::string name = request.member_name.value_or(settings_.default_member_name);
  if (auto valid = network::check_member_name(name); !valid) return valid.error();
  crypto::AdminKey admin = crypto::AdminKey::generate(rng_);
  const network::NetworkId id = network::network_id(admin.public_key());
  auto subnet = subnet_for(id, request.subnet);
  if (!subnet) return subnet.error();
  std::optional<IpAddress> address;
  if (request.address) {
    address = IpAddress::parse(*request.address);
    if (!address || !network::is_host_address(*subnet, *address)) {
      return make_error(Errc::invalid,
                        *request.address + " is no address for a host in " + subnet->to_string());
    }
  }
  const network::Charter charter =
      network::Charter::make({.admins = {admin.public_key()},
                              .name = request.name,
                              .subnet = *subnet,
                              .created = turn.wall,
                              .version = 1,
                              .ula_prefix = network::make_ula_prefix(rng_)},
                             admin);
  crypto::IdentityKey identity = crypto::IdentityKey::generate(rng_);
  crypto::NoiseKey noise = crypto::NoiseKey::generate(rng_);
  network::Membership membership = network::Membership::found({.identity = identity.public_key(),
                                                               .address = address,
                                                               .network = id,
                                                               .name = name,
                                                               .time = turn.wall,
                                                               .noise_key = noise.public_key()},
                                                              admin);
  return NetworkFile{
      NetworkKeys{std::move(identity), std::move(noise), std::move(admin),
                  network::NetworkSecret::random(rng_), 0},
      NetworkPreferences{request.interface.value_or(""), request.mtu, name, Wanted::up},
      std::move(membership),
      {network::encode_item(charter)}};
}

void Node::Core::handle(Turn& turn, RequestId id, const control::CreateNetwork& request) {
  if (auto valid = check_mtu(request.mtu); !valid) return answer(turn, id, valid.error());
  auto file = found_network(turn, request);
  if (!file) return answer(turn, id, file.error());
  const network::NetworkId network_id = file->membership.network();
  LocalNetwork& network = add_network(turn, *std::move(file), network::Roster(network_id));
  network.bring_up(turn);
  open_doors();
  waiting_.push_back({id, network.id(), Waiting::For::create, turn.now});
}

void Node::Core::handle(Turn& turn, RequestId id, const control::NetworkUp& request) {
  auto network = find_network(request.network);
  if (!network) return answer(turn, id, network.error());
  if (auto valid = check_mtu(request.mtu); !valid) return answer(turn, id, valid.error());
  const bool is_usable =
      (*network)->is_wanted_up() && (*network)->state() != control::NetworkState::error;
  if (is_usable && (request.interface || request.mtu)) {
    return answer(
        turn, id,
        make_error(Errc::conflict, (*network)->name() + " is up: its device cannot be changed now",
                   "lanyard down " + (*network)->name() + ", then this again"));
  }
  if (!is_usable) {
    (*network)->change(request.interface, request.mtu);
    (*network)->bring_up(turn);
    open_doors();
  }
  waiting_.push_back({id, (*network)->id(), Waiting::For::up, turn.now});
}

void Node::Core::handle(Turn& turn, RequestId id, const control::NetworkDown& request) {
  auto network = find_network(request.network);
  if (!network) return answer(turn, id, network.error());
  (*network)->take_down(turn, "the network is down there");
  open_doors();
  answer(turn, id, control::Reply(control::Done{}));
}

void Node::Core::handle(Turn& turn, RequestId id, const control::LeaveNetwork& request) {
  auto network = find_network(request.network);
  if (!network) return answer(turn, id, network.error());
  remove_network(turn, (*network)->id());
  answer(turn, id, control::Reply(control::Done{}));
}

void Node::Core::handle(Turn& turn, RequestId id, const control::JoinNetwork& request) {
  auto token = network::Token::parse(request.token);
  if (!token) return answer(turn, id, token.error());
  if (auto valid = token->check_time(turn.wall); !valid) return answer(turn, id, valid.error());
  const std::string name = request.member_name.value_or(settings_.default_member_name);
  if (auto valid = network::check_member_name(name); !valid) {
    return answer(turn, id, valid.error());
  }
  const network::NetworkId network_id = token->network();
  if (const auto known = networks_.find(network_id); known != networks_.end()) {
    return answer(
        turn, id,
        make_error(Errc::exists, "this machine is in " + known->second->name() + " already",
                   "the token was not used: it is still good for another machine"));
  }
  for (const auto& joining : joins_) {
    if (joining->network() != network_id) continue;
    return answer(turn, id,
                  make_error(Errc::exists, "this machine is joining that network already"));
  }
  joins_.push_back(std::make_unique<Joining>(turn, next_credentials_++, id, *std::move(token),
                                             JoinWish{name, request.interface.value_or("")}));
  open_doors();
  joins_.back()->tick(turn);
}

void Node::Core::handle(Turn& turn, RequestId id, const control::CreateInvite& request) {
  auto network = find_network(request.network);
  if (!network) return answer(turn, id, network.error());
  auto invite = (*network)->invite(turn, request);
  if (!invite) return answer(turn, id, invite.error());
  answer(turn, id, control::Reply(*std::move(invite)));
}

void Node::Core::handle(Turn& turn, RequestId id, const control::ListInvites& request) {
  auto network = find_network(request.network);
  if (!network) return answer(turn, id, network.error());
  answer(turn, id, control::Reply((*network)->invites(turn.wall)));
}

void Node::Core::handle(Turn& turn, RequestId id, const control::RevokeInvite& request) {
  auto network = find_network(request.network);
  if (!network) return answer(turn, id, network.error());
  auto revoked = (*network)->revoke_invite(turn, request.invite);
  if (!revoked) return answer(turn, id, revoked.error());
  answer(turn, id, control::Reply(control::Done{}));
}

void Node::Core::handle(Turn& turn, RequestId id, const control::Why& request) {
  auto network = find_network(request.network);
  if (!network) return answer(turn, id, network.error());
  auto member = (*network)->find_peer(request.peer);
  if (!member) return answer(turn, id, member.error());
  if ((*network)->is_self(*member)) {
    return answer(turn, id,
                  make_error(Errc::invalid, request.peer + " is this machine itself",
                             "lanyard members shows the others"));
  }
  answer(turn, id, control::Reply((*network)->why(turn, *member)));
}

void Node::Core::handle(Turn& turn, RequestId id, const control::Ping& request) {
  auto network = find_network(request.network);
  if (!network) return answer(turn, id, network.error());
  auto member = (*network)->find_peer(request.peer);
  if (!member) return answer(turn, id, member.error());
  const network::Member& found = *(*network)->roster().find(*member);
  if (request.count < 1 || request.count > kMaxPings || request.timeout_milliseconds < 1 ||
      request.interval_milliseconds < 10) {
    return answer(turn, id,
                  make_error(Errc::invalid,
                             "a ping wants a count of 1 to 1000000, an interval of at least 10 ms "
                             "and a timeout"));
  }
  if (pings_.size() >= kMaxPingJobs) {
    return answer(turn, id, make_error(Errc::overloaded, "too many pings are running already"));
  }
  if ((*network)->is_self(*member)) {
    return answer(turn, id,
                  make_error(Errc::invalid, found.name + " is this machine itself",
                             "lanyard members shows the others"));
  }
  PingJob job;
  job.request = id;
  job.network = (*network)->id();
  job.member = *member;
  job.peer_name = found.name;
  job.address = found.ipv4 ? found.ipv4->to_string() : found.ipv6.to_string();
  job.count = request.count;
  job.interval = milliseconds(request.interval_milliseconds);
  job.timeout = milliseconds(request.timeout_milliseconds);
  job.next_send = turn.now;
  pings_.push_back(std::move(job));
}

}  // namespace lanyard::node
