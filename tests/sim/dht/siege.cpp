// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/dht/siege.h"

#include <memory>
#include <vector>

#include "tests/sim/dht/census.h"

namespace lanyard::sim {
namespace {

constexpr std::size_t kValues = 8;
// BEP 5 numbers them from here.
constexpr std::uint16_t kPort = 6881;

void recruit(Crowd& crowd, const Siege& siege, Conspiracy& conspiracy) {
  const IpAddress subnet = crowd.geography().take_subnet();
  for (std::size_t n = 0; n < siege.attackers; ++n) {
    // More than there are addresses: several ports of each.
    const auto host = static_cast<std::uint32_t>(1 + n % 254);
    const auto port = static_cast<std::uint16_t>(kPort + n / 254);
    const Endpoint together{IpAddress::from_v4(subnet.v4_host_order() | host), port};
    const bool is_one_subnet = siege.quarters == Quarters::one_subnet;
    conspiracy.recruit(is_one_subnet ? together : crowd.geography().deal());
  }
}

}  // namespace

double found_percent(std::uint64_t seed,
                     std::size_t honest_nodes,
                     std::size_t lookups,
                     dht::Defences defences,
                     const Siege& siege) {
  std::vector<std::unique_ptr<Conspiracy>> conspiracies;  // outlive the crowd
  dht::Settings settings;
  settings.defences = defences;
  Crowd crowd(seed, 0, settings);
  crowd.grow_to(honest_nodes, 0);
  std::size_t found = 0;
  for (std::size_t value = 0; value < kValues; ++value) {
    const dht::InfoHash hash{crowd.rng().array<dht::kIdBytes>()};
    auto& conspiracy =
        conspiracies.emplace_back(std::make_unique<Conspiracy>(crowd, hash, siege.ids));
    recruit(crowd, siege, *conspiracy);
    conspiracy->introduce();
    const Announced announced = announce(crowd, hash);
    found += find(crowd, std::vector<Announced>(lookups, announced));
    conspiracy->disband();
  }
  return 100.0 * static_cast<double>(found) / static_cast<double>(kValues * lookups);
}

}  // namespace lanyard::sim
