// SPDX-License-Identifier: Apache-2.0
#include "core/dht/krpc.h"

#include <array>
#include <string_view>
#include <utility>

#include "core/base/bencode.h"

namespace lanyard::dht {

namespace {

// Shorter datagrams hold no message of BEP 5 (libtorrent's limit too).
constexpr std::size_t kMinMessageBytes = 21;
// BEP 5 implementations send 1 to 8 bytes; longer ones are echoed to this length.
constexpr std::size_t kMaxTransactionBytes = 32;
// Tokens in the wild have 4 to 20 bytes. One that is longer could not be sent back.
constexpr std::size_t kMaxTokenBytes = 128;
// Answers hold k = 8 nodes; some implementations send twice that.
constexpr std::size_t kMaxNodes = 16;
// As many peers as fit in a datagram of 1500 bytes.
constexpr std::size_t kMaxPeers = 200;

constexpr std::size_t kKeyBytes = 32;        // BEP 44: Ed25519
constexpr std::size_t kSignatureBytes = 64;  // BEP 44: Ed25519

constexpr std::array<std::pair<std::string_view, Method>, 7> kMethods = {{
    {"ping", Method::ping},
    {"find_node", Method::find_node},
    {"get_peers", Method::get_peers},
    {"announce_peer", Method::announce_peer},
    {"get", Method::get},
    {"put", Method::put},
    {"sample_infohashes", Method::sample_infohashes},
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

// False: it is there, but not of these many bytes.
bool read_fixed(const bencode::Value& values, std::string_view key, std::size_t size, Bytes& out) {
  const bencode::Value* value = values.find(key);
  if (value == nullptr) return true;
  out = value->string().value_or(Bytes());
  return out.size() == size;
}

// False: it is there, but no number from 0 on.
bool read_sequence(const bencode::Value& values,
                   std::string_view key,
                   std::optional<std::int64_t>& out) {
  const bencode::Value* value = values.find(key);
  if (value == nullptr) return true;
  out = value->integer();
  return out.has_value() && *out >= 0;
}

bool read_item(const bencode::Value& values, ItemFields& out) {
  if (const bencode::Value* value = values.find("v")) out.value = value->raw();
  out.salt = values.string("salt").value_or(Bytes());
  return read_fixed(values, "k", kKeyBytes, out.key) &&
         read_fixed(values, "sig", kSignatureBytes, out.signature) &&
         read_sequence(values, "seq", out.sequence) &&
         read_sequence(values, "cas", out.replaces_sequence);
}

Families read_want(const bencode::Value& arguments) {
  Families out;
  const bencode::Value* want = arguments.list("want");
  if (want == nullptr) return out;
  for (const bencode::Value& item : want->items()) {
    const std::string_view name = as_text(item.string().value_or(Bytes()));
    if (name == "n4") out.v4 = true;
    if (name == "n6") out.v6 = true;
  }
  return out;
}

// These four: false for an argument that the method needs and that is absent or wrong.
bool read_target(const bencode::Value& arguments, std::string_view key, NodeId& out) {
  const auto target = arguments.array<kIdBytes>(key);
  if (target) out = {*target};
  return target.has_value();
}

bool read_token(const bencode::Value& arguments, Query& out) {
  const auto token = arguments.string("token");
  if (!token || token->size() > kMaxTokenBytes) return false;
  out.token = *token;
  return true;
}

bool read_announcement(const bencode::Value& arguments, Query& out) {
  if (!read_token(arguments, out)) return false;
  if (arguments.integer("implied_port").value_or(0) != 0) {
    out.port_source = PortSource::implied;
    return true;
  }
  const auto port = arguments.integer("port");
  if (!port || *port < 1 || *port > 0xffff) return false;
  out.port = static_cast<std::uint16_t>(*port);
  return true;
}

bool read_info_hash(const bencode::Value& arguments, Query& out) {
  NodeId position;
  if (!read_target(arguments, "info_hash", position)) return false;
  out.info_hash = {position.bytes};
  return out.method != Method::announce_peer || read_announcement(arguments, out);
}

// The error to answer with, if one is due.
std::optional<ErrorCode> read_arguments(const bencode::Value& arguments, Query& out) {
  const auto sender = arguments.array<kIdBytes>("id");
  if (!sender) return ErrorCode::protocol;
  out.sender = {*sender};
  out.want = read_want(arguments);
  bool is_whole = true;
  switch (out.method) {
    case Method::ping: break;
    case Method::find_node:
    case Method::sample_infohashes: is_whole = read_target(arguments, "target", out.target); break;
    case Method::get_peers:
    case Method::announce_peer: is_whole = read_info_hash(arguments, out); break;
    case Method::get:
      is_whole = read_target(arguments, "target", out.target) &&
                 read_sequence(arguments, "seq", out.item.sequence);
      break;
    case Method::put:
      is_whole =
          read_token(arguments, out) && read_item(arguments, out.item) && !out.item.value.empty();
      break;
    case Method::unknown:
      // Whatever it asks, it is about a point whose neighbours we can name.
      if (read_target(arguments, "target", out.target)) break;
      if (read_target(arguments, "info_hash", out.target)) break;
      return ErrorCode::unknown_method;
  }
  if (!is_whole) return ErrorCode::protocol;
  return std::nullopt;
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
  out.fault = read_arguments(*arguments, out);
  return out;
}

std::optional<Endpoint> read_asker(const bencode::Value& message) {
  const auto compact = message.string("ip");
  if (!compact) return std::nullopt;
  const auto endpoint = Endpoint::from_compact(*compact);
  if (!endpoint || !endpoint->is_usable()) return std::nullopt;
  return endpoint;
}

std::vector<Endpoint> read_peers(const bencode::Value& values) {
  std::vector<Endpoint> out;
  const bencode::Value* peers = values.list("values");
  if (peers == nullptr) return out;
  for (const bencode::Value& item : peers->items()) {
    const auto peer = Endpoint::from_compact(item.string().value_or(Bytes()));
    if (peer && peer->is_usable() && out.size() < kMaxPeers) out.push_back(*peer);
  }
  return out;
}

std::optional<Samples> read_samples(const bencode::Value& values) {
  const auto hashes = values.string("samples");
  if (!hashes || hashes->size() % kIdBytes != 0) return std::nullopt;
  return Samples{.interval_seconds = values.integer("interval").value_or(0),
                 .stored_count = values.integer("num").value_or(0),
                 .info_hashes = *hashes};
}

std::optional<Answer> read_answer(const bencode::Value& message) {
  const bencode::Value* values = message.dict("r");
  if (values == nullptr) return std::nullopt;
  const auto sender = values->array<kIdBytes>("id");
  if (!sender) return std::nullopt;
  Answer out;
  out.sender = {*sender};
  out.asker = read_asker(message);
  if (const auto nodes = values->string("nodes")) {
    out.nodes = decode_contacts(*nodes, IpFamily::v4, kMaxNodes);
  }
  if (const auto nodes = values->string("nodes6")) {
    out.nodes6 = decode_contacts(*nodes, IpFamily::v6, kMaxNodes);
  }
  const auto token = values->string("token");
  if (token && token->size() <= kMaxTokenBytes) out.token = *token;
  out.peers = read_peers(*values);
  // An item that is not whole is none; the nodes beside it are as good as ever.
  if (!read_item(*values, out.item)) out.item = {};
  out.samples = read_samples(*values);
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

void write_unless_empty(bencode::Writer& writer, std::string_view key, Bytes value) {
  if (!value.empty()) writer.string(key, value);
}

void write_want(bencode::Writer& writer, const Families& want) {
  writer.key("want").begin_list();
  if (want.v4) writer.string("n4");
  if (want.v6) writer.string("n6");
  writer.end();
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
  if (datagram.size() < kMinMessageBytes) return std::nullopt;
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
  const bool announces = query.method == Method::announce_peer;
  const bool puts = query.method == Method::put;
  const bool has_info_hash = announces || query.method == Method::get_peers;
  const bool has_target = query.method == Method::find_node || query.method == Method::get ||
                          query.method == Method::sample_infohashes;
  bencode::Writer writer;
  writer.begin_dict().key("a").begin_dict();
  if (puts && query.item.replaces_sequence) {
    writer.integer("cas", *query.item.replaces_sequence);
  }
  writer.string("id", query.sender.bytes);
  if (announces && query.port_source == PortSource::implied) writer.integer("implied_port", 1);
  if (has_info_hash) writer.string("info_hash", query.info_hash.bytes);
  if (puts) write_unless_empty(writer, "k", query.item.key);
  if (announces) writer.integer("port", query.port);
  if (puts) write_unless_empty(writer, "salt", query.item.salt);
  if (query.item.sequence && (puts || query.method == Method::get)) {
    writer.integer("seq", *query.item.sequence);
  }
  if (puts) write_unless_empty(writer, "sig", query.item.signature);
  if (has_target) writer.string("target", query.target.bytes);
  if (announces || puts) writer.string("token", query.token);
  if (puts) writer.key("v").raw(query.item.value);
  if (!query.want.are_none() && !announces && !puts) write_want(writer, query.want);
  writer.end().string("q", name_of(query.method));
  if (query.sender_reachability == Reachability::read_only) writer.integer("ro", 1);
  return finish(writer, query.transaction, version, "q");
}

Buffer encode(const Answer& answer, Bytes version) {
  bencode::Writer writer;
  writer.begin_dict();
  if (answer.asker) writer.string("ip", answer.asker->compact());
  writer.key("r").begin_dict().string("id", answer.sender.bytes);
  if (answer.samples) writer.integer("interval", answer.samples->interval_seconds);
  write_unless_empty(writer, "k", answer.item.key);
  if (answer.nodes) writer.string("nodes", encode_contacts(*answer.nodes, IpFamily::v4));
  if (answer.nodes6) writer.string("nodes6", encode_contacts(*answer.nodes6, IpFamily::v6));
  if (answer.samples) {
    writer.integer("num", answer.samples->stored_count);
    writer.string("samples", answer.samples->info_hashes);
  }
  if (answer.item.sequence) writer.integer("seq", *answer.item.sequence);
  write_unless_empty(writer, "sig", answer.item.signature);
  write_unless_empty(writer, "token", answer.token);
  if (!answer.item.value.empty()) writer.key("v").raw(answer.item.value);
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
