// SPDX-License-Identifier: Apache-2.0
#include "core/node/session_message.h"

#include <doctest/doctest.h>

#include "core/base/bencode.h"
#include "tests/unit/node/damage.h"

namespace lanyard::node::test {

namespace {

constexpr network::Digest kDigest = {1, 2, 3, 4, 5, 6, 7, 8};
constexpr PingNonce kNonce = {9, 8, 7, 6, 5, 4, 3, 2};

const network::MemberId kMember{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};

Buffer record(std::string_view text) { return to_buffer(as_bytes(text)); }

network::ItemKey key(std::uint8_t first) { return {{first, 0, 0, 0, 0, 0, 0, 1}}; }

Buffer encode_again(const SessionMessage& message) {
  if (const auto* items = std::get_if<ItemsMessage>(&message)) {
    return encode_items({items->items.begin(), items->items.end()});
  }
  return std::visit(
      [](const auto& m) {
        if constexpr (std::is_same_v<std::decay_t<decltype(m)>, ItemsMessage>) {
          return Buffer();
        } else {
          return encode(m);
        }
      },
      message);
}

WelcomeMessage welcome() {
  return {record("d1:ai1ee"), 3, *crypto::Secret<32>::from_bytes(Buffer(32, 0x5e)),
          record("d1:wi2ee")};
}

// One of each kind.
std::vector<Buffer> samples() {
  network::HavePage page{key(1), network::kLastItemKey, {{key(2), 5}, {key(3), 6}}};
  return {encode(PingMessage{kDigest, kNonce}),
          encode(PongMessage{kDigest, kNonce, Endpoint::parse("192.0.2.7:4001")}),
          encode(ByeMessage{"it has left the network"}),
          encode(HaveMessage{page}),
          encode(WantMessage{{key(1), key(2)}}),
          encode_items({as_bytes("d1:ai1ee"), as_bytes("d1:bi2ee")}),
          encode(ClaimMessage{record("d1:ci1ee"), record("d1:gi1ee")}),
          encode(welcome()),
          encode(RefusalMessage{"expired", "the invite is past its time"}),
          encode(PingMessage{kDigest, kNonce, PingMessage::Intent::move}),
          encode(CircuitRequest{kMember}),
          encode(CircuitMessage{0x123456, kMember, milliseconds(20)}),
          encode(CircuitRefusal{kMember, CircuitRefusalReason::full}),
          encode(CircuitEnd{1})};
}

template <typename Message>
Message parsed(const Buffer& encoded) {
  auto message = parse_session_message(encoded);
  REQUIRE(message);
  REQUIRE(std::holds_alternative<Message>(*message));
  return std::move(std::get<Message>(*message));
}

bool is_refused(std::string_view text) { return !parse_session_message(as_bytes(text)); }

}  // namespace

TEST_CASE("session messages: ping and pong") {
  const auto ping = parsed<PingMessage>(encode(PingMessage{kDigest, kNonce}));
  CHECK(ping.digest == kDigest);
  CHECK(ping.nonce == kNonce);
  for (const char* observed : {"192.0.2.7:4001", "[2001:db8::7]:1"}) {
    const auto pong =
        parsed<PongMessage>(encode(PongMessage{kDigest, kNonce, Endpoint::parse(observed)}));
    CHECK(pong.digest == kDigest);
    CHECK(pong.nonce == kNonce);
    CHECK(pong.observed == Endpoint::parse(observed));
  }
  CHECK_FALSE(parsed<PongMessage>(encode(PongMessage{kDigest, kNonce, {}})).observed);
}

TEST_CASE("session messages: a ping says whether its sender moves") {
  CHECK(parsed<PingMessage>(encode(PingMessage{kDigest, kNonce})).intent ==
        PingMessage::Intent::ask);
  CHECK(
      parsed<PingMessage>(encode(PingMessage{kDigest, kNonce, PingMessage::Intent::move})).intent ==
      PingMessage::Intent::move);
}

TEST_CASE("session messages: where the sender stands") {
  using Mapping = Vantage::Mapping;
  for (const Mapping mapping :
       {Mapping::unknown, Mapping::no_nat, Mapping::one_port, Mapping::port_per_destination}) {
    for (int bits = 0; bits < 8; ++bits) {
      const Vantage vantage{mapping, (bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0};
      CHECK(parsed<VantageMessage>(encode(VantageMessage{vantage})).vantage == vantage);
    }
  }
  // Of a newer version.
  const auto newer = parsed<VantageMessage>(to_buffer(as_bytes("d1:fi7e1:k4:vant1:mi9e1:oi2ee")));
  CHECK(newer.vantage == Vantage{Mapping::unknown, false, true, true});
  CHECK(is_refused("d1:fi-1e1:k4:vant1:mi0e1:oi0ee"));
  CHECK(is_refused("d1:fi1e1:k4:vant1:mi-1e1:oi0ee"));
  CHECK(is_refused("d1:fi1e1:k4:vant1:mi0ee"));
}

TEST_CASE("session messages: circuits") {
  CHECK(parsed<CircuitRequest>(encode(CircuitRequest{kMember})).member == kMember);
  const auto circuit =
      parsed<CircuitMessage>(encode(CircuitMessage{0xffffff, kMember, microseconds(1500)}));
  CHECK(circuit.number == 0xffffff);
  CHECK(circuit.member == kMember);
  CHECK(circuit.far == microseconds(1500));
  CHECK_FALSE(parsed<CircuitMessage>(encode(CircuitMessage{1, kMember, {}})).far);
  const auto refusal =
      parsed<CircuitRefusal>(encode(CircuitRefusal{kMember, CircuitRefusalReason::unreachable}));
  CHECK(refusal.member == kMember);
  CHECK(refusal.reason == CircuitRefusalReason::unreachable);
  CHECK(parsed<CircuitEnd>(encode(CircuitEnd{7})).number == 7);

  CHECK(is_refused("d1:ci0e1:k4:cende"));
  CHECK(is_refused("d1:ci-1e1:k4:cende"));
  CHECK(is_refused("d1:ci16777216e1:k4:cende"));
  CHECK(is_refused("d1:ci9223372036854775808e1:k4:cende"));
  CHECK(is_refused("d1:k4:cask1:m15:123456789012345e"));
  CHECK(is_refused("d1:k4:cask1:m17:12345678901234567e"));
  CHECK(is_refused("d1:k4:cref1:m16:12345678901234561:ri3ee"));
  CHECK(is_refused("d1:k4:cref1:m16:12345678901234561:ri-1ee"));
  // What nobody measures is not believed, and no reason to refuse the rest.
  for (const char* far : {"-1", "60000001", "9223372036854775807"}) {
    const std::string text = std::string("d1:ci5e1:k4:circ1:m16:12345678901234561:ti") + far + "ee";
    CHECK_FALSE(parsed<CircuitMessage>(to_buffer(as_bytes(text))).far);
  }
}

TEST_CASE("session messages: bye and refusal are plain text of one sentence") {
  CHECK(parsed<ByeMessage>(encode(ByeMessage{"gone"})).reason == "gone");
  CHECK(parsed<ByeMessage>(encode(ByeMessage{std::string(300, 'x')})).reason ==
        std::string(200, 'x'));
  const auto refusal = parsed<RefusalMessage>(encode(RefusalMessage{"used-up", "too late"}));
  CHECK(refusal.code == "used-up");
  CHECK(refusal.text == "too late");
  CHECK(is_refused("d1:k3:bye1:r5:\x1b[31me"));  // would colour a terminal
  CHECK(is_refused("d1:k3:bye1:r3:a\nbe"));
  CHECK(
      is_refused("d1:k3:bye1:r2:\xc3\xa9"
                 "e"));
  CHECK(is_refused("d1:k3:bye1:r201:" + std::string(201, 'x') + "e"));
  CHECK(
      is_refused("d1:c3:a\x7f"
                 "b1:k4:refu1:m1:xe"));
}

TEST_CASE("session messages: gossip") {
  const network::HavePage page{key(1), key(9), {{key(2), 5}, {key(3), 6}}};
  const auto have = parsed<HaveMessage>(encode(HaveMessage{page}));
  CHECK(have.page.first == page.first);
  CHECK(have.page.last == page.last);
  CHECK(have.page.entries == page.entries);
  CHECK(parsed<WantMessage>(encode(WantMessage{{key(7), key(1)}})).keys ==
        std::vector{key(7), key(1)});
  const auto items =
      parsed<ItemsMessage>(encode_items({as_bytes("d1:ai1ee"), as_bytes("d1:bi2ee")}));
  CHECK(items.items == std::vector{record("d1:ai1ee"), record("d1:bi2ee")});
  CHECK(parsed<ItemsMessage>(encode_items({})).items.empty());
}

TEST_CASE("session messages: a newcomer's") {
  const auto claim =
      parsed<ClaimMessage>(encode(ClaimMessage{record("d1:ci1ee"), record("d1:gi1ee")}));
  CHECK(claim.claim == record("d1:ci1ee"));
  CHECK(claim.grant == record("d1:gi1ee"));
  const auto back = parsed<WelcomeMessage>(encode(welcome()));
  CHECK(back.charter == record("d1:ai1ee"));
  CHECK(back.epoch == 3);
  CHECK(equal(back.secret.bytes(), Buffer(32, 0x5e)));
  CHECK(back.witness == record("d1:wi2ee"));
  CHECK(is_refused("d1:ci1e1:gde1:k5:claime"));  // the claim is no dict
  CHECK(is_refused("d1:cde1:ei0e1:k4:welc1:s31:" + std::string(31, 's') + "1:wdee"));
}

TEST_CASE("session messages: what is encoded again is the same") {
  for (const Buffer& sample : samples()) {
    const auto message = parse_session_message(sample);
    REQUIRE(message);
    CHECK(encode_again(*message) == sample);
  }
}

TEST_CASE("session messages: no part of one is one") {
  for (const Buffer& sample : samples()) {
    each_prefix(sample, [](Bytes prefix) { CHECK_FALSE(parse_session_message(prefix)); });
    Buffer longer = sample;
    longer.push_back('e');
    CHECK_FALSE(parse_session_message(longer));
  }
}

TEST_CASE("session messages: with a bit flipped they are nothing, or whole ones") {
  std::size_t taken = 0;
  for (const Buffer& sample : samples()) {
    each_flip(sample, [&](Bytes flipped) {
      const auto message = parse_session_message(flipped);
      if (!message) return;
      ++taken;
      const Buffer again = encode_again(*message);
      const auto same = parse_session_message(again);
      const bool is_stable = same && same->index() == message->index();
      CHECK(is_stable);
    });
  }
  CHECK(taken > 0);
}

TEST_CASE("session messages: kinds and forms that are not known") {
  CHECK(is_refused(""));
  CHECK(is_refused("de"));
  CHECK(is_refused("le"));
  CHECK(is_refused("4:ping"));
  CHECK(is_refused("d1:k4:pinge"));
  CHECK(is_refused("d1:ki4ee"));
  CHECK(is_refused("d1:k5:relay1:r1:xe"));
  CHECK(is_refused("d1:r1:x1:k3:byee"));  // keys out of order
  CHECK(is_refused("d1:k3:bye1:k3:bye1:r1:xe"));
  CHECK(is_refused("d1:k4:recs1:ldee"));
  CHECK(is_refused("d1:k4:want1:l7:1234567e"));
  // What a later version adds is passed over.
  CHECK_FALSE(is_refused("d1:ai1e1:k3:bye1:r1:x1:zlee"));
}

TEST_CASE("session messages: deep nesting") {
  for (const std::size_t depth : {8u, 50u, 550u}) {
    const std::string nested = std::string(depth, 'l') + std::string(depth, 'e');
    CHECK(is_refused("d1:k4:recs1:l" + nested + "e") == (depth > 8));
    CHECK(is_refused(nested));
    CHECK(is_refused("d1:k4:recs1:l" + std::string(depth, 'l')));
  }
  std::string dicts = "i0e";
  for (int i = 0; i < 100; ++i) dicts = "d1:a" + dicts + "e";
  CHECK(is_refused("d1:k4:recs1:l" + dicts + "e"));
}

TEST_CASE("session messages: huge integers and lengths") {
  const std::string secret = "1:k4:welc1:s32:" + std::string(32, 's') + "1:wdee";
  CHECK_FALSE(is_refused("d1:cde1:ei9223372036854775807e" + secret));
  CHECK(is_refused("d1:cde1:ei9223372036854775808e" + secret));
  CHECK(is_refused("d1:cde1:ei" + std::string(300, '9') + "e" + secret));
  CHECK(is_refused("d1:cde1:ei-0e" + secret));
  CHECK(is_refused("d1:k3:bye1:r18446744073709551617:xe"));
  CHECK(is_refused("d1:k3:bye1:r99999999999999999999999:xe"));
  CHECK(is_refused("d1:k3:bye1:r-1:xe"));
}

TEST_CASE("session messages: the longest that is taken") {
  // A string item that makes the message just so long.
  const Buffer frame = encode_items({});
  const auto message_of = [&](std::size_t size) {
    const std::size_t text = size - frame.size() - 5;  // "1234:"
    const std::string item = std::to_string(text) + ":" + std::string(text, 'x');
    return encode_items({as_bytes(item)});
  };
  REQUIRE(message_of(network::kMaxControlMessage).size() == network::kMaxControlMessage);
  CHECK(parse_session_message(message_of(network::kMaxControlMessage)));
  CHECK_FALSE(parse_session_message(message_of(network::kMaxControlMessage + 1)));
  CHECK_FALSE(parse_session_message(Buffer(70'000, 'd')));
}

TEST_CASE("session messages: lists of too many") {
  CHECK(parse_session_message(
      encode(WantMessage{std::vector<network::ItemKey>(network::kWantKeys, key(1))})));
  CHECK_FALSE(parse_session_message(
      encode(WantMessage{std::vector<network::ItemKey>(network::kWantKeys + 1, key(1))})));
  network::HavePage page{network::kFirstItemKey, network::kLastItemKey, {}};
  for (std::size_t i = 0; i <= network::kHaveEntries; ++i) {
    page.entries.push_back({key(static_cast<std::uint8_t>(i)), 1});
  }
  CHECK_FALSE(parse_session_message(encode(HaveMessage{page})));
  page.entries.pop_back();
  CHECK(parse_session_message(encode(HaveMessage{page})));
}

}  // namespace lanyard::node::test
