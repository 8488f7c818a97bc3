// SPDX-License-Identifier: Apache-2.0
#include "core/dht/dht.h"

#include <utility>

#include "core/dht/engine.h"

namespace lanyard::dht {

namespace {

constexpr std::size_t kMaxNodesKept = 200;  // a state file of some 10 kB

}  // namespace

Dht::Dht(Settings settings, Rng& rng)
    : engine_(std::make_unique<Engine>(std::move(settings), rng)) {}

Dht::~Dht() = default;

void Dht::restore_nodes(std::span<const Contact> nodes) { engine_->restore_nodes(nodes); }

void Dht::start(Instant now, std::uint16_t port, Datagrams& out) { engine_->start(now, port, out); }

void Dht::add_bootstrap(Instant now, std::span<const Endpoint> endpoints, Datagrams& out) {
  engine_->add_bootstrap(now, endpoints, out);
}

void Dht::handle_network_change(Instant now, Datagrams& out) {
  engine_->handle_network_change(now, out);
}

LookupId Dht::get_peers(
    Instant now, const InfoHash& info_hash, Announce announce, Datagrams& out, Events& events) {
  return engine_->get_peers(now, info_hash, announce, out, events);
}

void Dht::cancel(LookupId lookup) { engine_->cancel(lookup); }

void Dht::handle_datagram(
    Instant now, const Endpoint& from, Bytes payload, Datagrams& out, Events& events) {
  engine_->handle_datagram(now, from, payload, out, events);
}

void Dht::handle_timeout(Instant now, Datagrams& out, Events& events) {
  engine_->handle_timeout(now, out, events);
}

Instant Dht::next_timeout() const { return engine_->next_timeout(); }

const NodeId& Dht::own_id() const { return engine_->own_id(); }

std::size_t Dht::node_count() const { return engine_->table().size(); }

std::vector<Contact> Dht::good_nodes(Instant now) const {
  return engine_->table().good(now, kMaxNodesKept);
}

std::optional<Endpoint> Dht::outside_address() const { return engine_->votes().elected(); }

MappingKind Dht::mapping_kind() const { return engine_->votes().mapping(); }

const Counters& Dht::counters() const { return engine_->counters(); }

}  // namespace lanyard::dht
