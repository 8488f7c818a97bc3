// SPDX-License-Identifier: Apache-2.0
#include "core/dht/krpc.h"

#include <array>
#include <string_view>
#include <utility>

#include "core/base/bencode.h"

namespace lanyard::dht {

namespace {

// BEP 5 implementations send 1 to 8 bytes; longer ones are echoed to this length.
constexpr std::size_t kMaxTransactionBytes = 32;
// Tokens in the wild have 4 to 20 bytes. One that is longer could not be sent back.
constexpr std::size_t kMaxTokenBytes = 128;
// Answers hold k = 8 nodes; some implementations send twice that.
constexpr std::size_t kMaxNodes = 32;
// As many peers as fit in a datagram of 1500 bytes.
constexpr std::size_t kMaxPeers = 200;

constexpr std::array<std::pair<std::string_view, Method>, 4> kMethods = {{
    {"ping", Method::ping},
    {"find_node", Method::find_node},
    {"get_peers", Method::get_peers},
    {"announce_peer", Method::announce_peer},
}};

Method method_named(std::string_view name) {
  for (const auto& [known, method] : kMethods) {
    if (known == name) return method;
  }
  return Method::unknown;
}

std::string_view name_of(Method method) {
  for (const auto& [name, known] : kMethods) {
    if (known == method) return name;
  }
  return "";
}

// False: an argument that the method needs is absent or wrong.
bool read_announcement(const bencode::Value& arguments, Query& out) {
  const auto token = arguments.string("token");
  if (!token || token->size() > kMaxTokenBytes) return false;
  out.token = *token;
  if (arguments.integer("implied_port").value_or(0) != 0) {
    out.port_source = PortSource::implied;
    return true;
  }
  const auto port = arguments.integer("port");
  if (!port || *port < 1 || *port > 0xffff) return false;
  out.port = static_cast<std::uint16_t>(*port);
  return true;
}

bool read_arguments(const bencode::Value& arguments, Query& out) {
  const auto sender = arguments.array<kIdBytes>("id");
  if (!sender) return false;
  out.sender = {*sender};
  if (out.method == Method::find_node) {
    const auto target = arguments.array<kIdBytes>("target");
    if (target) out.target = {*target};
    return target.has_value();
  }
  if (out.method == Method::ping) return true;
  const auto info_hash = arguments.array<kIdBytes>("info_hash");
  if (!info_hash) return false;
  out.info_hash = {*info_hash};
  return out.method != Method::announce_peer || read_announcement(arguments, out);
}

Query read_query(const bencode::Value& message) {
  Query out;
  if (message.integer("ro").value_or(0) == 1) out.sender_reachability = Reachability::read_only;
  const auto name = message.string("q");
  const bencode::Value* arguments = message.dict("a");
  if (!name || arguments == nullptr) {
    out.fault = ErrorCode::protocol;
    return out;
  }
  out.method = method_named(as_text(*name));
  if (out.method == Method::unknown) {
    out.fault = ErrorCode::unknown_method;
  } else if (!read_arguments(*arguments, out)) {
    out.fault = ErrorCode::protocol;
  }
  return out;
}

std::optional<Endpoint> read_asker(const bencode::Value& message) {
  const auto compact = message.string("ip");
  if (!compact) return std::nullopt;
  const auto endpoint = Endpoint::from_compact(*compact);
  if (!endpoint || !endpoint->is_usable()) return std::nullopt;
  return endpoint;
}

std::optional<Answer> read_answer(const bencode::Value& message) {
  const bencode::Value* values = message.dict("r");
  if (values == nullptr) return std::nullopt;
  const auto sender = values->array<kIdBytes>("id");
  if (!sender) return std::nullopt;
  Answer out;
  out.sender = {*sender};
  out.asker = read_asker(message);
  if (const auto nodes = values->string("nodes")) out.nodes = decode_contacts(*nodes, kMaxNodes);
  const auto token = values->string("token");
  if (token && token->size() <= kMaxTokenBytes) out.token = *token;
  if (const bencode::Value* peers = values->list("values")) {
    for (const bencode::Value& item : peers->items()) {
      const auto compact = item.string();
      if (!compact || compact->size() != 6 || out.peers.size() == kMaxPeers) continue;
      const auto peer = Endpoint::from_compact(*compact);
      if (peer && peer->is_usable()) out.peers.push_back(*peer);
    }
  }
  return out;
}

Failure read_failure(const bencode::Value& message) {
  Failure out;
  out.asker = read_asker(message);
  const bencode::Value* error = message.list("e");
  if (error == nullptr || error->items().size() < 2) return out;
  out.code = error->items()[0].integer().value_or(0);
  out.text = error->items()[1].string().value_or(Bytes());
  return out;
}

// The keys after the body, which sorts before them.
Buffer finish(bencode::Writer& writer, Bytes transaction, Bytes version, std::string_view kind) {
  writer.string("t", transaction);
  if (!version.empty()) writer.string("v", version);
  writer.string("y", kind).end();
  return writer.take();
}

}  // namespace

std::optional<Message> parse_message(Bytes datagram) {
  const auto message = bencode::parse(datagram, {.order = bencode::Order::lenient});
  if (!message || message->kind() != bencode::Value::Kind::dict) return std::nullopt;
  const auto transaction = message->string("t");
  const auto kind = message->string("y");
  if (!transaction || transaction->size() > kMaxTransactionBytes || !kind) return std::nullopt;
  if (as_text(*kind) == "q") {
    Query query = read_query(*message);
    query.transaction = *transaction;
    return query;
  }
  if (as_text(*kind) == "r") {
    auto answer = read_answer(*message);
    if (!answer) return std::nullopt;
    answer->transaction = *transaction;
    return std::move(*answer);
  }
  if (as_text(*kind) == "e") {
    Failure failure = read_failure(*message);
    failure.transaction = *transaction;
    return failure;
  }
  return std::nullopt;
}

Buffer encode(const Query& query, Bytes version) {
  bencode::Writer writer;
  writer.begin_dict().key("a").begin_dict().string("id", query.sender.bytes);
  const bool announces = query.method == Method::announce_peer;
  if (announces && query.port_source == PortSource::implied) writer.integer("implied_port", 1);
  if (announces || query.method == Method::get_peers) {
    writer.string("info_hash", query.info_hash.bytes);
  }
  if (announces) writer.integer("port", query.port).string("token", query.token);
  if (query.method == Method::find_node) writer.string("target", query.target.bytes);
  writer.end().string("q", name_of(query.method));
  if (query.sender_reachability == Reachability::read_only) writer.integer("ro", 1);
  return finish(writer, query.transaction, version, "q");
}

Buffer encode(const Answer& answer, Bytes version) {
  bencode::Writer writer;
  writer.begin_dict();
  if (answer.asker) writer.string("ip", answer.asker->compact());
  writer.key("r").begin_dict().string("id", answer.sender.bytes);
  if (answer.nodes) writer.string("nodes", encode_contacts(*answer.nodes));
  if (!answer.token.empty()) writer.string("token", answer.token);
  if (!answer.peers.empty()) {
    writer.key("values").begin_list();
    for (const Endpoint& peer : answer.peers) writer.string(peer.compact());
    writer.end();
  }
  writer.end();
  return finish(writer, answer.transaction, version, "r");
}

Buffer encode(const Failure& failure, Bytes version) {
  bencode::Writer writer;
  writer.begin_dict().key("e").begin_list().integer(failure.code).string(failure.text).end();
  if (failure.asker) writer.string("ip", failure.asker->compact());
  return finish(writer, failure.transaction, version, "e");
}

}  // namespace lanyard::dht
