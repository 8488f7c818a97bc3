// SPDX-License-Identifier: Apache-2.0
// The messages' parts that are younger than BEP 5: both families, items, samples, unknown methods.
#include <array>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "core/dht/krpc.h"
#include "tests/unit/dht/parsed_message.h"

using namespace lanyard;
using namespace lanyard::dht;

namespace {

const NodeId kAsker = {*to_array<kIdBytes>(as_bytes("abcdefghij0123456789"))};
const NodeId kTarget = {*to_array<kIdBytes>(as_bytes("mnopqrstuvwxyz123456"))};
const std::string kKey(32, 'K');
const std::string kSignature(64, 'S');

constexpr std::string_view kPutHead = "d1:ad3:casi7e2:id20:abcdefghij01234567891:k32:";
constexpr std::string_view kId = "d1:rd2:id20:abcdefghij0123456789";

std::string text(const Buffer& buffer) { return to_string(Bytes(buffer)); }

Query query(Method method) {
  Query out;
  out.transaction = as_bytes("aa");
  out.method = method;
  out.sender = kAsker;
  out.target = kTarget;
  return out;
}

Query mutable_put() {
  Query out = query(Method::put);
  out.token = as_bytes("token");
  out.item = {.value = as_bytes("12:Hello World!"),
              .key = as_bytes(kKey),
              .signature = as_bytes(kSignature),
              .sequence = 8,
              .salt = as_bytes("foobar"),
              .replaces_sequence = 7};
  return out;
}

Answer answer() {
  Answer out;
  out.transaction = as_bytes("aa");
  out.sender = kAsker;
  return out;
}

// A put with these arguments after its id; keys in any order are read.
std::string put_with(std::string_view arguments) {
  return "d1:ad2:id20:abcdefghij0123456789" + std::string(arguments) + "e1:q3:put1:t2:aa1:y1:qe";
}

std::vector<std::string> all_messages() {
  Answer both = answer();
  both.asker = Endpoint::parse("[2001:db8::7]:6881");
  both.nodes = {{kTarget, *Endpoint::parse("20.1.2.3:1000")}};
  both.nodes6 = {{kTarget, *Endpoint::parse("[2001:db8::1]:1000")}};
  both.peers = {*Endpoint::parse("20.1.2.3:1"), *Endpoint::parse("[2001:db8::9]:2")};
  Answer item = answer();
  item.item = mutable_put().item;
  Answer samples = answer();
  samples.samples = Samples{21600, 5, as_bytes("abcdefghij0123456789mnopqrstuvwxyz123456")};
  Query wants = query(Method::find_node);
  wants.want = {.v4 = true, .v6 = true};
  return {text(encode(both)),
          text(encode(item)),
          text(encode(samples)),
          text(encode(wants)),
          text(encode(mutable_put())),
          text(encode(query(Method::get))),
          text(encode(query(Method::sample_infohashes)))};
}

}  // namespace

TEST_CASE("krpc: nodes and peers of both families") {
  Answer both = answer();
  both.asker = Endpoint::parse("[2001:db8::7]:6881");
  both.nodes = {{kTarget, *Endpoint::parse("20.1.2.3:1000")}};
  both.nodes6 = {{kTarget, *Endpoint::parse("[2001:db8::1]:1000")},
                 {kAsker, *Endpoint::parse("[2001:db8::2]:1001")}};
  both.peers = {*Endpoint::parse("20.1.2.3:1"), *Endpoint::parse("[2001:db8::9]:2")};
  const std::string wire = text(encode(both));
  CHECK(wire.find("6:nodes676:") != std::string::npos);  // BEP 32: 38 bytes each
  const auto back = parsed<Answer>(wire);
  CHECK(back.asker == both.asker);
  CHECK(back.nodes == both.nodes);
  CHECK(back.nodes6 == both.nodes6);
  CHECK(back.peers == both.peers);
  // Each list holds its own family alone.
  both.nodes6 = both.nodes;
  CHECK(parsed<Answer>(text(encode(both))).nodes6 == std::vector<Contact>());
  CHECK_FALSE(parsed<Answer>(text(encode(answer()))).nodes6.has_value());
}

