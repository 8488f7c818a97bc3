// SPDX-License-Identifier: Apache-2.0
#include "core/node/session_message.h"

#include <algorithm>

#include "core/base/bencode.h"

namespace lanyard::node {

namespace {

using bencode::Value;
using bencode::Writer;
using Parsed = std::optional<SessionMessage>;

constexpr std::size_t kMaxTextSize = 200;            // a sentence
constexpr Duration kLongestRoundTrip = seconds(60);  // what is measured is given up long before
constexpr std::int64_t kCircuitRefusalReasons =
    static_cast<std::int64_t>(CircuitRefusalReason::full) + 1;
constexpr std::int64_t kHasIpv4 = 1;
constexpr std::int64_t kHasIpv6 = 2;

// Text of a peer ends up in terminals: printable ASCII only.
std::optional<std::string> plain_text(const Value& dict, std::string_view key) {
  const auto bytes = dict.string(key);
  if (!bytes || bytes->size() > kMaxTextSize) return std::nullopt;
  const bool printable =
      std::all_of(bytes->begin(), bytes->end(), [](std::uint8_t c) { return c >= 32 && c < 127; });
  if (!printable) return std::nullopt;
  return to_string(*bytes);
}

Parsed parse_ping(const Value& dict) {
  const auto digest = dict.array<8>("d");
  const auto nonce = dict.array<8>("n");
  if (!digest || !nonce) return std::nullopt;
  const auto intent = dict.integer("u") == 1 ? PingMessage::Intent::move : PingMessage::Intent::ask;
  return PingMessage{*digest, *nonce, intent};
}

Parsed parse_pong(const Value& dict) {
  const auto digest = dict.array<8>("d");
  const auto nonce = dict.array<8>("n");
  if (!digest || !nonce) return std::nullopt;
  PongMessage message{*digest, *nonce, std::nullopt};
  if (const auto observed = dict.string("o")) message.observed = Endpoint::from_compact(*observed);
  return message;
}

Parsed parse_bye(const Value& dict) {
  auto reason = plain_text(dict, "r");
  if (!reason) return std::nullopt;
  return ByeMessage{*std::move(reason)};
}

Parsed parse_have(const Value& dict) {
  const auto first = dict.array<8>("f");
  const auto last = dict.array<8>("t");
  const auto packed = dict.string("l");
  if (!first || !last || !packed) return std::nullopt;
  auto page = network::HavePage::parse({*first}, {*last}, *packed);
  if (!page) return std::nullopt;
  return HaveMessage{*std::move(page)};
}

Parsed parse_want(const Value& dict) {
  const auto packed = dict.string("l");
  if (!packed) return std::nullopt;
  auto keys = network::parse_keys(*packed);
  if (!keys) return std::nullopt;
  return WantMessage{*std::move(keys)};
}

Parsed parse_items(const Value& dict) {
  const Value* list = dict.list("l");
  if (list == nullptr) return std::nullopt;
  ItemsMessage message;
  for (const Value& item : list->items()) message.items.push_back(to_buffer(item.raw()));
  return message;
}

Parsed parse_claim(const Value& dict) {
  const Value* claim = dict.dict("c");
  const Value* grant = dict.dict("g");
  if (claim == nullptr || grant == nullptr) return std::nullopt;
  return ClaimMessage{to_buffer(claim->raw()), to_buffer(grant->raw())};
}

Parsed parse_welcome(const Value& dict) {
  const Value* charter = dict.dict("c");
  const auto epoch = dict.integer("e");
  const auto secret_bytes = dict.string("s");
  const Value* witness = dict.dict("w");
  if (charter == nullptr || !epoch || !secret_bytes || witness == nullptr) return std::nullopt;
  auto secret = crypto::Secret<32>::from_bytes(*secret_bytes);
  if (!secret) return std::nullopt;
  return WelcomeMessage{to_buffer(charter->raw()), *epoch, *std::move(secret),
                        to_buffer(witness->raw())};
}

Parsed parse_refusal(const Value& dict) {
  auto code = plain_text(dict, "c");
  auto text = plain_text(dict, "m");
  if (!code || !text) return std::nullopt;
  return RefusalMessage{*std::move(code), *std::move(text)};
}

std::optional<network::MemberId> parse_member(const Value& dict) {
  const auto id = dict.array<16>("m");
  if (!id) return std::nullopt;
  return network::MemberId{*id};
}

std::optional<tunnel::CircuitNumber> parse_circuit_number(const Value& dict) {
  const auto number = dict.integer("c");
  if (!number || *number < 1 || *number > tunnel::kMaxCircuitNumber) return std::nullopt;
  return static_cast<tunnel::CircuitNumber>(*number);
}

Parsed parse_circuit_request(const Value& dict) {
  const auto member = parse_member(dict);
  if (!member) return std::nullopt;
  return CircuitRequest{*member};
}

Parsed parse_circuit(const Value& dict) {
  const auto number = parse_circuit_number(dict);
  const auto member = parse_member(dict);
  if (!number || !member) return std::nullopt;
  CircuitMessage message{*number, *member, std::nullopt};
  const auto far = dict.integer("t");
  if (far && *far >= 0 && *far <= kLongestRoundTrip.nanoseconds / 1000) {
    message.far = microseconds(*far);
  }
  return message;
}

Parsed parse_circuit_refusal(const Value& dict) {
  const auto member = parse_member(dict);
  const auto reason = dict.integer("r");
  if (!member || !reason || *reason < 0 || *reason >= kCircuitRefusalReasons) return std::nullopt;
  return CircuitRefusal{*member, static_cast<CircuitRefusalReason>(*reason)};
}

// f: 1 IPv4, 2 IPv6. m: Vantage::Mapping. o: Vantage::is_mapped.
Parsed parse_vantage(const Value& dict) {
  const auto families = dict.integer("f");
  const auto mapping = dict.integer("m");
  const auto mapped = dict.integer("o");
  if (!families || !mapping || !mapped || *families < 0 || *mapping < 0) return std::nullopt;
  VantageMessage message;
  // What a newer version says more of is not known here.
  if (*mapping <= static_cast<std::int64_t>(Vantage::Mapping::port_per_destination)) {
    message.vantage.mapping = static_cast<Vantage::Mapping>(*mapping);
  }
  message.vantage.is_mapped = *mapped == 1;
  message.vantage.has_ipv4 = (*families & kHasIpv4) != 0;
  message.vantage.has_ipv6 = (*families & kHasIpv6) != 0;
  return message;
}

Parsed parse_circuit_end(const Value& dict) {
  const auto number = parse_circuit_number(dict);
  if (!number) return std::nullopt;
  return CircuitEnd{*number};
}

}  // namespace

Buffer encode(const PingMessage& message) {
  Writer out;
  out.begin_dict().string("d", message.digest).string("k", "ping").string("n", message.nonce);
  if (message.intent == PingMessage::Intent::move) out.integer("u", 1);
  return out.end().take();
}

Buffer encode(const PongMessage& message) {
  Writer out;
  out.begin_dict().string("d", message.digest).string("k", "pong").string("n", message.nonce);
  if (message.observed) out.string("o", message.observed->compact());
  return out.end().take();
}

Buffer encode(const ByeMessage& message) {
  Writer out;
  const std::string_view reason = std::string_view(message.reason).substr(0, kMaxTextSize);
  return out.begin_dict().string("k", "bye").string("r", reason).end().take();
}

Buffer encode(const HaveMessage& message) {
  Writer out;
  out.begin_dict().string("f", message.page.first.bytes).string("k", "have");
  out.string("l", message.page.pack_entries()).string("t", message.page.last.bytes);
  return out.end().take();
}

Buffer encode(const WantMessage& message) {
  Writer out;
  return out.begin_dict()
      .string("k", "want")
      .string("l", network::pack_keys(message.keys))
      .end()
      .take();
}

Buffer encode_items(const std::vector<Bytes>& items) {
  Writer out;
  out.begin_dict().string("k", "recs").key("l").begin_list();
  for (const Bytes item : items) out.raw(item);
  return out.end().end().take();
}

Buffer encode(const ClaimMessage& message) {
  Writer out;
  out.begin_dict().key("c").raw(message.claim).key("g").raw(message.grant).string("k", "claim");
  return out.end().take();
}

Buffer encode(const WelcomeMessage& message) {
  Writer out;
  out.begin_dict().key("c").raw(message.charter).integer("e", message.epoch).string("k", "welc");
  out.string("s", message.secret.bytes()).key("w").raw(message.witness);
  return out.end().take();
}

Buffer encode(const RefusalMessage& message) {
  Writer out;
  out.begin_dict().string("c", std::string_view(message.code).substr(0, kMaxTextSize));
  out.string("k", "refu").string("m", std::string_view(message.text).substr(0, kMaxTextSize));
  return out.end().take();
}

Buffer encode(const CircuitRequest& message) {
  Writer out;
  return out.begin_dict().string("k", "cask").string("m", message.member.bytes).end().take();
}

Buffer encode(const CircuitMessage& message) {
  Writer out;
  out.begin_dict().integer("c", message.number).string("k", "circ");
  out.string("m", message.member.bytes);
  if (message.far) out.integer("t", message.far->nanoseconds / 1000);
  return out.end().take();
}

Buffer encode(const CircuitRefusal& message) {
  Writer out;
  out.begin_dict().string("k", "cref").string("m", message.member.bytes);
  return out.integer("r", static_cast<std::int64_t>(message.reason)).end().take();
}

Buffer encode(const CircuitEnd& message) {
  Writer out;
  return out.begin_dict().integer("c", message.number).string("k", "cend").end().take();
}

Buffer encode(const VantageMessage& message) {
  const Vantage& vantage = message.vantage;
  const std::int64_t families =
      (vantage.has_ipv4 ? kHasIpv4 : 0) + (vantage.has_ipv6 ? kHasIpv6 : 0);
  Writer out;
  out.begin_dict()
      .integer("f", families)
      .string("k", "vant")
      .integer("m", static_cast<std::int64_t>(vantage.mapping))
      .integer("o", vantage.is_mapped ? 1 : 0);
  return out.end().take();
}

std::optional<SessionMessage> parse_session_message(Bytes body) {
  if (body.size() > network::kMaxControlMessage) return std::nullopt;
  const auto dict = bencode::parse(body);
  if (!dict) return std::nullopt;
  const auto kind = dict->string("k");
  if (!kind) return std::nullopt;
  const std::string_view name = as_text(*kind);
  if (name == "ping") return parse_ping(*dict);
  if (name == "pong") return parse_pong(*dict);
  if (name == "bye") return parse_bye(*dict);
  if (name == "have") return parse_have(*dict);
  if (name == "want") return parse_want(*dict);
  if (name == "recs") return parse_items(*dict);
  if (name == "claim") return parse_claim(*dict);
  if (name == "welc") return parse_welcome(*dict);
  if (name == "refu") return parse_refusal(*dict);
  if (name == "cask") return parse_circuit_request(*dict);
  if (name == "circ") return parse_circuit(*dict);
  if (name == "cref") return parse_circuit_refusal(*dict);
  if (name == "cend") return parse_circuit_end(*dict);
  if (name == "vant") return parse_vantage(*dict);
  return std::nullopt;
}

}  // namespace lanyard::node
