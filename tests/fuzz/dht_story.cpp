// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/dht_story.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <variant>

#include "core/dht/bound_id.h"
#include "core/dht/routing_table.h"
#include "tests/unit/dht/items.h"

namespace lanyard::fuzz {
namespace {

using namespace lanyard::dht;

constexpr std::array<std::string_view, 8> kNeighbours = {
    "20.1.1.1:4000",  "20.1.1.2:4000", "20.1.1.2:4001",    "84.124.73.14:6881",
    "21.75.31.124:1", "10.0.0.7:4000", "[2600:1::1]:4000", "[2600:2::1]:4000",
};
// Where others see us.
constexpr std::string_view kOwn = "65.23.51.170:4000";

constexpr std::size_t kMostNodes = 2 * kIdBits * kBucketSize;
constexpr std::size_t kMostKept = 400;
constexpr Duration kPromisedEnd = seconds(30);
// Timers that are due at the same instant.
constexpr int kMostRounds = 8;
constexpr std::uint8_t kLongestStep = 21;  // powers of two of milliseconds: half an hour

Settings settings_of(Bytes script) {
  Settings out;
  out.mode = !script.empty() && script[0] % 2 == 0 ? Mode::private_ : Mode::public_;
  out.bootstrap = {*Endpoint::parse(kNeighbours[0]), *Endpoint::parse(kNeighbours[6])};
  // Small, so that a story reaches them.
  out.limits.stored_hashes = 4;
  out.limits.peers_per_hash = 40;
  out.limits.stored_items = 4;
  return out;
}

const std::array<Contact, kNeighbours.size()>& neighbours() {
  static const auto all = [] {
    std::array<Contact, kNeighbours.size()> out;
    SeededRng rng(7);
    for (std::size_t n = 0; n < out.size(); ++n) {
      out[n].endpoint = *Endpoint::parse(kNeighbours[n]);
      out[n].id = n == 1 ? NodeId::random(rng) : random_id_for(out[n].endpoint.address, rng);
    }
    return out;
  }();
  return all;
}

const NodeId& id_of(const Endpoint& endpoint) {
  for (const Contact& contact : neighbours()) {
    if (contact.endpoint == endpoint) return contact.id;
  }
  return neighbours()[0].id;
}

}  // namespace

DhtStory::DhtStory(Bytes script) : script_(script), dht_(settings_of(script), rng_) {
  dht_.start(now_, 4000, {.v4 = true, .v6 = next() % 4 < 2}, out_);
  settle();
}

std::string DhtStory::find_fault() {
  while (!script_.empty() && fault_.empty()) happen();
  const Instant end = now_ + kPromisedEnd;
  while (now_ < end && fault_.empty()) {
    now_ = now_ + seconds(1);
    run_timers();
  }
  check(wanted_.empty(), "a lookup did not end in time");
  return fault_;
}

void DhtStory::happen() {
  switch (next() % 17) {
    case 0:
    case 1: pass_time(); break;
    case 2:
    case 3:
    case 4: ask(); break;
    case 5:
    case 6:
    case 7:
    case 8: answer(); break;
    case 9: refuse(); break;
    case 10: say_anything(); break;
    case 11: want_peers(); break;
    case 12: want_item(); break;
    case 13: put_item(); break;
    case 14: give_up(); break;
    case 15: change_world(); break;
    case 16: announce_many(); break;
  }
  check(dht_.node_count() <= kMostNodes, "too many nodes are known");
  check(dht_.good_nodes(now_).size() <= kMostKept, "too many nodes are kept");
}

void DhtStory::pass_time() {
  const Duration step = milliseconds(std::int64_t{1} << next() % (kLongestStep + 1));
  const Instant end = now_ + step;
  // Alarms are heard in time.
  for (Instant at = dht_.next_timeout(); at < end && fault_.empty(); at = dht_.next_timeout()) {
    now_ = std::max(now_, at);
    run_timers();
  }
  now_ = end;
  run_timers();
}

void DhtStory::run_timers() {
  from_.reset();
  for (int round = 0; dht_.next_timeout() <= now_ && fault_.empty(); ++round) {
    dht_.handle_timeout(now_, out_, events_);
    settle();
    check(round < kMostRounds, "an alarm stays in the past");
  }
  for (const auto& [lookup, ends_at] : wanted_) {
    check(now_ <= ends_at, "a lookup is overdue");
  }
}

void DhtStory::ask() {
  const Endpoint from = neighbour();
  Query query;
  query.transaction = as_bytes("ab");
  query.sender = id_of(from);
  query.method = static_cast<Method>(next() % 7);
  const std::uint8_t how = next();
  if (how % 4 == 0) query.sender_reachability = Reachability::read_only;
  if (how % 8 == 1) query.want = {.v4 = true, .v6 = true};
  query.target = point();
  query.info_hash = {point().bytes};
  query.port_source = how % 2 == 0 ? PortSource::implied : PortSource::given;
  query.port = next16() | 1;
  const Buffer token = token_;
  query.token = token;
  if (query.method == Method::put) {
    const MutableItem item = version(next() % 2, next() % 4, how % 2 == 0 ? "one" : "two");
    query.item = {.value = item.value,
                  .key = item.key.bytes,
                  .signature = item.signature,
                  .sequence = item.sequence,
                  .salt = {},
                  .replaces_sequence = {}};
    if (how % 8 == 2) query.item.replaces_sequence = next() % 4;
    hear(from, encode(query));
    return;
  }
  hear(from, encode(query));
}

// More peers under one hash than may be told to whoever asks.
void DhtStory::announce_many() {
  const Endpoint from = neighbour();
  Query query;
  query.transaction = as_bytes("ab");
  query.sender = id_of(from);
  query.info_hash = {point().bytes};
  for (std::uint16_t port = 1000 + next() % 48; port >= 1000; --port) {
    query.method = Method::get_peers;
    hear(from, encode(query));
    const Buffer token = token_;
    query.method = Method::announce_peer;
    query.token = token;
    query.port = port;
    hear(from, encode(query));
  }
}

void DhtStory::answer() {
  if (asked_.empty()) return;
  const std::size_t which = asked_.size() - 1 - next() % std::min<std::size_t>(asked_.size(), 16);
  const Asked asked = asked_[which];
  asked_.erase(asked_.begin() + static_cast<std::ptrdiff_t>(which));
  const std::uint8_t how = next();
  Answer out;
  out.transaction = asked.transaction;
  out.sender = how % 16 == 15 ? point() : id_of(asked.to);
  if (asked.to.address.is_v4()) out.asker = Endpoint::parse(kOwn);
  const bool has_nodes = asked.method != Method::ping;
  if (has_nodes) (asked.to.address.is_v4() ? out.nodes : out.nodes6) = contacts();
  const Buffer token(8, how);
  if (how % 4 != 3) out.token = token;
  if (asked.method == Method::get_peers && how % 2 == 0) out.peers = {neighbour(), neighbour()};
  const MutableItem item = version(next() % 2, next() % 4, "found");
  if (asked.method == Method::get && how % 2 == 0) {
    out.item = {.value = item.value,
                .key = item.key.bytes,
                .signature = item.signature,
                .sequence = item.sequence,
                .salt = {},
                .replaces_sequence = {}};
  }
  Buffer datagram = encode(out);
  if (how % 8 == 7) mutate(datagram);  // and may be an answer even so
  proven_.insert(asked.to);
  // Others may answer in its stead, and are not believed.
  hear(how % 32 == 30 ? neighbour() : asked.to, std::move(datagram));
}

void DhtStory::refuse() {
  if (asked_.empty()) return;
  const Asked asked = asked_.back();
  asked_.pop_back();
  const std::int64_t code = 200 + next() % 128;
  hear(asked.to,
       encode(Failure{.transaction = asked.transaction, .asker = {}, .code = code, .text = {}}));
}

void DhtStory::say_anything() {
  const Endpoint from = neighbour();
  Buffer datagram = to_buffer(take(next()));
  if (!datagram.empty() && datagram[0] % 2 == 0) {
    Query query;
    query.transaction = as_bytes("zz");
    query.sender = id_of(from);
    query.method = Method::find_node;
    datagram = encode(query);
    mutate(datagram);
  }
  hear(from, std::move(datagram));
}

void DhtStory::want_peers() {
  const InfoHash info_hash{point().bytes};
  const Announce announce = next() % 2 == 0 ? Announce::no : Announce::yes;
  const LookupId lookup = dht_.get_peers(now_, info_hash, announce, out_, events_);
  wanted_[lookup] = now_ + kPromisedEnd;
  settle();
}

void DhtStory::want_item() {
  const std::uint8_t how = next();
  const crypto::ItemPublicKey key = item_key(how % 2).public_key();
  const LookupId lookup = how % 4 < 2
                              ? dht_.get_item(now_, ItemTarget{point().bytes}, out_, events_)
                              : dht_.get_item(now_, key, {}, std::nullopt, out_, events_);
  wanted_[lookup] = now_ + kPromisedEnd;
  settle();
}

void DhtStory::put_item() {
  const std::uint8_t how = next();
  const Item item = how % 8 < 6 ? Item(version(how % 2, how / 8, "ours")) : Item(immutable("ours"));
  if (how % 4 == 0) {
    dht_.keep_item(now_, item, out_, events_);
  } else if (how % 4 == 1) {
    dht_.release_item(target_of(item));
  } else {
    const LookupId lookup = dht_.put_item(now_, item, std::nullopt, out_, events_);
    wanted_[lookup] = now_ + kPromisedEnd;
  }
  settle();
}

void DhtStory::give_up() {
  if (wanted_.empty()) return;
  const auto it = std::next(wanted_.begin(), next() % static_cast<std::ptrdiff_t>(wanted_.size()));
  dht_.cancel(it->first);
  wanted_.erase(it);
}

void DhtStory::change_world() {
  const std::array<Endpoint, 1> hint = {neighbour()};
  switch (next() % 4) {
    case 0: dht_.handle_network_change(now_, out_); break;
    case 1: dht_.add_bootstrap(now_, hint, out_); break;
    case 2: dht_.set_reachable(IpFamily::v4); break;
    case 3: dht_.set_own_addresses(std::array<IpAddress, 1>{hint[0].address}); break;
  }
  from_.reset();
  settle();
}

void DhtStory::hear(const Endpoint& from, Buffer datagram) {
  from_ = from;
  heard_bytes_ = datagram.size();
  dht_.handle_datagram(now_, from, datagram, out_, events_);
  settle();
  from_.reset();
}

void DhtStory::mutate(Buffer& datagram) {
  for (int n = next() % 4; n >= 0; --n) {
    const std::size_t place = next16() % datagram.size();
    switch (next() % 3) {
      case 0: datagram[place] = next(); break;
      case 1: datagram.resize(std::max<std::size_t>(place, 1)); break;
      case 2: datagram.insert(datagram.begin() + static_cast<std::ptrdiff_t>(place), next()); break;
    }
  }
}

// Zeros once the script is over.
std::uint8_t DhtStory::next() {
  if (script_.empty()) return 0;
  const std::uint8_t out = script_.front();
  script_ = script_.subspan(1);
  return out;
}

std::uint16_t DhtStory::next16() {
  const std::uint16_t high = next();
  return static_cast<std::uint16_t>(high << 8 | next());
}

Bytes DhtStory::take(std::size_t size) {
  const Bytes out = script_.first(std::min(size, script_.size()));
  script_ = script_.subspan(out.size());
  return out;
}

const Endpoint& DhtStory::neighbour() { return neighbours()[next() % kNeighbours.size()].endpoint; }

// Few of them, so that what is stored is asked for; some are the items'.
NodeId DhtStory::point() {
  const std::uint8_t which = next() % 8;
  if (which < 2) return ItemTarget::of_key(item_key(which).public_key(), {}).position();
  if (which == 2) return immutable("ours").target().position();
  NodeId out;
  out.bytes.fill(static_cast<std::uint8_t>(which * 37));
  return out;
}

std::vector<Contact> DhtStory::contacts() {
  std::vector<Contact> out;
  for (std::size_t n = next() % 9; n > 0; --n) {
    const std::uint8_t which = next();
    Contact contact = neighbours()[which % kNeighbours.size()];
    if (which >= 128) {  // unheard of
      contact.id = point();
      contact.endpoint.port = next16();
    }
    out.push_back(contact);
  }
  return out;
}

}  // namespace lanyard::fuzz
