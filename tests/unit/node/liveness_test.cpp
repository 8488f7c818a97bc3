// SPDX-License-Identifier: Apache-2.0
#include "core/node/liveness.h"

#include <doctest/doctest.h>

namespace lanyard::node::test {

namespace {

using Verdict = Liveness::Verdict;

constexpr Instant kStart{seconds(1000).nanoseconds};
const Endpoint kPeer = *Endpoint::parse("192.0.2.1:4001");

Instant at(std::int64_t ms) { return kStart + milliseconds(ms); }
PingNonce nonce(std::uint8_t n) { return {n}; }

// A session that has heard from its peer just now.
Liveness lively() {
  Liveness liveness(kStart);
  liveness.observe(kStart, 1, 1);
  return liveness;
}

}  // namespace

TEST_CASE("liveness: an idle session is pinged before a NAT forgets it") {
  Liveness liveness = lively();
  CHECK(liveness.check(at(0)) == Verdict::quiet);
  CHECK(liveness.check(at(19'999)) == Verdict::quiet);
  CHECK(liveness.check(at(20'000)) == Verdict::ping);
  liveness.observe(at(10'000), 1, 2);
  CHECK(liveness.check(at(29'999)) == Verdict::quiet);
  CHECK(liveness.check(at(30'000)) == Verdict::ping);
}

TEST_CASE("liveness: something was sent and nothing came back") {
  Liveness liveness = lively();
  liveness.observe(at(5'000), 2, 1);
  CHECK(liveness.check(at(14'999)) == Verdict::quiet);
  CHECK(liveness.check(at(15'000)) == Verdict::ping);
  // What comes in later than what went out lays the suspicion.
  liveness.observe(at(15'000), 2, 2);
  CHECK(liveness.check(at(34'999)) == Verdict::quiet);
  CHECK(liveness.check(at(35'000)) == Verdict::ping);
}

TEST_CASE("liveness: five unanswered pings, one a second, and the path is given up") {
  Liveness liveness = lively();
  std::vector<std::int64_t> pings;
  std::uint64_t sent = 1;
  std::int64_t ms = 0;
  for (; liveness.check(at(ms)) != Verdict::dead && ms < 60'000; ms += 250) {
    if (liveness.check(at(ms)) != Verdict::ping) continue;
    pings.push_back(ms);
    liveness.ping_sent(at(ms), nonce(static_cast<std::uint8_t>(pings.size())), kPeer);
    CHECK(liveness.is_probing());
    liveness.observe(at(ms), ++sent, 1);
  }
  CHECK(pings == std::vector<std::int64_t>{20'000, 21'000, 22'000, 23'000, 24'000});
  CHECK(ms == 25'000);
  // A word from the peer, however late, and all is well.
  liveness.observe(at(25'000), sent, 2);
  CHECK(liveness.check(at(25'000)) == Verdict::quiet);
  CHECK_FALSE(liveness.is_probing());
}

TEST_CASE("liveness: frames that nothing comes back for are a doubt within a second") {
  Liveness liveness = lively();
  std::uint64_t sent = 1;
  std::vector<std::int64_t> pings;
  std::int64_t ms = 0;
  for (; !liveness.is_path_doubtful(at(ms)) && ms < 60'000; ms += 100) {
    liveness.observe(at(ms), ++sent, 1, static_cast<std::uint64_t>(ms / 100));
    if (liveness.check(at(ms)) != Verdict::ping) continue;
    pings.push_back(ms);
    liveness.ping_sent(at(ms), nonce(static_cast<std::uint8_t>(pings.size())), kPeer);
  }
  CHECK(pings == std::vector<std::int64_t>{200, 300});
  CHECK(ms == 400);
  CHECK(liveness.has_traffic(at(ms)));
  // It is not given up for that: as long as there is no other path, it is pinged as ever.
  std::int64_t dead = ms;
  for (; liveness.check(at(dead)) != Verdict::dead && dead < 60'000; dead += 100) {
    if (liveness.check(at(dead)) != Verdict::ping) continue;
    pings.push_back(dead);
    liveness.ping_sent(at(dead), nonce(9), kPeer);
  }
  CHECK(dead == 20'000);
  CHECK(pings.size() == 4 + 5);
  liveness.observe(at(dead), sent, 2, 9);
  CHECK_FALSE(liveness.is_path_doubtful(at(dead)));
  CHECK(liveness.check(at(dead)) == Verdict::quiet);
}

TEST_CASE("liveness: a slow path is given its time, and control messages raise no doubt") {
  Liveness slow = lively();
  slow.ping_sent(at(0), nonce(1), kPeer);
  CHECK(slow.pong_received(at(600), nonce(1)));
  slow.observe(at(600), 1, 2);
  slow.observe(at(700), 2, 2, 1);
  for (std::uint8_t i = 0; i < 4; ++i) slow.ping_sent(at(1'000 + i * 200), nonce(i), kPeer);
  CHECK_FALSE(slow.is_path_doubtful(at(2'900)));
  CHECK(slow.is_path_doubtful(at(3'000)));  // four round trips since

  Liveness quiet = lively();
  quiet.observe(at(100), 50, 1, 0);
  CHECK(quiet.check(at(14'999)) == Verdict::quiet);
  CHECK_FALSE(quiet.has_traffic(at(100)));
}

TEST_CASE("liveness: a new session is pinged until its peer is heard") {
  Liveness liveness(kStart);
  CHECK_FALSE(liveness.has_received());
  // Not at once: the responder is the first to ping.
  CHECK(liveness.check(at(199)) == Verdict::quiet);
  CHECK(liveness.check(at(200)) == Verdict::ping);
  std::vector<std::int64_t> pings;
  std::int64_t ms = 0;
  liveness.ping_sent(kStart, nonce(0), kPeer);  // by whoever made the session
  for (; liveness.check(at(ms)) != Verdict::dead && ms < 60'000; ms += 250) {
    if (liveness.check(at(ms)) != Verdict::ping) continue;
    pings.push_back(ms);
    liveness.ping_sent(at(ms), nonce(static_cast<std::uint8_t>(ms / 1000)), kPeer);
  }
  CHECK(pings == std::vector<std::int64_t>{1'000, 2'000, 3'000, 4'000});
  CHECK(ms == 15'000);
}

TEST_CASE("liveness: a user's lost ping kills nothing") {
  Liveness liveness = lively();
  for (std::uint8_t i = 0; i < 7; ++i) liveness.ping_sent(at(i * 10), nonce(i), kPeer);
  CHECK(liveness.check(at(14'999)) == Verdict::quiet);
}

TEST_CASE("liveness: the round trip, smoothed") {
  Liveness liveness = lively();
  CHECK_FALSE(liveness.round_trip());
  liveness.ping_sent(at(0), nonce(1), kPeer);
  CHECK_FALSE(liveness.pong_received(at(10), nonce(2)));
  CHECK(liveness.pong_received(at(80), nonce(1)) == kPeer);
  CHECK(liveness.round_trip() == milliseconds(80));
  CHECK_FALSE(liveness.pong_received(at(81), nonce(1)));  // answered once
  liveness.ping_sent(at(1'000), nonce(3), kPeer);
  CHECK(liveness.pong_received(at(1'000), nonce(3)));
  CHECK(liveness.round_trip() == milliseconds(70));  // an eighth less
  CHECK(liveness.counted_pings() == 2);
  CHECK(liveness.lost_of_last() == 0);
}

TEST_CASE("liveness: the path that a ping went to is known by its answer") {
  Liveness liveness = lively();
  const Endpoint elsewhere = *Endpoint::parse("[2001:db8::2]:4002");
  liveness.ping_sent(at(0), nonce(1), kPeer);
  liveness.ping_sent(at(0), nonce(2), elsewhere);
  CHECK(liveness.pong_received(at(5), nonce(2)) == elsewhere);
  CHECK(liveness.pong_received(at(5), nonce(1)) == kPeer);
}

TEST_CASE("liveness: loss") {
  Liveness liveness = lively();
  liveness.ping_sent(at(0), nonce(1), kPeer);
  liveness.observe(at(4'999), 1, 1);
  CHECK(liveness.counted_pings() == 0);
  liveness.observe(at(5'000), 1, 1);
  CHECK(liveness.counted_pings() == 1);
  CHECK(liveness.lost_of_last() == 1);
  CHECK_FALSE(liveness.pong_received(at(5'001), nonce(1)));  // too late to count

  // Only the last 32 count.
  for (std::uint8_t i = 2; i < 40; ++i) {
    liveness.ping_sent(at(i * 1'000), nonce(i), kPeer);
    CHECK(liveness.pong_received(at(i * 1'000 + 5), nonce(i)));
  }
  CHECK(liveness.counted_pings() == 32);
  CHECK(liveness.lost_of_last() == 0);
}

TEST_CASE("liveness: more pings under way than are remembered") {
  Liveness liveness = lively();
  for (std::uint8_t i = 0; i < 9; ++i) liveness.ping_sent(at(i), nonce(i), kPeer);
  CHECK(liveness.lost_of_last() == 1);
  CHECK_FALSE(liveness.pong_received(at(20), nonce(0)));
  CHECK(liveness.pong_received(at(20), nonce(1)));
  CHECK(liveness.pong_received(at(20), nonce(8)));
  CHECK(liveness.counted_pings() == 3);
}

}  // namespace lanyard::node::test
