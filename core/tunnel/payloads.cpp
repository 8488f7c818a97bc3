// SPDX-License-Identifier: Apache-2.0
#include "core/tunnel/payloads.h"

#include <cassert>

#include "core/base/bencode.h"

namespace lanyard::tunnel {

namespace {

// One value a key, the dict, and room for what later versions add.
constexpr bencode::Limits kLimits = {.depth = 4, .tokens = 64};
// "1:p", three digits, a colon: what padding of 100 to 999 bytes takes beside its bytes.
constexpr std::size_t kPaddingOverhead = 7;

void write_membership(bencode::Writer& writer, const Introduction& introduction) {
  if (!introduction.membership.empty()) writer.string("m", Bytes(introduction.membership));
}

void write_features(bencode::Writer& writer, const Hello& hello) {
  if (hello.features != 0) writer.integer("f", static_cast<std::int64_t>(hello.features));
}

void write_observed(bencode::Writer& writer, const Introduction& introduction) {
  if (introduction.observed) writer.string("o", Bytes(introduction.observed->compact()));
}

Buffer encode_hello(const Hello& hello, Bytes padding) {
  bencode::Writer writer;
  writer.begin_dict();
  writer.integer("a", static_cast<std::int64_t>(hello.aead_mask));
  write_features(writer, hello);
  writer.integer("i", hello.index);
  if (!padding.empty()) writer.string("p", padding);
  writer.integer("r", static_cast<std::int64_t>(hello.side));
  writer.integer("v", hello.version);
  writer.end();
  return writer.take();
}

std::optional<Hello> read_hello(const bencode::Value& dict) {
  const auto aead_mask = dict.integer("a");
  const auto index = dict.integer("i");
  const auto side = dict.integer("r");
  const auto version = dict.integer("v");
  const auto features = dict.integer("f").value_or(0);
  if (!aead_mask || !index || !side || !version) return std::nullopt;
  if (*aead_mask < 0 || features < 0 || *index < 1 || *index > kMaxSessionIndex)
    return std::nullopt;
  if (*side != 0 && *side != 1) return std::nullopt;
  return Hello{static_cast<crypto::AeadMask>(*aead_mask), static_cast<SessionIndex>(*index),
               static_cast<Side>(*side), *version, static_cast<Features>(features)};
}

std::optional<Introduction> read_introduction(const bencode::Value& dict) {
  Introduction out;
  if (const auto membership = dict.string("m")) {
    if (membership->size() > kMaxMembershipSize) return std::nullopt;
    out.membership = to_buffer(*membership);
  }
  if (const auto observed = dict.string("o")) out.observed = Endpoint::from_compact(*observed);
  return out;
}

}  // namespace

Buffer encode_payload_1(const Hello& hello, std::size_t size) {
  const std::size_t bare = encode_hello(hello, {}).size();
  assert(size >= bare + kPaddingOverhead + 100 && size <= bare + kPaddingOverhead + 999);
  return encode_hello(hello, Buffer(size - bare - kPaddingOverhead));
}

std::optional<Hello> parse_payload_1(Bytes payload) {
  const auto dict = bencode::parse(payload, kLimits);
  if (!dict) return std::nullopt;
  return read_hello(*dict);
}

Buffer encode_payload_2(const Payload2& content) {
  bencode::Writer writer;
  writer.begin_dict();
  writer.integer("a", static_cast<std::int64_t>(content.hello.aead_mask));
  write_features(writer, content.hello);
  writer.integer("i", content.hello.index);
  write_membership(writer, content.introduction);
  write_observed(writer, content.introduction);
  writer.integer("r", static_cast<std::int64_t>(content.hello.side));
  writer.integer("v", content.hello.version);
  writer.end();
  return writer.take();
}

std::optional<Payload2> parse_payload_2(Bytes payload) {
  const auto dict = bencode::parse(payload, kLimits);
  if (!dict) return std::nullopt;
  const auto hello = read_hello(*dict);
  auto introduction = read_introduction(*dict);
  if (!hello || !introduction) return std::nullopt;
  return Payload2{*hello, *std::move(introduction)};
}

Buffer encode_payload_3(const Introduction& introduction) {
  bencode::Writer writer;
  writer.begin_dict();
  write_membership(writer, introduction);
  write_observed(writer, introduction);
  writer.end();
  return writer.take();
}

std::optional<Introduction> parse_payload_3(Bytes payload) {
  const auto dict = bencode::parse(payload, kLimits);
  if (!dict || dict->kind() != bencode::Value::Kind::dict) return std::nullopt;
  return read_introduction(*dict);
}

}  // namespace lanyard::tunnel
