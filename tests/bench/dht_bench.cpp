// SPDX-License-Identifier: Apache-2.0
// What a query costs a DHT node that answers it, by kind, from the datagram that comes in to the
// one that goes out; and what a datagram costs that it drops. All limits on answers are lifted.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <variant>
#include <vector>

#include "core/base/bencode.h"
#include "core/base/rng.h"
#include "core/dht/bound_id.h"
#include "core/dht/dht.h"
#include "core/dht/krpc.h"
#include "tests/bench/contest.h"

using namespace lanyard;
using namespace lanyard::dht;

namespace {

// Askers, each from an address of its own.
constexpr std::size_t kAskers = 64;
// More than there are rounds: each takes longer than a round.
constexpr std::size_t kNewVersions = 256;
constexpr std::size_t kRoundsToLearn = 40;
constexpr std::uint16_t kPort = 4000;

Settings unlimited() {
  Settings out;
  out.limits.answer_burst_per_address = 1'000'000'000;
  out.limits.answer_interval_per_address = nanoseconds(0);
  out.limits.answer_burst_bytes = 1'000'000'000;
  out.limits.answer_bytes_per_second = 1'000'000'000;
  out.limits.put_burst_per_address = 1'000'000'000;
  out.limits.put_interval_per_address = nanoseconds(0);
  out.limits.verify_burst = 1'000'000'000;
  out.limits.verify_interval = nanoseconds(0);
  out.limits.unproven_burst = 1'000'000'000;
  out.limits.unproven_interval = nanoseconds(0);
  out.limits.unproven_burst_per_address = 1'000'000'000;
  out.limits.unproven_interval_per_address = nanoseconds(0);
  return out;
}

Endpoint stranger(Rng& rng) {
  const auto host = static_cast<std::uint32_t>(0x14000000 + rng.below(0x10000000));
  return {IpAddress::from_v4(host), kPort};
}

Query put_of(const MutableItem& item) {
  Query out;
  out.method = Method::put;
  out.target = item.target().position();
  out.item = {.value = item.value,
              .key = item.key.bytes,
              .signature = item.signature,
              .sequence = item.sequence,
              .salt = {},
              .replaces_sequence = {}};
  return out;
}

// A node that knows as many others as one of a large network does, with askers at its door.
class Subject {
 public:
  Subject() : dht_(unlimited(), rng_) {
    for (std::size_t n = 0; n < kAskers; ++n) askers_.push_back(stranger(rng_));
    dht_.set_reachable(IpFamily::v4);
    const std::array<Endpoint, 1> first = {stranger(rng_)};
    dht_.add_bootstrap(now_, first, out_);
    dht_.start(now_, kPort, {.v4 = true}, out_);
    for (std::size_t round = 0; round < kRoundsToLearn; ++round) learn();
  }

  std::size_t node_count() const { return dht_.node_count(); }

  // One datagram from each asker. How many got an answer.
  std::size_t hear(const std::vector<Buffer>& datagrams) {
    out_.clear();
    events_.clear();
    now_ = now_ + milliseconds(1);
    for (std::size_t n = 0; n < kAskers; ++n) {
      dht_.handle_datagram(now_, askers_[n], datagrams[n], out_, events_);
    }
    return out_.size();
  }

  // One query of each asker, which first gets its token by `asking`.
  std::vector<Buffer> queries(const Query& query, Method asking = Method::ping) {
    return queries(std::vector<Query>(kAskers, query), asking);
  }
  std::vector<Buffer> queries(const std::vector<Query>& of_askers, Method asking) {
    std::vector<Buffer> out;
    for (std::size_t n = 0; n < kAskers; ++n) {
      Query query = of_askers[n];
      query.transaction = as_bytes("ab");
      query.sender_reachability = Reachability::read_only;  // no pings to make its acquaintance
      query.sender = random_id_for(askers_[n].address, rng_);
      Query first = query;
      first.method = asking;
      const Buffer token = token_for(askers_[n], first);
      query.token = token;
      out.push_back(encode(query));
    }
    return out;
  }

  Rng& rng() { return rng_; }

 private:
  Buffer token_for(const Endpoint& asker, const Query& query) {
    out_.clear();
    dht_.handle_datagram(now_, asker, encode(query), out_, events_);
    for (const Datagram& datagram : out_) {
      const auto message = parse_message(datagram.payload);
      if (const auto* answer = std::get_if<Answer>(&*message)) return to_buffer(answer->token);
    }
    return {};
  }

