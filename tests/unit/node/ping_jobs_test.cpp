// SPDX-License-Identifier: Apache-2.0
#include "core/node/ping_jobs.h"

#include <doctest/doctest.h>

namespace lanyard::node::test {

namespace {

constexpr Instant kStart{seconds(1000).nanoseconds};

Instant at(std::int64_t ms) { return kStart + milliseconds(ms); }
PingNonce nonce(std::uint8_t n) { return {n}; }

PingJob job(std::uint32_t count) {
  PingJob out;
  out.request = 9;
  out.peer_name = "anna";
  out.address = "10.77.0.1";
  out.count = count;
  out.interval = seconds(1);
  out.timeout = seconds(2);
  out.next_send = kStart;
  return out;
}

const control::PingEcho& echo(const Outbox& out, std::size_t index) {
  REQUIRE(index < out.notices.size());
  CHECK(out.notices[index].request == 9);
  return std::get<control::PingEcho>(out.notices[index].notification);
}

}  // namespace

TEST_CASE("ping job: when each echo is due") {
  PingJob ping = job(2);
  CHECK(ping.next_event() == kStart);
  CHECK(ping.due(at(0)) == 1u);
  ping.echo_sent(at(0), nonce(1), {});
  CHECK_FALSE(ping.due(at(999)));
  CHECK(ping.next_event() == at(1'000));
  CHECK(ping.due(at(1'000)) == 2u);
  ping.echo_sent(at(1'000), nonce(2), {});
  CHECK_FALSE(ping.due(at(60'000)));
  CHECK(ping.next_event() == at(2'000));  // the first is given up then
  CHECK_FALSE(ping.is_finished());
}

TEST_CASE("ping job: answers and their times") {
  Outbox out;
  PingJob ping = job(2);
  control::PingEcho notice;
  notice.path = control::PathKind::lan;
  notice.endpoint = "192.168.1.3:4001";
  ping.echo_sent(at(0), nonce(1), notice);
  CHECK_FALSE(ping.pong(at(5), nonce(7), out));
  CHECK(out.notices.empty());
  CHECK(ping.pong(at(10), nonce(1), out));
  CHECK_FALSE(ping.pong(at(11), nonce(1), out));
  ping.echo_sent(at(1'000), nonce(2), notice);
  CHECK(ping.pong(at(1'030), nonce(2), out));
  REQUIRE(out.notices.size() == 2);
  CHECK(echo(out, 0).sequence == 1);
  CHECK(echo(out, 0).peer == "anna");
  CHECK(echo(out, 0).address == "10.77.0.1");
  CHECK_FALSE(echo(out, 0).lost);
  CHECK(echo(out, 0).rtt_seconds == doctest::Approx(0.010));
  CHECK(echo(out, 0).path == control::PathKind::lan);
  CHECK(echo(out, 0).endpoint == "192.168.1.3:4001");
  CHECK(echo(out, 1).sequence == 2);

  CHECK(ping.is_finished());
  CHECK(ping.next_event() == Instant::never());
  const auto reply = ping.conclude();
  REQUIRE(reply);
  const auto& summary = std::get<control::PingSummary>(*reply);
  CHECK(summary.sent == 2);
  CHECK(summary.received == 2);
  CHECK(summary.min_seconds == doctest::Approx(0.010));
  CHECK(summary.average_seconds == doctest::Approx(0.020));
  CHECK(summary.max_seconds == doctest::Approx(0.030));
}

TEST_CASE("ping job: answers out of order") {
  Outbox out;
  PingJob ping = job(2);
  ping.echo_sent(at(0), nonce(1), {});
  ping.echo_sent(at(1'000), nonce(2), {});
  CHECK(ping.pong(at(1'010), nonce(2), out));
  CHECK(ping.pong(at(1'500), nonce(1), out));
  CHECK(echo(out, 0).sequence == 2);
  CHECK(echo(out, 1).sequence == 1);
}

TEST_CASE("ping job: lost ones") {
  Outbox out;
  PingJob ping = job(1);
  ping.echo_sent(at(0), nonce(1), {});
  ping.expire(at(1'999), out);
  CHECK(out.notices.empty());
  ping.expire(at(2'000), out);
  CHECK(echo(out, 0).lost);
  CHECK_FALSE(ping.pong(at(2'001), nonce(1), out));
  CHECK(ping.is_finished());
  const auto reply = ping.conclude();
  REQUIRE_FALSE(reply);
  CHECK(reply.error().code == Errc::unreachable);
  CHECK(reply.error().message == "anna did not answer");
  CHECK_FALSE(reply.error().hint.empty());
}

TEST_CASE("ping job: ones that could not be sent") {
  Outbox out;
  PingJob ping = job(2);
  ping.echo_impossible(at(0), "it is offline", out);
  CHECK(echo(out, 0).lost);
  CHECK(echo(out, 0).sequence == 1);
  CHECK(ping.next_event() == at(1'000));
  ping.echo_impossible(at(1'000), "it is offline", out);
  CHECK(ping.is_finished());
  CHECK(ping.conclude().error().message == "anna did not answer: it is offline");
}

}  // namespace lanyard::node::test