TEST_CASE("krpc: IPv4 dressed as IPv6 is no node of IPv6, port 0 is nobody") {
  const std::string mapped = std::string(10, '\0') + "\xff\xff\x14\x01\x02\x03";
  const std::string real = "\x20\x01" + std::string(13, '\0') + "\x01";
  const std::string id(20, 'n');
  const std::string nodes = id + mapped + "\x10\x10" + id + real + "\x10\x10" + id + real +
                            std::string(2, '\0') + id + "rest";
  const auto back = parsed<Answer>(std::string(kId) + "6:nodes6" + std::to_string(nodes.size()) +
                                   ":" + nodes + "e1:t1:a1:y1:re");
  REQUIRE(back.nodes6.has_value());
  REQUIRE(back.nodes6->size() == 1);
  CHECK(back.nodes6->front().endpoint == *Endpoint::parse("[2001::1]:4112"));
}

TEST_CASE("krpc: want") {
  Query find = query(Method::find_node);
  find.want = {.v4 = true, .v6 = true};
  const std::string wire = text(encode(find, {}));
  CHECK(wire ==
        "d1:ad2:id20:abcdefghij01234567896:target20:mnopqrstuvwxyz1234564:wantl2:n42:n6ee"
        "1:q9:find_node1:t2:aa1:y1:qe");
  CHECK(parsed<Query>(wire).want == find.want);
  find.want = Families::only(IpFamily::v6);
  CHECK(parsed<Query>(text(encode(find))).want == Families::only(IpFamily::v6));
  CHECK(parsed<Query>("d1:ad2:id20:abcdefghij01234567894:wantli4e2:n5lee4:zzzzi1ee1:q4:ping1:t2:aa"
                      "1:y1:qe")
            .want.are_none());
  CHECK(parsed<Query>(put_with("5:token1:x1:vi1e4:want2:n4")).want.are_none());
}

TEST_CASE("krpc: a mutable item is put") {
  const Query put = mutable_put();
  const std::string wire = text(encode(put, {}));
  CHECK(wire == std::string(kPutHead) + kKey + "4:salt6:foobar3:seqi8e3:sig64:" + kSignature +
                    "5:token5:token1:v12:Hello World!e1:q3:put1:t2:aa1:y1:qe");
  const auto back = parsed<Query>(wire);
  CHECK(back.method == Method::put);
  CHECK_FALSE(back.fault.has_value());
  CHECK(as_text(back.token) == "token");
  CHECK(as_text(back.item.value) == "12:Hello World!");
  CHECK(as_text(back.item.key) == kKey);
  CHECK(as_text(back.item.signature) == kSignature);
  CHECK(back.item.sequence == 8);
  CHECK(as_text(back.item.salt) == "foobar");
  CHECK(back.item.replaces_sequence == 7);
}

TEST_CASE("krpc: a value is kept as it came, whatever it is") {
  for (const char* value : {"i-7e", "0:", "d1:bi2e1:ai1ee", "ld1:ali1eeee", "de"}) {
    CAPTURE(value);
    const std::string wire = put_with("5:token1:x1:v" + std::string(value));
    const auto back = parsed<Query>(wire);
    CHECK_FALSE(back.fault.has_value());
    CHECK(as_text(back.item.value) == value);
    CHECK(back.item.key.empty());
    CHECK_FALSE(back.item.sequence.has_value());
    // And goes back out the same.
    const Buffer again = encode(back, {});
    CHECK(as_text(parsed<Query>(text(again)).item.value) == value);
  }
}

TEST_CASE("krpc: items are asked for and returned") {
  Query get = query(Method::get);
  CHECK(text(encode(get, {})) ==
        "d1:ad2:id20:abcdefghij01234567896:target20:mnopqrstuvwxyz123456e1:q3:get1:t2:aa1:y1:qe");
  get.item.sequence = 4;
  const auto asked = parsed<Query>(text(encode(get)));
  CHECK(asked.target == kTarget);
  CHECK(asked.item.sequence == 4);

  Answer found = answer();
  found.token = as_bytes("tk");
  found.item = mutable_put().item;
  const std::string wire = text(encode(found, {}));
  CHECK(wire == std::string(kId) + "1:k32:" + kKey + "3:seqi8e3:sig64:" + kSignature +
                    "5:token2:tk1:v12:Hello World!e1:t2:aa1:y1:re");
  const auto back = parsed<Answer>(wire);
  CHECK(as_text(back.item.value) == "12:Hello World!");
  CHECK(as_text(back.item.key) == kKey);
  CHECK(back.item.sequence == 8);
  // The sequence alone: the asker's copy is as new.
  Answer same = answer();
  same.item.sequence = 8;
  CHECK(parsed<Answer>(text(encode(same))).item.value.empty());
  CHECK(parsed<Answer>(text(encode(same))).item.sequence == 8);
}

