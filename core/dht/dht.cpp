// SPDX-License-Identifier: Apache-2.0
#include "core/dht/dht.h"

#include "core/dht/dual_stack.h"

namespace lanyard::dht {

Dht::Dht(const Settings& settings, Rng& rng) : stack_(std::make_unique<DualStack>(settings, rng)) {}

Dht::~Dht() = default;

void Dht::set_own_addresses(std::span<const IpAddress> addresses) {
  stack_->set_own_addresses(addresses);
}

void Dht::note_contact(Instant now, const IpAddress& address) {
  stack_->note_contact(now, address);
}

void Dht::set_reachable(IpFamily family) { stack_->set_reachable(family); }

void Dht::restore_nodes(std::span<const Contact> nodes) { stack_->restore_nodes(nodes); }

void Dht::restore_own_id(IpFamily family, const NodeId& id) { stack_->restore_own_id(family, id); }

void Dht::start(Instant now, std::uint16_t port, Families families, Datagrams& out) {
  stack_->start(now, port, families, out);
}

void Dht::add_bootstrap(Instant now, std::span<const Endpoint> endpoints, Datagrams& out) {
  stack_->add_bootstrap(now, endpoints, out);
}

void Dht::handle_network_change(Instant now, Datagrams& out) {
  stack_->handle_network_change(now, out);
}

LookupId Dht::get_peers(
    Instant now, const InfoHash& info_hash, Announce announce, Datagrams& out, Events& events) {
  return stack_->get_peers(now, info_hash, announce, out, events);
}

LookupId Dht::get_item(Instant now, const ItemTarget& target, Datagrams& out, Events& events) {
  return stack_->search_item(now, ItemSearch::for_target(target), out, events);
}

LookupId Dht::get_item(Instant now,
                       const crypto::ItemPublicKey& key,
                       Bytes salt,
                       std::optional<std::int64_t> known_sequence,
                       Datagrams& out,
                       Events& events) {
  return stack_->search_item(now, ItemSearch::for_key(key, salt, known_sequence), out, events);
}

LookupId Dht::put_item(Instant now,
                       const Item& item,
                       std::optional<std::int64_t> replaces,
                       Datagrams& out,
                       Events& events) {
  return stack_->search_item(now, ItemSearch::to_put(item, replaces), out, events);
}

LookupId Dht::keep_item(Instant now, const Item& item, Datagrams& out, Events& events) {
  return stack_->keep_item(now, item, out, events);
}

void Dht::release_item(const ItemTarget& target) { stack_->release_item(target); }

void Dht::cancel(LookupId lookup) { stack_->cancel(lookup); }

void Dht::handle_datagram(
    Instant now, const Endpoint& from, Bytes payload, Datagrams& out, Events& events) {
  stack_->handle_datagram(now, from, payload, out, events);
}

void Dht::handle_timeout(Instant now, Datagrams& out, Events& events) {
  stack_->handle_timeout(now, out, events);
}

Instant Dht::next_timeout() const { return stack_->next_timeout(); }

std::optional<FamilyStatus> Dht::status(Instant now, IpFamily family) const {
  return stack_->status(now, family);
}

const NodeId& Dht::own_id(IpFamily family) const { return stack_->of(family).own_id(); }

std::size_t Dht::node_count() const {
  return stack_->of(IpFamily::v4).table().size() + stack_->of(IpFamily::v6).table().size();
}

std::vector<Contact> Dht::good_nodes(Instant now) const { return stack_->good_nodes(now); }

const Counters& Dht::counters() const { return stack_->counters(); }

}  // namespace lanyard::dht
