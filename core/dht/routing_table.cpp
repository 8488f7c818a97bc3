// SPDX-License-Identifier: Apache-2.0
#include "core/dht/routing_table.h"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <utility>

#include "core/dht/bound_id.h"
#include "core/dht/subnet.h"

namespace lanyard::dht {

namespace {

// Longer than a ping's timeout, so that one check ends before the next begins.
constexpr Duration kCheckAgainAfter = seconds(10);

}  // namespace

RoutingTable::RoutingTable(const NodeId& own_id, Mode mode, Defences defences)
    : own_id_(own_id), subnet_mode_(subnet_mode(mode, defences)), defences_(defences) {}

void RoutingTable::move_to(Instant now, const NodeId& own_id) {
  const std::vector<Bucket> old = std::exchange(buckets_, {});
  addresses_.clear();
  own_id_ = own_id;
  for (const auto list : {&Bucket::entries, &Bucket::replacements}) {
    for (const Bucket& bucket : old) {
      for (const Entry& entry : bucket.*list) {
        if (entry.contact.id == own_id_) continue;
        insert(bucket_of(entry.contact.id), entry);
        bucket_of(entry.contact.id).changed_at = now;
      }
    }
  }
}

void RoutingTable::add_answering(Instant now, const Contact& node) {
  if (node.id == own_id_) return;
  Bucket& bucket = bucket_of(node.id);
  Entry entry{.contact = node, .known_since = now, .answered_at = now, .fits = fits_well(node)};
  if (Entry* known = find(node.endpoint.address)) {
    if (known->contact == node) {
      known->answered_at = now;
      known->misses = 0;
      bucket.changed_at = now;
      return;
    }
    if (stays_for(now, *known, node)) return;
    remove(node.endpoint.address);
  }
  if (const Entry* namesake = find_namesake(bucket, node)) {
    if (standing(now, *namesake) == Standing::good) return;
    remove(IpAddress(namesake->contact.endpoint.address));
  }
  if (subnet_is_full(node.id, node.endpoint.address)) return;
  insert(bucket, std::move(entry));
  bucket.changed_at = now;
}

bool RoutingTable::note_query(Instant now, const Contact& node) {
  Entry* known = find(node.endpoint.address);
  if (known == nullptr || known->contact != node) return false;
  known->asked_us_at = now;
  return true;
}

std::optional<NodeId> RoutingTable::note_miss(const Endpoint& endpoint) {
  Entry* known = find(endpoint.address);
  if (known == nullptr || known->contact.endpoint != endpoint) return std::nullopt;
  const NodeId id = known->contact.id;
  ++known->misses;
  if (is_bad(*known)) promote_replacement(bucket_of(id));
  return id;
}

bool RoutingTable::wants(Instant now, const Contact& node) const {
  if (node.id == own_id_) return false;
  const Entry* known = find(node.endpoint.address);
  if (known != nullptr) return known->contact != node && !stays_for(now, *known, node);
  if (subnet_is_full(node.id, node.endpoint.address)) return false;
  const Bucket* bucket = find_bucket(node.id);
  if (bucket == nullptr) return true;
  const bool is_fit = fits_well(node);
  const bool has_place =
      bucket->entries.size() < kBucketSize ||
      std::any_of(bucket->entries.begin(), bucket->entries.end(), [&](const Entry& entry) {
        return standing(now, entry) != Standing::good || (is_fit && !entry.fits);
      });
  return has_place && find_namesake(*bucket, node) == nullptr;
}

std::optional<Contact> RoutingTable::take_check(Instant now, const NodeId& near) {
  if (near == own_id_) return std::nullopt;
  Bucket& bucket = bucket_of(near);
  if (bucket.replacements.empty()) return std::nullopt;
  Entry* stalest = nullptr;
  for (Entry& entry : bucket.entries) {
    if (standing(now, entry) != Standing::questionable) continue;
    if (entry.checked_at + kCheckAgainAfter > now) continue;
    if (stalest == nullptr || entry.answered_at < stalest->answered_at) stalest = &entry;
  }
  if (stalest == nullptr) return std::nullopt;
  stalest->checked_at = now;
  return stalest->contact;
}

std::optional<NodeId> RoutingTable::take_refresh(Instant now, Rng& rng) {
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    Bucket& bucket = buckets_[i];
    if (bucket.entries.empty() || bucket.changed_at + kGoodFor > now) continue;
    bucket.changed_at = now;
    return random_id_sharing(own_id_, i, rng);
  }
  return std::nullopt;
}

