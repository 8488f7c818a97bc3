// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/story.h"

#include <stdexcept>

namespace lanyard::sim {
namespace {

// Requests that need nobody else.
constexpr Duration kAtOnce = seconds(1);
constexpr Duration kProbeInterval = milliseconds(100);

}  // namespace

void create(World& world, Host& host, const std::string& network) {
  control::CreateNetwork request;
  request.name = network;
  request.interface = network;
  const auto reply = world.ask(host, request, kAtOnce);
  if (!reply) throw std::runtime_error("create: " + reply.error().message);
}

std::string invite(World& world, Host& host, const std::string& network, std::uint32_t uses) {
  control::CreateInvite request;
  request.network = network;
  request.uses = uses;
  const auto reply = world.ask(host, request, kAtOnce);
  if (!reply) throw std::runtime_error("invite: " + reply.error().message);
  return std::get<control::InviteReply>(*reply).token;
}

Result<control::Reply> join(World& world,
                            Host& host,
                            const std::string& network,
                            const std::string& token,
                            Duration patience) {
  control::JoinNetwork request;
  request.token = token;
  request.interface = network;
  return world.ask(host, request, patience);
}

std::optional<control::MemberStatus> member(World& world,
                                            Host& asked,
                                            const std::string& network,
                                            std::string_view name) {
  const auto reply = world.ask(asked, control::GetStatus{}, kAtOnce);
  if (!reply) throw std::runtime_error("status: " + reply.error().message);
  for (const auto& one : std::get<control::Status>(*reply).networks) {
    if (one.name != network) continue;
    for (const auto& candidate : one.members) {
      if (candidate.name == name) return candidate;
    }
  }
  return std::nullopt;
}

bool reaches(World& world, Host& from, Host& to, const std::string& network, Duration patience) {
  const Instant deadline = world.now() + patience;
  const std::uint64_t number = world.rng().next_u64();
  while (world.now() < deadline) {
    const Host::Device* target = to.device(network);
    if (target != nullptr && target->address) from.send_probe(network, *target->address, number);
    const auto arrived = [&] {
      const Host::Device* device = to.device(network);
      return device != nullptr && device->received.contains(number);
    };
    if (world.run_until(kProbeInterval, arrived)) return true;
  }
  return false;
}

bool reach_each_other(
    World& world, Host& a, Host& b, const std::string& network, Duration patience) {
  const Instant deadline = world.now() + patience;
  return reaches(world, a, b, network, patience) &&
         reaches(world, b, a, network, deadline - world.now());
}

}  // namespace lanyard::sim
