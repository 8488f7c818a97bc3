// SPDX-License-Identifier: Apache-2.0
// What a client is told of the other members: pings and status.
#include <doctest/doctest.h>

#include "tests/unit/node/test_lan.h"

namespace lanyard::node::test {

namespace {

struct Lan {
  Lan() {
    anna.start();
    bert.start();
    (void)anna.create("lab");
    join(anna, bert);
  }

  control::MemberStatus bert_at_anna() {
    const control::Status status = anna.status();
    REQUIRE(status.networks.at(0).members.size() == 2);
    return status.networks[0].members[1];
  }

  TestMachine anna{1, "anna"};
  TestMachine bert{2, "bert"};
};

control::Ping ping(std::string peer) {
  control::Ping request;
  request.peer = std::move(peer);
  return request;
}

}  // namespace

TEST_CASE("ping: by name, address and id") {
  Lan lan;
  const control::MemberStatus bert = lan.bert_at_anna();
  REQUIRE(bert.addresses.size() == 2);
  for (const std::string& peer :
       {std::string("bert"), bert.addresses[0], bert.addresses[1], bert.id.substr(0, 8)}) {
    control::Ping request = ping(peer);
    request.count = 2;
    request.interval_milliseconds = 10;
    lan.anna.notices.clear();
    const RequestId id = lan.anna.request(request);
    run({&lan.anna, &lan.bert}, milliseconds(50));
    REQUIRE(lan.anna.answer(id));
    const auto& summary = std::get<control::PingSummary>(*lan.anna.answer(id));
    CHECK(summary.sent == 2);
    CHECK(summary.received == 2);
    REQUIRE(lan.anna.notices.size() == 2);
    const auto& echo = std::get<control::PingEcho>(lan.anna.notices[1].notification);
    CHECK(echo.sequence == 2);
    CHECK(echo.peer == "bert");
    CHECK(echo.path == control::PathKind::lan);
    CHECK(echo.endpoint == "192.168.1.2:4001");
  }
}

TEST_CASE("ping: itself, or nobody") {
  Lan lan;
  CHECK(lan.anna.refusal(ping("anna")).code == Errc::invalid);
  for (const char* peer : {"", "carl", "10.0.0.1", "abc"}) {
    CHECK(lan.anna.refusal(ping(peer)).code == Errc::not_found);
  }
}

TEST_CASE("ping: wishes out of range") {
  Lan lan;
  control::Ping request = ping("bert");
  request.count = 0;
  CHECK(lan.anna.refusal(request).code == Errc::invalid);
  request.count = 2'000'000;
  CHECK(lan.anna.refusal(request).code == Errc::invalid);
  request = ping("bert");
  request.interval_milliseconds = 9;
  CHECK(lan.anna.refusal(request).code == Errc::invalid);
  request = ping("bert");
  request.timeout_milliseconds = 0;
  CHECK(lan.anna.refusal(request).code == Errc::invalid);
}

TEST_CASE("ping: a member that has gone") {
  Lan lan;
  lan.bert.stop();
  run({&lan.anna, &lan.bert}, milliseconds(1));
  control::Ping request = ping("bert");
  request.count = 1;
  const RequestId id = lan.anna.request(request);
  run({&lan.anna}, seconds(3));
  REQUIRE_FALSE(lan.anna.answer(id));
  CHECK(lan.anna.answer(id).error().code == Errc::unreachable);
}

TEST_CASE("ping: ended by the client going away") {
  Lan lan;
  const RequestId id = lan.anna.request(ping("bert"));
  lan.anna.cancel(id);
  run({&lan.anna, &lan.bert}, seconds(10));
  CHECK_FALSE(lan.anna.is_answered(id));
}

TEST_CASE("ping: only so many at once") {
  Lan lan;
  for (int i = 0; i < 64; ++i) (void)lan.anna.request(ping("bert"));
  CHECK(lan.anna.refusal(ping("bert")).code == Errc::overloaded);
}

TEST_CASE("status: of a member that is there, and of one that has left") {
  Lan lan;
  control::MemberStatus bert = lan.bert_at_anna();
  CHECK(bert.name == "bert");
  CHECK(bert.online);
  CHECK(bert.path == control::PathKind::lan);
  CHECK(bert.endpoint == "192.168.1.2:4001");
  CHECK_FALSE(bert.cipher.empty());
  CHECK(bert.reason.empty());
  (void)lan.bert.ask<control::Done>(control::LeaveNetwork{});
  run({&lan.anna, &lan.bert}, milliseconds(1));
  bert = lan.bert_at_anna();
  CHECK_FALSE(bert.online);
  CHECK(bert.path == control::PathKind::none);
  CHECK_FALSE(bert.reason.empty());
}

TEST_CASE("status: of the daemon") {
  TestMachine machine(1);
  machine.start();
  machine.node().set_dropped({{"forged", 3}});
  run({&machine}, seconds(65));
  const control::Status status = machine.status();
  CHECK(status.version == "test");
  CHECK(status.uptime_seconds == 65);
  CHECK(status.port == 4001);
  CHECK(status.dht.mode == "off");
  CHECK(status.dropped == std::vector<std::pair<std::string, std::uint64_t>>{{"forged", 3}});
  CHECK(machine.ask<control::Version>(control::GetVersion{}).version == "test");
}

}  // namespace lanyard::node::test
