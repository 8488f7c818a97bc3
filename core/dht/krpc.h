// SPDX-License-Identifier: Apache-2.0
// KRPC, the messages of BEP 5, 32, 42, 43, 44 and 51: bencoded dictionaries, one a datagram. Parses
// what peers in the wild send (keys in any order, unknown keys ignored) and writes canonical
// messages. Checks form alone: sizes of items, tokens and signatures are judged by others.
//
//   key   in             value
//   t     every message  transaction, chosen by the asker and echoed by the answerer
//   y     every message  "q" query, "r" answer, "e" error
//   v     optional       client and version
//   q, a  query          method, arguments: id target info_hash port implied_port token want, and
//                        of a put: k salt seq cas sig v
//   ro    query          1: the sender answers no queries itself (BEP 43)
//   r     answer         id nodes nodes6 values token, of a get: k seq sig v, of BEP 51: interval
//                        num samples
//   e     error          [code, text]
//   ip    answer, error  the asker's endpoint as the answerer sees it, compact (BEP 42)
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "core/base/bytes.h"
#include "core/dht/node_id.h"

namespace lanyard::dht {

// Two letters of the client, then its version (BEP 20's custom): "LY", 0.1.
inline constexpr std::array<std::uint8_t, 4> kClientVersion = {'L', 'Y', 0, 1};

// Sent by us at most: what everyone can take in one datagram (BEP 32). Longer ones are read too.
inline constexpr std::size_t kMaxSentBytes = 1024;

enum class Method : std::uint8_t {
  ping,
  find_node,
  get_peers,
  announce_peer,
  get,
  put,
  sample_infohashes,
  unknown,
};

enum class ErrorCode : std::uint16_t {
  generic = 201,  // BEP 5
  server = 202,
  protocol = 203,  // malformed, or a bad token
  unknown_method = 204,
  value_too_big = 205,  // BEP 44
  bad_signature = 206,
  salt_too_big = 207,
  cas_mismatch = 301,
  old_sequence = 302,
};

enum class PortSource : std::uint8_t { given, implied };

// A stored item (BEP 44) as a put brings it and as a get returns it, still to be judged. Of an
// immutable one there is the value alone; of a mutable one key and signature too.
struct ItemFields {
  Bytes value;                                    // v, bencoded, byte for byte as received
  Bytes key;                                      // k: 32 bytes, or none
  Bytes signature;                                // sig: 64 bytes, or none
  std::optional<std::int64_t> sequence;           // seq, never negative; of a get: what it has
  Bytes salt;                                     // of a put
  std::optional<std::int64_t> replaces_sequence;  // cas, of a put
};

// BEP 51: some of the info-hashes that the answerer stores peers under.
struct Samples {
  std::int64_t interval_seconds = 0;  // until it has others
  std::int64_t stored_count = 0;
  Bytes info_hashes;  // 20 bytes each
};

// Fields that a method does not use are left as they are here. Byte views live as long as the
// datagram parsed, or as what the writer's caller lent.
struct Query {
  Bytes transaction;
  Method method = Method::ping;
  NodeId sender;
  Reachability sender_reachability = Reachability::normal;
  // find_node, get, sample_infohashes; also the target or info_hash of an unknown method.
  NodeId target;
  InfoHash info_hash;  // get_peers, announce_peer
  Families want;       // none: not said, so those of the family that the query came by
  // announce_peer: implied means the port that the datagram came from; given holds a valid one.
  PortSource port_source = PortSource::given;
  std::uint16_t port = 0;
  Bytes token;      // announce_peer, put
  ItemFields item;  // put; of a get its sequence alone
  // Nothing is to be done but to answer with this error.
  std::optional<ErrorCode> fault;
};

struct Answer {
  Bytes transaction;
  NodeId sender;
  std::optional<Endpoint> asker;
  std::optional<std::vector<Contact>> nodes;   // of IPv4
  std::optional<std::vector<Contact>> nodes6;  // of IPv6
  std::vector<Endpoint> peers;                 // of either family
  Bytes token;                                 // empty: none
  ItemFields item;
  std::optional<Samples> samples;
};

struct Failure {
  Bytes transaction;
  std::optional<Endpoint> asker;
  std::int64_t code = 0;
  Bytes text;
};

using Message = std::variant<Query, Answer, Failure>;

// Nothing for what must not be answered at all: no bencoded dictionary within the limits of KRPC
// (more than 20 bytes, depth 10, 500 tokens), no transaction of at most 32 bytes, no known y, or an
// answer without its sender.
std::optional<Message> parse_message(Bytes datagram);

// version empty: without v. Query::fault is not written.
Buffer encode(const Query& query, Bytes version = kClientVersion);
Buffer encode(const Answer& answer, Bytes version = kClientVersion);
Buffer encode(const Failure& failure, Bytes version = kClientVersion);

}  // namespace lanyard::dht