Instant RoutingTable::next_refresh() const {
  Instant first = Instant::never();
  for (const Bucket& bucket : buckets_) {
    if (!bucket.entries.empty()) first = earlier(first, bucket.changed_at + kGoodFor);
  }
  return first;
}

std::size_t RoutingTable::size() const {
  std::size_t out = 0;
  for (const Bucket& bucket : buckets_) {
    for (const Entry& entry : bucket.entries) out += is_bad(entry) ? 0 : 1;
  }
  return out;
}

std::uint64_t RoutingTable::expected_reach() const {
  // All who share as many bits with us as the buckets that are not full: those we know completely.
  std::size_t bits = buckets_.size();
  std::size_t count = 0;
  while (bits > 0 && buckets_[bits - 1].entries.size() < kBucketSize) {
    --bits;
    count += buckets_[bits].entries.size();
  }
  if (count < kBucketSize) return kAnyDistance;
  return (kAnyDistance >> std::min<std::size_t>(bits, 63)) / count * kBucketSize;
}

std::size_t RoutingTable::answered_lately(Instant now) const {
  std::size_t out = 0;
  for (const Bucket& bucket : buckets_) {
    for (const Entry& entry : bucket.entries) out += now < entry.answered_at + kGoodFor ? 1 : 0;
  }
  return out;
}

std::vector<Contact> RoutingTable::closest(const NodeId& target, std::size_t at_most) const {
  std::vector<Contact> out;
  for (const Bucket& bucket : buckets_) {
    for (const Entry& entry : bucket.entries) {
      if (!is_bad(entry)) out.push_back(entry.contact);
    }
  }
  const auto count = std::min(at_most, out.size());
  std::partial_sort(
      out.begin(), out.begin() + static_cast<std::ptrdiff_t>(count), out.end(),
      [&target](const Contact& a, const Contact& b) { return is_closer(a.id, b.id, target); });
  out.resize(count);
  return out;
}

std::vector<Contact> RoutingTable::good(Instant now, std::size_t at_most) const {
  Entries found;
  for (const Bucket& bucket : buckets_) {
    for (const Entry& entry : bucket.entries) {
      if (standing(now, entry) == Standing::good) found.push_back(entry);
    }
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Entry& a, const Entry& b) { return a.known_since < b.known_since; });
  std::vector<Contact> out;
  for (const Entry& entry : found) {
    if (out.size() < at_most) out.push_back(entry.contact);
  }
  return out;
}

std::vector<Contact> RoutingTable::silent(std::size_t at_most) const {
  Entries found;
  for (const Bucket& bucket : buckets_) {
    std::copy_if(bucket.entries.begin(), bucket.entries.end(), std::back_inserter(found), is_bad);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Entry& a, const Entry& b) { return a.answered_at > b.answered_at; });
  std::vector<Contact> out;
  for (const Entry& entry : found) {
    if (out.size() < at_most) out.push_back(entry.contact);
  }
  return out;
}

bool RoutingTable::is_alive(const Endpoint& endpoint) const {
  const Entry* known = find(endpoint.address);
  return known != nullptr && known->contact.endpoint == endpoint && !is_bad(*known);
}

// Only nodes that answered are in the table, so that a query from one proves it alive.
RoutingTable::Standing RoutingTable::standing(Instant now, const Entry& entry) {
  if (is_bad(entry)) return Standing::bad;
  const Instant heard_at = std::max(entry.answered_at, entry.asked_us_at);
  return entry.misses == 0 && now < heard_at + kGoodFor ? Standing::good : Standing::questionable;
}

RoutingTable::Bucket& RoutingTable::bucket_of(const NodeId& id) {
  const std::size_t bits = shared_prefix_bits(own_id_, id);
  assert(bits < kIdBits);
  if (bits >= buckets_.size()) buckets_.resize(bits + 1);
  return buckets_[bits];
}

const RoutingTable::Bucket* RoutingTable::find_bucket(const NodeId& id) const {
  const std::size_t bits = shared_prefix_bits(own_id_, id);
  return bits < buckets_.size() ? &buckets_[bits] : nullptr;
}

