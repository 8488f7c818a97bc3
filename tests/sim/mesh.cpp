// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/mesh.h"

#include <algorithm>

namespace lanyard::sim {
namespace {

constexpr std::uint32_t kBeacons = 3;
constexpr Instant kLastJoin{seconds(12).nanoseconds};
constexpr Instant kFirstRestart{seconds(15).nanoseconds};
constexpr Instant kLastRestart{seconds(25).nanoseconds};
constexpr Instant kFirstProbe{seconds(30).nanoseconds};
constexpr Instant kEnd{seconds(60).nanoseconds};
constexpr Duration kProbeInterval = seconds(1);
// One node in so many is in a second network, and one in so many restarts.
constexpr std::uint32_t kSecondNetworkEvery = 20;
constexpr std::uint32_t kRestartEvery = 10;

std::string network_name(std::uint32_t network) { return "net" + std::to_string(network); }

// What a probe says: network, sender, receiver. The top bit marks one that nobody may receive.
constexpr std::uint64_t kTrespass = std::uint64_t{1} << 63;

std::uint64_t probe_number(std::uint32_t network, HostId from, HostId to) {
  return std::uint64_t{network} << 40 | std::uint64_t{from} << 20 | to;
}

}  // namespace

Mesh::Mesh(std::uint64_t seed, std::uint32_t nodes, Logging logging)
    : world_(seed, logging), nodes_(nodes) {
  // 5 %; reordering is what so much jitter makes of packets that follow each other closely.
  world_.internet().set_weather({.loss = 50'000,
                                 .duplication = 10'000,
                                 .latency = milliseconds(20),
                                 .jitter = milliseconds(30)});
}

// A quarter of the nodes is public, the others live one to four to a home.
void Mesh::settle() {
  for (std::uint32_t i = 0; i < kBeacons; ++i) world_.add_beacon("beacon" + std::to_string(i));
  std::optional<SiteId> home;
  for (std::uint32_t i = 0; i < nodes_; ++i) {
    const std::string name = "node" + std::to_string(i);
    if (world_.rng().below(4) == 0) {
      hosts_.push_back(&world_.add_public_host(name));
      continue;
    }
    if (!home || world_.rng().below(3) == 0) home = world_.internet().add_home();
    hosts_.push_back(&world_.add_host(name, *home));
  }
  for (std::uint32_t i = 0; i < nodes_; ++i) {
    members_.push_back({i % kNetworks, hosts_[i]});
    if (i % kSecondNetworkEvery == 7) members_.push_back({(i + 1) % kNetworks, hosts_[i]});
  }
  std::ranges::stable_sort(members_, {}, &Member::network);
}

void Mesh::found_networks() {
  for (std::uint32_t network = 0; network < kNetworks; ++network) {
    Host& founder = *hosts_[network];
    founder.power_on();
    control::CreateNetwork create;
    create.name = network_name(network);
    create.interface = network_name(network);
    const auto created = world_.ask(founder, create, seconds(1));
    control::CreateInvite invite;
    invite.network = network_name(network);
    invite.uses = nodes_;
    auto invited = world_.ask(founder, invite, seconds(1));
    if (!created || !invited) {
      complaints_.push_back(founder.name() + ": " +
                            (created ? invited.error().message : created.error().message));
      return;
    }
    tokens_.push_back(std::get<control::InviteReply>(*invited).token);
  }
}

std::vector<Mesh::Step> Mesh::plan() {
  std::vector<Step> steps;
  const auto moment = [this](Instant from, Instant to) {
    const auto span = static_cast<std::uint64_t>((to - from).nanoseconds);
    return from + nanoseconds(static_cast<std::int64_t>(world_.rng().below(span)));
  };
  for (std::uint32_t i = kNetworks; i < nodes_; ++i) {
    steps.push_back({world_.now(), Step::Kind::power_on, i});
  }
  for (std::uint32_t i = 0; i < members_.size(); ++i) {
    if (members_[i].host == hosts_[members_[i].network]) continue;
    steps.push_back({moment(world_.now(), kLastJoin), Step::Kind::join, i});
  }
  for (std::uint32_t i = 0; i < nodes_; ++i) {
    if (world_.rng().below(kRestartEvery) != 0) continue;
    const Instant off = moment(kFirstRestart, kLastRestart);
    steps.push_back({off, Step::Kind::power_off, i});
    steps.push_back({moment(off, off + seconds(3)), Step::Kind::power_on, i});
  }
  std::ranges::sort(steps);
  return steps;
}

void Mesh::join(Member& member) {
  control::JoinNetwork join;
  join.token = tokens_[member.network];
  join.interface = network_name(member.network);
  member.join = member.host->request(join);
}

void Mesh::play(const Step& step) {
  if (step.kind == Step::Kind::join) {
    join(members_[step.subject]);
    return;
  }
  Host& host = *hosts_[step.subject];
  for (Member& member : members_) {
    if (member.host == &host) member.join = 0;
  }
  if (step.kind == Step::Kind::power_on) {
    host.power_on();
  } else if (world_.rng().below(2) == 0) {
    host.shut_down();
  } else {
    host.pull_the_plug();
  }
}

// As people do: whoever was interrupted by a restart, or refused, tries again.
void Mesh::retry_joins() {
  for (Member& member : members_) {
    const std::string network = network_name(member.network);
    if (member.host == hosts_[member.network] || member.host->device(network) != nullptr) continue;
    const auto* answer = member.host->answer(member.join);
    if (answer != nullptr && !answer->has_value()) {
      complaints_.push_back(member.host->name() + " could not join " + network + ": " +
                            answer->error().message);
    }
    if (answer != nullptr || member.join == 0) join(member);
  }
}

void Mesh::probe_all() {
  for (const Member& from : members_) {
    const std::string network = network_name(from.network);
    if (from.host->device(network) == nullptr) continue;
    for (const Member& to : members_) {
      if (to.network != from.network || to.host == from.host) continue;
      const Host::Device* target = to.host->device(network);
      if (target == nullptr || !target->address) continue;
      const std::uint64_t number = probe_number(from.network, from.host->id(), to.host->id());
      if (target->received.contains(number)) continue;
      from.host->send_probe(network, *target->address, number);
    }
  }
}

std::size_t Mesh::unreached() const {
  std::size_t count = 0;
  for (const Member& from : members_) {
    for (const Member& to : members_) {
      if (to.network != from.network || to.host == from.host) continue;
      const Host::Device* target = to.host->device(network_name(to.network));
      const std::uint64_t number = probe_number(from.network, from.host->id(), to.host->id());
      if (target == nullptr || !target->received.contains(number)) ++count;
    }
  }
  return count;
}

// Every member sends, in its own network, a frame to the very address of a member of the next.
void Mesh::trespass() {
  for (const Member& from : members_) {
    const std::string other = network_name((from.network + 1) % kNetworks);
    Host::Device* own = from.host->device(network_name(from.network));
    for (const Member& to : members_) {
      const Host::Device* target = to.host->device(other);
      if (own == nullptr || target == nullptr || to.host == from.host) continue;
      if (!own->address || !target->address) continue;
      from.host->send_frame(own->name, make_probe({own->mac, target->mac, *own->address,
                                                   *target->address, kTrespass | from.host->id()}));
      break;
    }
  }
}

void Mesh::look_for_strangers() {
  for (const Member& member : members_) {
    const Host::Device* device = member.host->device(network_name(member.network));
    if (device == nullptr) continue;
    for (const std::uint64_t number : device->received) {
      if (number >> 40 != member.network || (number & 0xfffff) != member.host->id()) {
        complaints_.push_back(member.host->name() + " got a frame of another network");
      }
    }
  }
}

void Mesh::complain_of_unreached() {
  std::size_t named = 0;
  for (const Member& from : members_) {
    for (const Member& to : members_) {
      if (to.network != from.network || to.host == from.host) continue;
      const std::string network = network_name(to.network);
      const Host::Device* target = to.host->device(network);
      const std::uint64_t number = probe_number(from.network, from.host->id(), to.host->id());
      if (target != nullptr && target->received.contains(number)) continue;
      if (++named > 10) return;
      complaints_.push_back(from.host->name() + " does not reach " + to.host->name() + " in " +
                            network + (target == nullptr ? " (which has not joined)" : ""));
    }
  }
}

void Mesh::run() {
  settle();
  found_networks();
  if (!complaints_.empty()) return;
  for (const Step& step : plan()) {
    if (step.at > world_.now()) world_.run_for(step.at - world_.now());
    play(step);
  }
  while (world_.now() < kFirstProbe) {
    retry_joins();
    world_.run_for(kProbeInterval);
  }
  trespass();
  while (world_.now() < kEnd && unreached() != 0) {
    retry_joins();
    probe_all();
    world_.run_for(kProbeInterval);
  }
  look_for_strangers();
  complain_of_unreached();
}

std::string Mesh::summary() const {
  const std::size_t missing = unreached();
  std::size_t pairs = 0;
  for (const Member& from : members_) {
    for (const Member& to : members_) {
      if (to.network == from.network && to.host != from.host) ++pairs;
    }
  }
  return std::to_string(nodes_) + " nodes, " + std::to_string(pairs) + " ordered pairs, " +
         std::to_string(missing) + " unreached after " +
         std::to_string(world_.now().nanoseconds / 1'000'000) + " ms of virtual time, " +
         std::to_string(world_.events()) + " events";
}

}  // namespace lanyard::sim
