// SPDX-License-Identifier: Apache-2.0
#include "core/dht/krpc.h"

#include <array>
#include <string>

#include <doctest/doctest.h>

#include "tests/unit/dht/parsed_message.h"

using namespace lanyard;
using namespace lanyard::dht;

namespace {

NodeId id_of(std::string_view text) { return {*to_array<kIdBytes>(as_bytes(text))}; }
InfoHash hash_of(std::string_view text) { return {*to_array<kIdBytes>(as_bytes(text))}; }
Endpoint endpoint_of(std::string_view text) { return *Endpoint::parse(text); }

const NodeId kAsker = id_of("abcdefghij0123456789");
const NodeId kAnswerer = id_of("mnopqrstuvwxyz123456");

Query query(Method method, std::string_view transaction = "aa") {
  Query out;
  out.transaction = as_bytes(transaction);
  out.method = method;
  out.sender = kAsker;
  return out;
}

std::string text(const Buffer& buffer) { return to_string(Bytes(buffer)); }

// The messages that BEP 5 gives as examples.
constexpr std::string_view kPing = "d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe";
constexpr std::string_view kPong = "d1:rd2:id20:mnopqrstuvwxyz123456e1:t2:aa1:y1:re";
constexpr std::string_view kFindNode =
    "d1:ad2:id20:abcdefghij01234567896:target20:mnopqrstuvwxyz123456e1:q9:find_node1:t2:aa1:y1:qe";
constexpr std::string_view kGetPeers =
    "d1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz123456e1:q9:get_peers1:t2:aa1:y1:"
    "qe";
constexpr std::string_view kPeers =
    "d1:rd2:id20:abcdefghij01234567895:token8:aoeusnth6:valuesl6:axje.u6:idhtnmee1:t2:aa1:y1:re";
constexpr std::string_view kAnnounce =
    "d1:ad2:id20:abcdefghij012345678912:implied_porti1e9:info_hash20:mnopqrstuvwxyz1234564:porti"
    "6881e5:token8:aoeusnthe1:q13:announce_peer1:t2:aa1:y1:qe";
constexpr std::string_view kError = "d1:eli201e23:A Generic Error Ocurrede1:t2:aa1:y1:ee";

}  // namespace

TEST_CASE("krpc: the examples of BEP 5 are written byte for byte") {
  CHECK(text(encode(query(Method::ping), {})) == kPing);

  Query find = query(Method::find_node);
  find.target = kAnswerer;
  CHECK(text(encode(find, {})) == kFindNode);

  Query get = query(Method::get_peers);
  get.info_hash = hash_of("mnopqrstuvwxyz123456");
  CHECK(text(encode(get, {})) == kGetPeers);

  Query announce = query(Method::announce_peer);
  announce.info_hash = get.info_hash;
  announce.port_source = PortSource::implied;
  announce.port = 6881;
  announce.token = as_bytes("aoeusnth");
  CHECK(text(encode(announce, {})) == kAnnounce);

  Answer pong;
  pong.transaction = as_bytes("aa");
  pong.sender = kAnswerer;
  CHECK(text(encode(pong, {})) == kPong);

  Answer peers;
  peers.transaction = as_bytes("aa");
  peers.sender = kAsker;
  peers.token = as_bytes("aoeusnth");
  peers.peers = {*Endpoint::from_compact(as_bytes("axje.u")),
                 *Endpoint::from_compact(as_bytes("idhtnm"))};
  CHECK(text(encode(peers, {})) == kPeers);

  Failure failure;
  failure.transaction = as_bytes("aa");
  failure.code = 201;
  failure.text = as_bytes("A Generic Error Ocurred");
  CHECK(text(encode(failure, {})) == kError);
}

