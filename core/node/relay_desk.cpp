// SPDX-License-Identifier: Apache-2.0
#include "core/node/relay_desk.h"

#include <algorithm>

namespace lanyard::node {

namespace {

// A bucket holds what comes in in this time: twice what passes between two ticks of a calm node.
constexpr Duration kDepth = seconds(2);

}  // namespace

const RelayDesk::Half* RelayDesk::Circuit::of(const network::MemberId& member) const {
  if (first.member == member) return &first;
  return second.member == member ? &second : nullptr;
}

const RelayDesk::Half& RelayDesk::Circuit::opposite(const network::MemberId& member) const {
  return first.member == member ? second : first;
}

const RelayDesk::Circuit* RelayDesk::open(Instant now,
                                          NetworkHandle network,
                                          const network::MemberId& a,
                                          const network::MemberId& b,
                                          Rng& rng) {
  const auto known = std::ranges::find_if(circuits_, [&](const Circuit& circuit) {
    return circuit.network == network && circuit.of(a) != nullptr && circuit.of(b) != nullptr;
  });
  if (known != circuits_.end()) {
    known->last_used = now;
    return &*known;
  }
  if (circuits_.size() >= kMaxCircuits || count_of(network, a) >= kMaxCircuitsOfMember ||
      count_of(network, b) >= kMaxCircuitsOfMember) {
    return nullptr;
  }
  Circuit circuit{.network = network,
                  .first = half(network, a, rng),
                  .second = half(network, b, rng),
                  .used_bytes = 0,
                  .last_used = now};
  circuits_.push_back(std::move(circuit));
  return &circuits_.back();
}

RelayDesk::Half RelayDesk::half(NetworkHandle network, const network::MemberId& member, Rng& rng) {
  Half out{.member = member, .number = 0, .meter = nullptr};
  while (!numbers_.insert(out.number).second || out.number == 0) {
    out.number = static_cast<tunnel::CircuitNumber>(1 + rng.below(tunnel::kMaxCircuitNumber));
  }
  auto& meter = meters_[{network, member}];
  if (meter == nullptr) {
    meter = std::make_shared<RelayMeter>(quota_ * kDepth.milliseconds() / 1000);
  }
  out.meter = meter;
  return out;
}

std::size_t RelayDesk::count_of(NetworkHandle network, const network::MemberId& member) const {
  return static_cast<std::size_t>(std::ranges::count_if(circuits_, [&](const Circuit& circuit) {
    return circuit.network == network && circuit.of(member) != nullptr;
  }));
}

void RelayDesk::forget(const Circuit& circuit) {
  for (const Half* half : {&circuit.first, &circuit.second}) {
    numbers_.erase(half->number);
    if (count_of(circuit.network, half->member) != 0) continue;
    if (meters_.erase({circuit.network, half->member}) == 0) continue;
    ended_bytes_ += half->meter->bytes();
    ended_packets_ += half->meter->packets();
  }
}

void RelayDesk::tick(Instant now) {
  const Duration passed = std::min(now - last_tick_, kDepth);
  last_tick_ = now;
  for (const auto& [key, meter] : meters_) meter->fill(quota_ * passed.milliseconds() / 1000);
  for (Circuit& circuit : circuits_) {
    const std::uint64_t used = circuit.first.meter->bytes() + circuit.second.meter->bytes();
    if (used != circuit.used_bytes) circuit.last_used = now;
    circuit.used_bytes = used;
  }
}

std::uint64_t RelayDesk::relayed_bytes() const {
  std::uint64_t out = ended_bytes_;
  for (const auto& [key, meter] : meters_) out += meter->bytes();
  return out;
}

std::uint64_t RelayDesk::relayed_packets() const {
  std::uint64_t out = ended_packets_;
  for (const auto& [key, meter] : meters_) out += meter->packets();
  return out;
}

}  // namespace lanyard::node
