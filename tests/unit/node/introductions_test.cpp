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
  // First messages that went to each endpoint since the last call.
  std::map<Endpoint, int> asked() {
    tunnel::HandshakeEvents events;
    handshakes.handle_timeout(now, out.datagrams, events);
    CHECK(events.empty());
    std::map<Endpoint, int> to;
    for (const Datagram& datagram : std::exchange(out.datagrams, {})) ++to[datagram.to];
    return to;
  }
  // Until all attempts have failed.
  void wait_in_vain() {
    while (introductions.is_active()) {
      REQUIRE(handshakes.next_timeout() != Instant::never());
      now = handshakes.next_timeout();
      tunnel::HandshakeEvents events;
      handshakes.handle_timeout(now, out.datagrams, events);
      Turn turn = this->turn();
      for (const auto& event : events) {
        CHECK(introductions.ended(turn, std::get<tunnel::Failed>(event).attempt));
      }
    }
    out.clear();
  }

  Introductions introductions{kDoor, kPause};
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
  CHECK_FALSE(anna.introductions.ended(turn, tunnel::AttemptId{1'000'000}));
  CHECK(anna.introductions.is_active());
}

TEST_CASE("introductions: so many at once, however many are named") {
  Newcomer anna;
  for (int i = 0; i < 70; ++i) anna.offer("198.51.100.1:" + std::to_string(1000 + i));
  CHECK(anna.asked().size() == 64);
  anna.wait_in_vain();
  anna.offer("198.51.100.1:2000");  // takes the place of one that rests
  CHECK(anna.asked().count(endpoint("198.51.100.1:2000")) == 1);
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
