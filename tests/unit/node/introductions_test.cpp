// SPDX-License-Identifier: Apache-2.0
#include "core/node/introductions.h"

#include <algorithm>
#include <map>
#include <utility>

#include <doctest/doctest.h>

#include "tests/unit/node/turn_fixture.h"

namespace lanyard::node::test {

namespace {

constexpr std::uint32_t kDoor = 5;
constexpr Duration kPause = seconds(20);
constexpr std::int64_t kGrowth = 4;

Endpoint endpoint(std::string_view text) { return *Endpoint::parse(text); }

// Introductions with the handshakes that they begin; nobody ever answers.
struct Newcomer : TurnFixture {
  Newcomer() {
    const auto key = [this] { return crypto::Secret<32>::random(rng); };
    std::vector<tunnel::Credentials> doors;
    doors.push_back({.id = kDoor,
                     .scope = tunnel::Scope::join,
                     .side = tunnel::Side::joiner,
                     .network_id = {},
                     .mac_key = key(),
                     .cookie_key = key(),
                     .psk = key(),
                     .static_key = crypto::NoiseKey::generate(rng),
                     .membership = {}});
    handshakes.set_credentials(std::move(doors));
  }

  void offer(std::string_view text) {
    Turn turn = this->turn();
    introductions.offer(turn, endpoint(text));
  }
  void rumour(const std::vector<Endpoint>& endpoints) {
    Turn turn = this->turn();
    introductions.offer_rumours(turn, endpoints);
  }
  // First messages that went to each endpoint since the last call.
  std::map<Endpoint, int> asked() {
    tunnel::HandshakeEvents events;
    handshakes.handle_timeout(now, out.datagrams, events);
    CHECK(events.empty());
    std::map<Endpoint, int> to;
    for (const Datagram& datagram : std::exchange(out.datagrams, {})) ++to[datagram.to];
    return to;
  }
  // Until all attempts have failed; how many datagrams were sent.
  std::size_t wait_in_vain() {
    while (introductions.is_active()) {
      REQUIRE(handshakes.next_timeout() != Instant::never());
      now = handshakes.next_timeout();
      tunnel::HandshakeEvents events;
      handshakes.handle_timeout(now, out.datagrams, events);
      Turn turn = this->turn();
      for (const auto& event : events) {
        CHECK(introductions.failed(turn, std::get<tunnel::Failed>(event).attempt));
      }
    }
    const std::size_t sent = out.datagrams.size();
    out.clear();
    return sent;
  }