const RoutingTable::Entry* RoutingTable::find(const IpAddress& address) const {
  const auto known = addresses_.find(address);
  if (known == addresses_.end()) return nullptr;
  const Bucket* bucket = find_bucket(known->second);
  for (const Entries* entries : {&bucket->entries, &bucket->replacements}) {
    for (const Entry& entry : *entries) {
      if (entry.contact.endpoint.address == address) return &entry;
    }
  }
  return nullptr;
}

RoutingTable::Entry* RoutingTable::find(const IpAddress& address) {
  return const_cast<Entry*>(std::as_const(*this).find(address));
}

const RoutingTable::Entry* RoutingTable::find_namesake(const Bucket& bucket, const Contact& node) {
  for (const Entries* entries : {&bucket.entries, &bucket.replacements}) {
    for (const Entry& entry : *entries) {
      if (entry.contact.id == node.id && entry.contact.endpoint != node.endpoint) return &entry;
    }
  }
  return nullptr;
}

void RoutingTable::remove(const IpAddress& address) {
  Bucket& bucket = bucket_of(addresses_.at(address));
  const auto is_there = [&address](const Entry& e) {
    return e.contact.endpoint.address == address;
  };
  std::erase_if(bucket.entries, is_there);
  std::erase_if(bucket.replacements, is_there);
  addresses_.erase(address);
}

// A node that answers at the same endpoint under another id has restarted. At another port it is
// another node behind the same address, which has to wait until the first is gone.
bool RoutingTable::stays_for(Instant now, const Entry& known, const Contact& newcomer) const {
  return known.contact.endpoint != newcomer.endpoint && standing(now, known) == Standing::good;
}

bool RoutingTable::fits_well(const Contact& node) const {
  return defences_ == Defences::none || fits(node.id, node.endpoint.address);
}

bool RoutingTable::subnet_is_full(const NodeId& bucket, const IpAddress& address) const {
  if (!is_subnet_limited(subnet_mode_, address)) return false;
  const IpPrefix subnet = subnet_of(address);
  const std::size_t bits = shared_prefix_bits(own_id_, bucket);
  std::size_t in_table = 0;
  std::size_t in_bucket = 0;
  // Addresses of a subnet follow one another.
  for (auto it = addresses_.lower_bound(subnet.address);
       it != addresses_.end() && subnet.contains(it->first); ++it) {
    ++in_table;
    if (shared_prefix_bits(own_id_, it->second) == bits) ++in_bucket;
  }
  return in_bucket >= kSubnetInBucket || in_table >= kSubnetInTable;
}

void RoutingTable::insert(Bucket& bucket, Entry entry) {
  addresses_[entry.contact.endpoint.address] = entry.contact.id;
  if (bucket.entries.size() < kBucketSize) {
    bucket.entries.push_back(std::move(entry));
    return;
  }
  const auto misfit =
      std::find_if(bucket.entries.begin(), bucket.entries.end(),
                   [](const Entry& known) { return !known.fits && !is_bad(known); });
  if (entry.fits && misfit != bucket.entries.end()) std::swap(entry, *misfit);
  add_replacement(bucket, std::move(entry));
  promote_replacement(bucket);
}

void RoutingTable::add_replacement(Bucket& bucket, Entry entry) {
  if (bucket.replacements.size() == kBucketSize) {
    addresses_.erase(bucket.replacements.front().contact.endpoint.address);
    bucket.replacements.erase(bucket.replacements.begin());
  }
  bucket.replacements.push_back(std::move(entry));
}

// The newest replacement takes the place of a bad node, if there are both; one whose id fits comes
// first.
void RoutingTable::promote_replacement(Bucket& bucket) {
  Entries& waiting = bucket.replacements;
  const auto bad = std::find_if(bucket.entries.begin(), bucket.entries.end(), is_bad);
  if (bad == bucket.entries.end() || waiting.empty()) return;
  auto chosen =
      std::find_if(waiting.rbegin(), waiting.rend(), [](const Entry& e) { return e.fits; });
  if (chosen == waiting.rend()) chosen = waiting.rbegin();
  addresses_.erase(bad->contact.endpoint.address);
  *bad = std::move(*chosen);
  waiting.erase(std::prev(chosen.base()));
}

}  // namespace lanyard::dht