TEST_CASE("krpc: malformed items are refused") {
  const std::string key = "1:k32:" + kKey;
  const std::string tail = "5:token1:x1:vi1e";
  CHECK_FALSE(parsed<Query>(put_with(tail)).fault.has_value());
  CHECK_FALSE(parsed<Query>(put_with("3:seqi9223372036854775807e" + tail)).fault.has_value());
  for (const std::string& arguments : std::vector<std::string>{
           "",
           "5:token1:x",
           "1:vi1e",
           "1:vi1e5:token129:" + std::string(129, 'x'),
           "1:k31:" + kKey.substr(1) + tail,
           "1:ki1e" + tail,
           "1:k0:" + tail,
           key + "3:sig63:" + kSignature.substr(1) + tail,
           "3:sigle" + tail,
           "3:seqi-1e" + tail,
           "3:seq1:1" + tail,
           "3:casi-1e" + tail,
       }) {
    CAPTURE(arguments);
    CHECK(parsed<Query>(put_with(arguments)).fault == ErrorCode::protocol);
  }
  CHECK_FALSE(parse_message(as_bytes(put_with("3:seqi9223372036854775808e" + tail))).has_value());
  CHECK(parsed<Query>("d1:ad2:id20:abcdefghij0123456789e1:q3:get1:t1:a1:y1:qe").fault ==
        ErrorCode::protocol);
  // In an answer a broken item is none, and the rest counts.
  const std::string wire = std::string(kId) + "1:k3:abc5:token2:tk1:vi1ee1:t1:a1:y1:re";
  const auto broken = parsed<Answer>(wire);
  CHECK(broken.item.value.empty());
  CHECK(as_text(broken.token) == "tk");
}

TEST_CASE("krpc: samples of BEP 51") {
  const Query ask = query(Method::sample_infohashes);
  const auto asked = parsed<Query>(text(encode(ask)));
  CHECK(asked.method == Method::sample_infohashes);
  CHECK(asked.target == kTarget);

  Answer told = answer();
  told.samples = Samples{21600, 5, as_bytes("abcdefghij0123456789")};
  const std::string wire = text(encode(told, {}));
  CHECK(wire == std::string("d1:rd2:id20:abcdefghij01234567898:intervali21600e3:numi5e7:samples20:"
                            "abcdefghij0123456789e1:t2:aa1:y1:re"));
  const auto back = parsed<Answer>(wire);
  REQUIRE(back.samples.has_value());
  CHECK(back.samples->interval_seconds == 21600);
  CHECK(back.samples->stored_count == 5);
  CHECK(back.samples->info_hashes.size() == kIdBytes);
  CHECK_FALSE(parsed<Answer>(std::string(kId) + "7:samples19:abcdefghij012345678e1:t1:a1:y1:re")
                  .samples.has_value());
}

TEST_CASE("krpc: an unknown method that names a point is no fault") {
  const auto asked = [](std::string_view arguments) {
    return parsed<Query>("d1:ad2:id20:abcdefghij0123456789" + std::string(arguments) +
                         "e1:q4:vote1:t1:a1:y1:qe");
  };
  CHECK_FALSE(asked("6:target20:mnopqrstuvwxyz123456").fault.has_value());
  CHECK(asked("6:target20:mnopqrstuvwxyz123456").method == Method::unknown);
  CHECK(asked("6:target20:mnopqrstuvwxyz123456").target == kTarget);
  CHECK(asked("9:info_hash20:mnopqrstuvwxyz123456").target == kTarget);
  CHECK(asked("").fault == ErrorCode::unknown_method);
  CHECK(asked("6:target19:mnopqrstuvwxyz12345").fault == ErrorCode::unknown_method);
  CHECK(parsed<Query>("d1:ade1:q4:vote1:t1:a1:y1:qe").fault == ErrorCode::protocol);
}

TEST_CASE("krpc: every prefix of the younger messages is refused, every flipped bit survived") {
  std::size_t understood = 0;
  for (const std::string& whole : all_messages()) {
    REQUIRE(parse_message(as_bytes(whole)).has_value());
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const Buffer prefix = to_buffer(as_bytes(whole).first(size));
      CHECK_FALSE(parse_message(prefix).has_value());
    }
    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
      Buffer flipped = to_buffer(as_bytes(whole));
      flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ 1u << bit % 8);
      const auto message = parse_message(flipped);
      if (!message) continue;
      ++understood;
      // What was read can be written.
      if (const auto* asked = std::get_if<Query>(&*message)) {
        if (!asked->fault && asked->method != Method::unknown) CHECK(encode(*asked).size() > 20);
      } else if (const auto* answered = std::get_if<Answer>(&*message)) {
        CHECK(encode(*answered).size() > 20);
      }
    }
  }
  CHECK(understood > 2000);
}