  Introductions introductions{kDoor, {kPause, kGrowth}};
};

}  // namespace

TEST_CASE("introductions: an address is worth one attempt, and another after a pause") {
  Newcomer anna;
  CHECK_FALSE(anna.introductions.is_active());
  anna.offer("192.168.1.3:4001");
  anna.offer("192.168.1.3:4001");
  CHECK(anna.introductions.is_active());
  CHECK(anna.asked() == std::map<Endpoint, int>{{endpoint("192.168.1.3:4001"), 1}});
  anna.wait_in_vain();
  anna.offer("192.168.1.3:4001");
  CHECK_FALSE(anna.introductions.is_active());
  anna.offer("192.168.1.4:4001");  // another is not held up
  CHECK(anna.asked().size() == 1);
  anna.wait_in_vain();

  anna.now = anna.now + kPause;
  anna.offer("192.168.1.3:4001");
  CHECK(anna.asked().count(endpoint("192.168.1.3:4001")) == 1);
}

TEST_CASE("introductions: whoever never answers is asked ever less often") {
  Newcomer anna;
  std::int64_t pauses = 1;
  for (int attempt = 0; attempt < 8; ++attempt) {
    anna.offer("192.168.1.3:4001");
    CHECK(anna.introductions.is_active());
    anna.wait_in_vain();
    anna.now = anna.now + kPause * pauses - milliseconds(1);
    anna.offer("192.168.1.3:4001");
    CHECK_FALSE(anna.introductions.is_active());
    anna.now = anna.now + milliseconds(1);
    pauses = std::min<std::int64_t>(pauses * 2, 32);
  }
}

TEST_CASE("introductions: our own address and overlay addresses are passed over") {
  Newcomer anna;
  for (const char* text : {"192.168.1.2:4001", "10.77.0.1:4001", "[fd01::1]:4001", "0.0.0.0:4001",
                           "192.168.1.3:0", "239.1.2.3:4001"}) {
    anna.offer(text);
  }
  CHECK_FALSE(anna.introductions.is_active());
  CHECK(anna.asked().empty());
}

TEST_CASE("introductions: attempts of others are not theirs") {
  Newcomer anna;
  anna.offer("192.168.1.3:4001");
  Turn turn = anna.turn();
  CHECK_FALSE(anna.introductions.failed(turn, tunnel::AttemptId{1'000'000}));
  CHECK_FALSE(anna.introductions.answered(turn, tunnel::AttemptId{1'000'000}));
  CHECK(anna.introductions.is_active());
}

TEST_CASE("introductions: so many at once, however many are named") {
  Newcomer anna;
  for (int i = 0; i < 70; ++i) anna.offer("198.51.100.1:" + std::to_string(1000 + i));
  CHECK(anna.asked().size() == 64);
  anna.wait_in_vain();
  anna.offer("198.51.100.1:2000");
  CHECK(anna.asked().count(endpoint("198.51.100.1:2000")) == 1);
}

TEST_CASE("introductions: a rumour costs a few datagrams, and what proves to be junk hardly more") {
  Newcomer anna;
  const std::vector<Endpoint> junk{endpoint("198.51.100.1:4001")};
  anna.rumour(junk);
  anna.rumour(junk);
  CHECK(anna.introductions.is_active());
  CHECK(anna.wait_in_vain() == 3);
  CHECK(anna.introductions.junk() == 0);  // it may have been asleep

  // Named again each second for a day.
  const Instant begin = anna.now;
  std::size_t sent = 0;
  while (anna.now - begin < hours(24)) {
    anna.rumour(junk);
    if (anna.introductions.is_active()) sent += anna.wait_in_vain();
    anna.now = anna.now + seconds(1);
  }
  CHECK(sent == 3 * 10);  // after 20 s, 80 s, 6, 22, 86 min, then every 4 h
  CHECK(anna.introductions.junk() == 1);

  anna.introductions.clear_name(junk.front());
  CHECK(anna.introductions.junk() == 0);
  anna.rumour(junk);
  CHECK(anna.introductions.is_active());
}

TEST_CASE("introductions: rumours have a budget, and a loud liar a share of it") {
  Newcomer anna;
  std::vector<Endpoint> junk;
  for (int i = 0; i < 1000; ++i) {
    junk.push_back(endpoint("198.51.100.1:" + std::to_string(1000 + i)));
  }
  anna.rumour(junk);
  CHECK(anna.asked().size() == Introductions::kProbesPerAnswer);
  anna.rumour({endpoint("203.0.113.1:4001")});  // another node's answer has room
  CHECK(anna.asked().count(endpoint("203.0.113.1:4001")) == 1);

  std::size_t begun = 0;
  const Instant begin = anna.now;
  while (anna.now - begin < minutes(10)) {
    anna.rumour(junk);
    anna.rumour(junk);
    begun += anna.wait_in_vain() / 3;
    anna.now = anna.now + seconds(1);
  }
  CHECK(begun <= 16 + 10 * 30);
  CHECK(begun >= 10 * 29);

  // Who knows the secret need not wait for that.
  anna.offer("203.0.113.2:4001");
  CHECK(anna.asked().count(endpoint("203.0.113.2:4001")) == 1);
}

TEST_CASE("introductions: what is remembered of junk is bounded") {
  Newcomer anna;
  const std::vector<Endpoint> first{endpoint("203.0.113.1:4001")};
  anna.rumour(first);
  anna.wait_in_vain();
  anna.now = anna.now + hours(1);
  anna.rumour(first);
  anna.wait_in_vain();
  CHECK(anna.introductions.junk() == 1);
  for (int i = 0; i < 600; ++i) {
    anna.now = anna.now + seconds(2);
    anna.rumour({endpoint("198.51.100.1:" + std::to_string(1000 + i))});
    anna.wait_in_vain();
  }
  CHECK(anna.introductions.junk() == 0);  // the oldest has gone
  anna.rumour(first);
  CHECK(anna.introductions.is_active());
}

TEST_CASE("introductions: whoever has answered is junk no more") {
  Newcomer anna;
  const std::vector<Endpoint> peer{endpoint("203.0.113.1:4001")};
  anna.rumour(peer);
  anna.wait_in_vain();
  anna.now = anna.now + kPause;
  anna.rumour(peer);
  anna.wait_in_vain();
  CHECK(anna.introductions.junk() == 1);
  anna.now = anna.now + kPause * kGrowth;
  Turn turn = anna.turn();
  anna.introductions.offer_rumours(turn, peer);
  CHECK(anna.introductions.answered(turn, tunnel::AttemptId{3}));
  CHECK(anna.introductions.junk() == 0);
  CHECK_FALSE(anna.introductions.is_active());
  // It may refuse us for a reason that lasts: there is a rest all the same.
  anna.rumour(peer);
  CHECK_FALSE(anna.introductions.is_active());
  anna.now = anna.now + kPause;
  anna.rumour(peer);
  CHECK(anna.introductions.is_active());
}

TEST_CASE("introductions: given up") {
  Newcomer anna;
  anna.offer("192.168.1.3:4001");
  Turn turn = anna.turn();
  anna.introductions.cancel_all(turn);
  CHECK_FALSE(anna.introductions.is_active());
  CHECK(anna.asked().empty());
  CHECK(anna.handshakes.next_timeout() == Instant::never());
  anna.offer("192.168.1.3:4001");  // forgotten: at once again
  CHECK(anna.asked().size() == 1);
}

}  // namespace lanyard::node::test