TEST_CASE("krpc: the examples of BEP 5 are read") {
  const auto ping = parsed<Query>(kPing);
  CHECK(ping.method == Method::ping);
  CHECK(ping.sender == kAsker);
  CHECK(as_text(ping.transaction) == "aa");
  CHECK_FALSE(ping.fault.has_value());
  CHECK(ping.sender_reachability == Reachability::normal);

  CHECK(parsed<Query>(kFindNode).target == kAnswerer);
  CHECK(parsed<Query>(kGetPeers).info_hash == hash_of("mnopqrstuvwxyz123456"));

  const auto announce = parsed<Query>(kAnnounce);
  CHECK(announce.port_source == PortSource::implied);
  CHECK(as_text(announce.token) == "aoeusnth");
  CHECK_FALSE(announce.fault.has_value());

  const auto peers = parsed<Answer>(kPeers);
  CHECK(peers.peers.size() == 2);
  CHECK(as_text(peers.token) == "aoeusnth");
  CHECK_FALSE(peers.nodes.has_value());

  const auto failure = parsed<Failure>(kError);
  CHECK(failure.code == 201);
  CHECK(as_text(failure.text) == "A Generic Error Ocurred");
}

TEST_CASE("krpc: answers carry the asker, nodes and the version") {
  Answer answer;
  answer.transaction = as_bytes("x");
  answer.sender = kAsker;
  answer.asker = endpoint_of("20.1.2.3:258");
  answer.nodes = std::vector<Contact>{{kAnswerer, endpoint_of("20.4.5.6:6881")}};
  const Buffer wire = encode(answer);
  CHECK(text(wire) == std::string("d2:ip6:\x14\x01\x02\x03\x01\x02"
                                  "1:rd2:id20:abcdefghij01234567895:nodes26:mnopqrstuvwxyz123456"
                                  "\x14\x04\x05\x06\x1a\xe1"
                                  "e1:t1:x1:v4:LY") +
                          std::string("\0\1", 2) + "1:y1:re");
  const auto back = parsed<Answer>(as_text(wire));
  CHECK(back.asker == answer.asker);
  CHECK(back.nodes == answer.nodes);

  answer.nodes = std::vector<Contact>();
  const Buffer empty = encode(answer, {});
  CHECK(parsed<Answer>(as_text(empty)).nodes == std::vector<Contact>());
}

TEST_CASE("krpc: what peers in the wild send is understood") {
  // Keys in any order, unknown keys, read-only senders.
  const auto odd = parsed<Query>(
      "d1:y1:q2:roi1e1:t1:a1:q4:ping1:ad1:zi1e2:id20:abcdefghij0123456789e3:fooli1eee");
  CHECK(odd.method == Method::ping);
  CHECK(odd.sender_reachability == Reachability::read_only);
  // Transactions of any length up to 32.
  for (const std::size_t size : std::array<std::size_t, 7>{0, 1, 2, 4, 8, 20, 32}) {
    const std::string t(size, 'T');
    const Buffer wire = encode(query(Method::ping, t));
    CHECK(as_text(parsed<Query>(as_text(wire)).transaction) == t);
  }
  CHECK_FALSE(parse_message(encode(query(Method::ping, std::string(33, 'T')))).has_value());
  // Ports 0, what is no endpoint and broken nodes are left out.
  const auto answer = parsed<Answer>(
      std::string("d1:rd2:id20:abcdefghij01234567895:nodes30:mnopqrstuvwxyz123456axje.urest"
                  "6:valuesl6:axje.u17:aaaaaaaaaaaaaaaaa6:axje") +
      std::string(2, '\0') + "i7eee1:t1:a1:y1:re");
  CHECK(answer.peers.size() == 1);
  REQUIRE(answer.nodes.has_value());
  CHECK(answer.nodes->size() == 1);
  // An explicit port.
  const auto announce = parsed<Query>(
      "d1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz1234564:porti6881e5:token1:xe1:"
      "q13:announce_peer1:t1:a1:y1:qe");
  CHECK_FALSE(announce.fault.has_value());
  CHECK(announce.port_source == PortSource::given);
  CHECK(announce.port == 6881);
}

