// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/dht/census.h"

#include <algorithm>
#include <map>

#include "core/dht/routing_table.h"
#include "core/dht/subnet.h"

namespace lanyard::sim {
namespace {

// At once: few beside the nodes there are, so that no node's limits are what is measured.
std::size_t batch_of(const Crowd& crowd) { return std::max<std::size_t>(1, crowd.size() / 20); }

// No lookup lasts longer.
constexpr Duration kLongest = seconds(31);
constexpr Duration kBetweenLooks = seconds(1);

struct Asker {
  Number node = 0;
  std::vector<dht::Contact> closest;
};

// The eight that are to be found: the closest, of which no more are of one subnet than a lookup
// takes.
std::vector<dht::Contact> closest_of(std::vector<dht::Contact>& all,
                                     const dht::NodeId& target,
                                     const Endpoint& asker) {
  // More than enough, whatever the subnets.
  constexpr std::size_t kNear = 32;
  const std::size_t near = std::min(kNear, all.size());
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(near), all.end(),
                    [&target](const dht::Contact& a, const dht::Contact& b) {
                      return is_closer(a.id, b.id, target);
                    });
  std::vector<dht::Contact> out;
  std::map<IpAddress, std::size_t> of_subnet;
  for (std::size_t i = 0; i < near && out.size() < dht::kBucketSize; ++i) {
    const IpAddress& address = all[i].endpoint.address;
    if (all[i].endpoint == asker ||
        of_subnet[dht::subnet_of(address).address] == dht::kSubnetInLookup)
      continue;
    ++of_subnet[dht::subnet_of(address).address];
    out.push_back(all[i]);
  }
  return out;
}

void wait_for(Crowd& crowd, const std::vector<Asker>& askers) {
  const Instant patience = crowd.now() + kLongest;
  const auto is_done = [&crowd](const Asker& asker) { return crowd.inquiry(asker.node).is_done(); };
  while (crowd.now() < patience && !std::all_of(askers.begin(), askers.end(), is_done)) {
    crowd.run_for(kBetweenLooks);
  }
}

double in_seconds(Duration duration) { return static_cast<double>(duration.nanoseconds) / 1e9; }

void count(const Asker& asker, const Inquiry& inquiry, Census& sum) {
  ++sum.lookups;
  if (!inquiry.is_done()) return;
  ++sum.ended;
  std::size_t hops = 0;
  for (const dht::Contact& node : asker.closest) {
    ++sum.places;
    if (!inquiry.has_heard(node.endpoint)) continue;
    ++sum.places_hit;
    hops = std::max(hops, inquiry.hops_to(node.endpoint));
  }
  sum.hops += static_cast<double>(hops);
  sum.messages += static_cast<double>(inquiry.messages());
  sum.seconds_to_closest += in_seconds(inquiry.time_to(asker.closest));
  sum.seconds_to_end += in_seconds(inquiry.duration());
}

dht::InfoHash random_hash(Crowd& crowd) { return {crowd.rng().array<dht::kIdBytes>()}; }

}  // namespace

double Census::hit_percent() const {
  return 100.0 * static_cast<double>(places_hit) / static_cast<double>(places);
}

Census take_census(Crowd& crowd, std::size_t lookups) {
  Census out;
  while (out.lookups < lookups) {
    std::vector<Asker> askers;
    std::vector<dht::Contact> all = crowd.listed();
    for (std::size_t n = std::min(batch_of(crowd), lookups - out.lookups); n > 0; --n) {
      const Number node = crowd.any_node();
      const dht::InfoHash info_hash = random_hash(crowd);
      askers.push_back(
          {node, closest_of(all, info_hash.position(), crowd.geography().endpoint(node))});
      crowd.ask(node, info_hash, dht::Announce::no);
    }
    wait_for(crowd, askers);
    for (const Asker& asker : askers) count(asker, crowd.take_inquiry(asker.node), out);
  }
  const auto ended = static_cast<double>(out.ended);
  for (double* sum : {&out.hops, &out.messages, &out.seconds_to_closest, &out.seconds_to_end}) {
    *sum /= ended;
  }
  return out;
}

Announced announce(Crowd& crowd, const dht::InfoHash& info_hash) {
  const Number node = crowd.any_node();
  crowd.ask(node, info_hash, dht::Announce::yes);
  wait_for(crowd, {{node, {}}});
  crowd.take_inquiry(node);
  return {info_hash, crowd.geography().endpoint(node)};
}

std::vector<Announced> announce(Crowd& crowd, std::size_t values) {
  std::vector<Announced> out;
  while (out.size() < values) {
    std::vector<Asker> askers;
    for (std::size_t n = std::min(batch_of(crowd), values - out.size()); n > 0; --n) {
      const Number node = crowd.any_node();
      out.push_back({random_hash(crowd), crowd.geography().endpoint(node)});
      crowd.ask(node, out.back().info_hash, dht::Announce::yes);
      askers.push_back({node, {}});
    }
    wait_for(crowd, askers);
    for (const Asker& asker : askers) crowd.take_inquiry(asker.node);
  }
  return out;
}

std::size_t find(Crowd& crowd, const std::vector<Announced>& values) {
  std::size_t found = 0;
  for (std::size_t first = 0; first < values.size(); first += batch_of(crowd)) {
    const std::size_t end = std::min(values.size(), first + batch_of(crowd));
    std::vector<Asker> askers;
    for (std::size_t n = first; n < end; ++n) {
      askers.push_back({crowd.any_node(), {}});
      // Who announced it is no judge of whether others find it.
      while (crowd.geography().endpoint(askers.back().node) == values[n].by) {
        askers.back().node = crowd.any_node();
      }
      crowd.ask(askers.back().node, values[n].info_hash, dht::Announce::no);
    }
    wait_for(crowd, askers);
    for (std::size_t n = first; n < end; ++n) {
      const Inquiry inquiry = crowd.take_inquiry(askers[n - first].node);
      if (inquiry.has_found(values[n].by)) ++found;
    }
  }
  return found;
}

}  // namespace lanyard::sim
