// SPDX-License-Identifier: Apache-2.0
// KRPC, the messages of BEP 5: bencoded dictionaries, one a datagram. Parses what peers in the wild
// send (keys in any order, unknown keys ignored) and writes canonical messages.
//
//   key   in             value
//   t     every message  transaction, chosen by the asker and echoed by the answerer
//   y     every message  "q" query, "r" answer, "e" error
//   v     optional       client and version
//   q, a  query          method, arguments: id target info_hash port implied_port token
//   ro    query          1: the sender answers no queries itself (BEP 43)
//   r     answer         id nodes values token
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

enum class Method : std::uint8_t { ping, find_node, get_peers, announce_peer, unknown };

enum class ErrorCode : std::uint16_t {  // BEP 5
  generic = 201,
  server = 202,
  protocol = 203,  // malformed, or a bad token
  unknown_method = 204,
};

enum class PortSource : std::uint8_t { given, implied };
enum class Reachability : std::uint8_t { normal, read_only };

// Fields that a method does not use are left as they are here. Byte views live as long as the
// datagram parsed, or as what the writer's caller lent.
struct Query {
  Bytes transaction;
  Method method = Method::ping;
  NodeId sender;
  Reachability sender_reachability = Reachability::normal;
  NodeId target;       // find_node
  InfoHash info_hash;  // get_peers, announce_peer
  // announce_peer: implied means the port that the datagram came from; given holds a valid one.
  PortSource port_source = PortSource::given;
  std::uint16_t port = 0;
  Bytes token;
  // Nothing is to be done but to answer with this error.
  std::optional<ErrorCode> fault;
};

struct Answer {
  Bytes transaction;
  NodeId sender;
  std::optional<Endpoint> asker;
  std::optional<std::vector<Contact>> nodes;
  std::vector<Endpoint> peers;
  Bytes token;  // empty: none
};

struct Failure {
  Bytes transaction;
  std::optional<Endpoint> asker;
  std::int64_t code = 0;
  Bytes text;
};

using Message = std::variant<Query, Answer, Failure>;

// Nothing for what must not be answered at all: no bencoded dictionary within the limits of KRPC,
// no transaction of at most 32 bytes, no known y, or an answer without its sender.
std::optional<Message> parse_message(Bytes datagram);

// version empty: without v. Query::fault is not written.
Buffer encode(const Query& query, Bytes version = kClientVersion);
Buffer encode(const Answer& answer, Bytes version = kClientVersion);
Buffer encode(const Failure& failure, Bytes version = kClientVersion);

}  // namespace lanyard::dht
