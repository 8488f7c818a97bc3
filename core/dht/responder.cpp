// SPDX-License-Identifier: Apache-2.0
#include "core/dht/responder.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/dht/item_fields.h"

namespace lanyard::dht {

namespace {

// An answer beyond its list of nodes, to an address that may be forged, in queries' sizes.
constexpr std::size_t kMaxAmplification = 3;
constexpr Duration kMaxSampleInterval = hours(6);  // BEP 51
constexpr std::size_t kPeersFraming = 10;          // "6:valuesle"
constexpr std::size_t kNodesFraming = 11;          // "5:nodes208:"
// An item of 1000 bytes with its key and signature does not fit into BEP 32's 1024. This fits into
// what Ethernet carries in one piece, with tunnels on the way.
constexpr std::size_t kMaxItemAnswerBytes = 1400;

// A compact endpoint as a string of bencoding: "6:" and 6 bytes, "18:" and 18.
std::size_t bytes_per_peer(const Endpoint& asker) { return asker.address.is_v4() ? 8 : 21; }

// Leaves out the farthest nodes of the family that has more.
void shrink_to(std::size_t bytes, Answer& answer) {
  while (encode(answer).size() > bytes) {
    const std::size_t v4 = answer.nodes ? answer.nodes->size() : 0;
    const std::size_t v6 = answer.nodes6 ? answer.nodes6->size() : 0;
    if (v4 + v6 == 0) return;
    (v4 > v6 ? answer.nodes : answer.nodes6)->pop_back();
  }
}

std::string_view text_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::generic: return "error";
    case ErrorCode::server: return "full";
    case ErrorCode::protocol: return "bad query";
    case ErrorCode::unknown_method: return "unknown";
    case ErrorCode::value_too_big: return "too big";
    case ErrorCode::bad_signature: return "bad sig";
    case ErrorCode::salt_too_big: return "salt too big";
    case ErrorCode::cas_mismatch: return "cas differs";
    case ErrorCode::old_sequence: return "old seq";
  }
  return "error";
}

}  // namespace

Responder::Responder(const Limits& limits,
                     const NodeId& own_id,
                     const RoutingTable& table,
                     AnswerBudget& budget,
                     Rng& rng,
                     Counters& counters)
    : own_id_(own_id),
      table_(table),
      rng_(rng),
      counters_(counters),
      tokens_(rng),
      store_(limits),
      items_(limits, own_id),
      budget_(budget) {}

std::variant<Responder::Reply, Drop> Responder::answer(Instant now,
                                                       const Endpoint& from,
                                                       const Query& query,
                                                       std::size_t query_bytes) {
  if (const auto reason = budget_.refusal(now, from.address)) return *reason;

  Reply reply;
  Outcome outcome = ErrorCode::unknown_method;
  if (query.fault) {
    outcome = *query.fault;
  } else {
    switch (query.method) {
      case Method::ping: outcome = blank_answer(from, query); break;
      case Method::find_node: outcome = find_node(from, query); break;
      case Method::get_peers: outcome = get_peers(now, from, query, query_bytes); break;
      case Method::announce_peer: outcome = announce_peer(now, from, query, reply.stored); break;
      case Method::get: outcome = get(now, from, query, query_bytes); break;
      case Method::put: outcome = put(now, from, query); break;
      case Method::sample_infohashes: outcome = sample_infohashes(from, query); break;
      case Method::unknown: outcome = find_node(from, query); break;
    }
  }
  if (const auto* answer = std::get_if<Answer>(&outcome)) {
    reply.datagram = encode(*answer);
    ++counters_.answers_sent;
  } else {
    const ErrorCode code = *std::get_if<ErrorCode>(&outcome);
    reply.datagram = encode(Failure{.transaction = query.transaction,
                                    .asker = from,
                                    .code = static_cast<std::int64_t>(code),
                                    .text = as_bytes(text_of(code))});
    // A query too short to be one of BEP 5 is not worth more bytes than it has itself.
    if (reply.datagram.size() > kMaxAmplification * query_bytes) return Drop::malformed;
    ++counters_.errors_sent;
  }
  budget_.spend(now, from.address, reply.datagram.size());
  return reply;
}

Responder::Outcome Responder::find_node(const Endpoint& from, const Query& query) const {
  Answer answer = blank_answer(from, query);
  add_nodes(from, query, query.target, answer);
  return answer;
}

// Never any: whoever collects info-hashes would learn when which network's members meet.
Responder::Outcome Responder::sample_infohashes(const Endpoint& from, const Query& query) const {
  Answer answer = blank_answer(from, query);
  add_nodes(from, query, query.target, answer);
  answer.samples = Samples{.interval_seconds = kMaxSampleInterval.seconds(), .info_hashes = {}};
  return answer;
}