TEST_CASE("krpc: wrong queries are told apart from what gets no answer") {
  const auto fault = [](std::string_view wire) { return parsed<Query>(wire).fault; };
  CHECK(fault("d1:ad2:id20:abcdefghij0123456789e1:q4:vote1:t1:a1:y1:qe") ==
        ErrorCode::unknown_method);
  for (const char* wire : {
           "d1:t9:abcdefghi1:y1:qe",
           "d1:q4:ping1:t1:a1:y1:qe",
           "d1:ade1:q4:ping1:t1:a1:y1:qe",
           "d1:ad2:id19:abcdefghij012345678e1:q4:ping1:t1:a1:y1:qe",
           "d1:ad2:idi7ee1:q4:ping1:t1:a1:y1:qe",
           "d1:ad2:id20:abcdefghij0123456789e1:q9:find_node1:t1:a1:y1:qe",
           "d1:ad2:id20:abcdefghij0123456789e1:q9:get_peers1:t1:a1:y1:qe",
           // announce_peer without a token, with a port out of range, with one that is too large
           "d1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz1234564:porti1ee1:q13:"
           "announce_peer1:t1:a1:y1:qe",
           "d1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz1234564:porti0e5:token1:xe1"
           ":q13:announce_peer1:t1:a1:y1:qe",
           "d1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz1234564:porti65536e5:"
           "token1:xe1:q13:announce_peer1:t1:a1:y1:qe",
           "d1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz1234564:porti-9223372036854"
           "775808e5:token1:xe1:q13:announce_peer1:t1:a1:y1:qe",
       }) {
    CAPTURE(wire);
    CHECK(fault(wire) == ErrorCode::protocol);
  }
  for (const char* wire :
       {"", "de", "le", "i1e", "d1:t1:a1:y1:qe", "d1:t16:abcdefghijklmnope",
        "d1:y16:abcdefghijklmnope", "d1:t9:abcdefghi1:y1:xe", "d1:t9:abcdefghi1:yi1ee",
        "d1:ti123456789012e1:y1:qe", "d1:t9:abcdefghi1:y1:re", "d1:rde1:t5:abcde1:y1:re",
        "d1:rle1:t5:abcde1:y1:re", "d1:rd2:id19:abcdefghij012345678e1:t1:a1:y1:re",
        // integers that no one can mean
        "d1:ad2:id20:abcdefghij0123456789e1:q4:ping2:roi99999999999999999999e1:t1:a1:y1:qe",
        "d1:t99999999999:abcdefg1:y1:qe"}) {
    CAPTURE(wire);
    CHECK_FALSE(parse_message(as_bytes(wire)).has_value());
  }
  CHECK(parsed<Failure>("d1:t9:abcdefghi1:y1:ee").code == 0);
  CHECK(parsed<Failure>("d1:eli201ee1:t5:abcde1:y1:ee").code == 0);
  CHECK(parsed<Failure>("d1:el1:x1:ye1:t1:a1:y1:ee").code == 0);
}

TEST_CASE("krpc: no prefix of a message is one") {
  for (const std::string_view whole : {kPing, kFindNode, kGetPeers, kPeers, kAnnounce, kError}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      CHECK_FALSE(parse_message(as_bytes(whole.substr(0, size))).has_value());
    }
    CHECK_FALSE(parse_message(as_bytes(std::string(whole) + "e")).has_value());
  }
}

TEST_CASE("krpc: any flipped bit is survived") {
  std::size_t understood = 0;
  for (const std::string_view whole : {kPing, kFindNode, kGetPeers, kPeers, kAnnounce, kError}) {
    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
      std::string flipped(whole);
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
      if (parse_message(as_bytes(flipped))) ++understood;
    }
  }
  // Flips within the 20-byte ids, tokens and names at least.
  CHECK(understood > 1000);
}

TEST_CASE("krpc: depth and size are bounded") {
  const auto nested = [](std::size_t depth) {
    return "d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t1:a1:y1:q1:z" + std::string(depth, 'l') +
           std::string(depth, 'e') + "e";
  };
  CHECK(parse_message(as_bytes(nested(9))).has_value());
  CHECK_FALSE(parse_message(as_bytes(nested(10))).has_value());
  CHECK_FALSE(parse_message(as_bytes(nested(100'000))).has_value());

  std::string many = "d1:rd2:id20:abcdefghij01234567896:valuesl";
  for (int i = 0; i < 600; ++i) many += "6:axje.u";
  CHECK_FALSE(parse_message(as_bytes(many + "ee1:t1:a1:y1:re")).has_value());
}