  // Everyone whom it asks names eight others.
  void learn() {
    Datagrams asked;
    std::swap(asked, out_);
    for (const Datagram& datagram : asked) {
      const auto message = parse_message(datagram.payload);
      const auto* query = std::get_if<Query>(&*message);
      if (query == nullptr) continue;
      Answer answer;
      answer.transaction = query->transaction;
      answer.sender = random_id_for(datagram.to.address, rng_);
      answer.nodes.emplace();
      for (int n = 0; n < 8; ++n) {
        const Endpoint other = stranger(rng_);
        answer.nodes->push_back({random_id_for(other.address, rng_), other});
      }
      dht_.handle_datagram(now_, datagram.to, encode(answer), out_, events_);
    }
    now_ = now_ + milliseconds(200);
    dht_.handle_timeout(now_, out_, events_);
  }

  SeededRng rng_{1};
  Dht dht_;
  Instant now_{1'000'000'000'000};
  std::vector<Endpoint> askers_;
  Datagrams out_;
  Events events_;
};

Query about(Method method, const NodeId& point) {
  Query out;
  out.method = method;
  out.target = point;
  out.info_hash = {point.bytes};
  out.port_source = PortSource::implied;
  out.port = kPort;
  return out;
}

}  // namespace

int main() {
  Subject subject;
  const auto key = *crypto::ItemKey::from_seed(Buffer(32, 1));
  const Buffer value = bencode::Writer().string(std::string(500, 'v')).take();
  const MutableItem stored = *sign_item(key, {}, 0, value);
  const NodeId item_point = ItemTarget::of_key(key.public_key(), {}).position();
  const NodeId point = NodeId::random(subject.rng());
  const NodeId empty_point = NodeId::random(subject.rng());

  struct Kind {
    const char* name;
    std::vector<Buffer> datagrams;
    std::size_t answers;
  };
  std::vector<Buffer> noise;
  std::vector<Buffer> dictionaries;
  std::vector<Buffer> unasked;
  for (std::size_t n = 0; n < kAskers; ++n) {
    Buffer junk(100);
    subject.rng().fill(junk);
    junk.front() = 'd';
    junk.back() = 'e';
    noise.push_back(std::move(junk));
    dictionaries.push_back(to_buffer(as_bytes("d1:ali1ei2ei3ei4ee1:bd1:c1:de1:t2:aa1:y1:xe")));
    unasked.push_back(encode(Answer{.transaction = as_bytes("abcd"),
                                    .sender = empty_point,
                                    .asker = {},
                                    .nodes = {},
                                    .nodes6 = {},
                                    .peers = {},
                                    .token = {},
                                    .item = {},
                                    .samples = {}}));
  }
  const std::vector<Kind> kinds = {
      {"ping", subject.queries(about(Method::ping, point)), kAskers},
      {"find_node", subject.queries(about(Method::find_node, point)), kAskers},
      {"announce_peer", subject.queries(about(Method::announce_peer, point), Method::get_peers),
       kAskers},
      {"get_peers, 64 peers stored", subject.queries(about(Method::get_peers, point)), kAskers},
      {"get_peers, none stored", subject.queries(about(Method::get_peers, empty_point)), kAskers},
      {"put, of what is stored already", subject.queries(put_of(stored), Method::get), kAskers},
      {"get, mutable, 500 bytes", subject.queries(about(Method::get, item_point)), kAskers},
      {"junk: d, noise, e", noise, 0},
      {"junk: a dictionary, no message", dictionaries, 0},
      {"junk: an answer to nothing asked", unasked, 0},
  };

  // Each a newer version, so that each signature is checked.
  std::vector<std::vector<Buffer>> puts;
  for (std::int64_t sequence = 1; puts.size() < kNewVersions; ++sequence) {
    std::vector<MutableItem> versions;
    for (; versions.size() < kAskers; ++sequence) {
      versions.push_back(*sign_item(key, {}, sequence, value));
    }
    std::vector<Query> of_askers;
    for (const MutableItem& version : versions) of_askers.push_back(put_of(version));
    puts.push_back(subject.queries(of_askers, Method::get));
  }

  bench::Contest contest;
  for (const Kind& kind : kinds) {
    const std::size_t answers = subject.hear(kind.datagrams);
    if (answers != kind.answers) {
      std::fprintf(stderr, "%s: %zu answers instead of %zu\n", kind.name, answers, kind.answers);
      return EXIT_FAILURE;
    }
    contest.add(kind.name, kAskers,
                [&subject, &kind] { bench::keep(subject.hear(kind.datagrams)); });
  }
  std::size_t next = 0;
  contest.add("put, with its signature checked", kAskers,
              [&] { bench::keep(subject.hear(puts[next++ % puts.size()])); });
  const auto scores = contest.run();
  const std::string title = "a DHT node that knows " + std::to_string(subject.node_count());
  bench::print(title.c_str(), scores);
  std::printf("\n%-44s %10s\n", "by one node on one core", "a second");
  for (const bench::Score& score : scores) {
    std::printf("%-44s %10.0f\n", score.name.c_str(), 1e9 / score.median.nanoseconds);
  }
}