// Nodes are returned with peers as well: the asker goes on to whoever stores more of them.
Responder::Outcome Responder::get_peers(Instant now,
                                        const Endpoint& from,
                                        const Query& query,
                                        std::size_t query_bytes) {
  Answer answer = blank_answer(from, query);
  // Without room here, no token: the announcement goes to a node that has some.
  if (store_.has_room(now, query.info_hash, from.address)) {
    token_ = tokens_.issue(now, from.address, query.info_hash.position());
    answer.token = token_;
  }
  const std::size_t bare_bytes = encode(answer).size() + kPeersFraming + kNodesFraming;
  add_nodes(from, query, query.info_hash.position(), answer);
  const std::size_t with_nodes = encode(answer).size() + kPeersFraming;
  std::size_t room = kMaxSentBytes - std::min(with_nodes, kMaxSentBytes);
  // That a node answered us proves its address.
  if (!table_.is_alive(from)) {
    const std::size_t limit = kMaxAmplification * query_bytes;
    room = std::min(room, limit - std::min(bare_bytes, limit));
  }
  answer.peers = store_.sample(now, query.info_hash, room / bytes_per_peer(from), rng_);
  return answer;
}

Responder::Outcome Responder::announce_peer(Instant now,
                                            const Endpoint& from,
                                            const Query& query,
                                            std::optional<StoredPeer>& stored) {
  if (!tokens_.accepts(now, from.address, query.info_hash.position(), query.token)) {
    return ErrorCode::protocol;
  }
  const Endpoint peer{from.address,
                      query.port_source == PortSource::implied ? from.port : query.port};
  if (!store_.add(now, query.info_hash, peer)) return ErrorCode::server;
  stored = StoredPeer{query.info_hash, peer};
  return blank_answer(from, query);
}

Responder::Outcome Responder::get(Instant now,
                                  const Endpoint& from,
                                  const Query& query,
                                  std::size_t query_bytes) {
  Answer answer = blank_answer(from, query);
  if (items().has_room(now, {query.target.bytes}, from.address)) {
    token_ = tokens_.issue(now, from.address, query.target);
    answer.token = token_;
  }
  add_item(now, from, query, query_bytes, answer);
  add_nodes(from, query, query.target, answer);
  shrink_to(kMaxItemAnswerBytes, answer);
  return answer;
}

void Responder::add_item(Instant now,
                         const Endpoint& from,
                         const Query& query,
                         std::size_t query_bytes,
                         Answer& answer) {
  const Item* item = items().find(now, {query.target.bytes});
  if (item == nullptr) return;
  const auto sequence = sequence_of(*item);
  const auto& known = query.item.sequence;
  if (!sequence || !known || *sequence > *known) {
    answer.item = fields_of(*item);
    // That a node answered us proves its address.
    const bool is_short = encode(answer).size() <= kMaxAmplification * query_bytes;
    if (is_short || table_.is_alive(from) || items_.may_tell_unproven(now, from.address)) return;
  }
  answer.item = {};
  answer.item.sequence = sequence;
}

Responder::Outcome Responder::put(Instant now, const Endpoint& from, const Query& query) {
  const auto judged = item_of_put(query.item);
  if (const auto* fault = std::get_if<ErrorCode>(&judged)) return *fault;
  const Item& item = *std::get_if<Item>(&judged);
  if (!tokens_.accepts(now, from.address, target_of(item).position(), query.token)) {
    return ErrorCode::protocol;
  }
  const auto refusal = items_.put(now, from.address, item, query.item.replaces_sequence);
  if (refusal) return *refusal;
  return blank_answer(from, query);
}

void Responder::add_nodes(const Endpoint& from,
                          const Query& query,
                          const NodeId& target,
                          Answer& answer) const {
  const IpFamily own = from.address.family();
  const Families want = query.want.are_none() ? Families::only(own) : query.want;
  for (const IpFamily family : {IpFamily::v4, IpFamily::v6}) {
    const RoutingTable* table = family == own ? &table_ : other_table_;
    if (!want.hold(family) || table == nullptr) continue;
    (family == IpFamily::v4 ? answer.nodes : answer.nodes6) = table->closest(target, kBucketSize);
  }
}

Answer Responder::blank_answer(const Endpoint& from, const Query& query) const {
  Answer answer;
  answer.transaction = query.transaction;
  answer.sender = own_id_;
  answer.asker = from;
  return answer;
}

}  // namespace lanyard::dht
