// SPDX-License-Identifier: Apache-2.0
// Inviting, joining and what a token is refused for.
#include <limits>

#include <doctest/doctest.h>

#include "core/base/bech32m.h"
#include "core/network/token.h"
#include "tests/unit/node/test_lan.h"

namespace lanyard::node::test {

namespace {

control::JoinNetwork with(std::string token) {
  control::JoinNetwork request;
  request.token = std::move(token);
  return request;
}

std::vector<std::string> states(TestMachine& machine) {
  std::vector<std::string> out;
  for (const auto& invite : machine.ask<control::InviteList>(control::ListInvites{}).invites) {
    out.push_back(invite.state);
  }
  return out;
}

struct Lan {
  Lan() {
    anna.start();
    bert.start();
    network = anna.create("lab");
  }

  TestMachine anna{1, "anna"};
  TestMachine bert{2, "bert"};
  control::NetworkReply network;
};

}  // namespace

TEST_CASE("invites: as they were asked for") {
  Lan lan;
  control::CreateInvite request;
  request.expires_seconds = 3600;
  request.uses = 3;
  request.member_name = "printer";
  const auto reply = lan.anna.ask<control::InviteReply>(request);
  CHECK(reply.network == "lab");
  CHECK(reply.expires == kWall.seconds + 3600);
  CHECK(reply.uses == 3);
  CHECK(network::Token::parse(reply.token));
  const auto list = lan.anna.ask<control::InviteList>(control::ListInvites{});
  REQUIRE(list.invites.size() == 1);
  CHECK(list.network == "lab");
  CHECK(list.invites[0].id == reply.id);
  CHECK(list.invites[0].state == "open");
  CHECK(list.invites[0].uses == 3);
  CHECK(list.invites[0].member_name == "printer");
  CHECK(list.invites[0].claimed_by.empty());
}

TEST_CASE("invites: wishes that are refused") {
  Lan lan;
  const auto refuse = [&](const auto& change) {
    control::CreateInvite request;
    change(request);
    CHECK(lan.anna.refusal(request).code == Errc::invalid);
  };
  for (const std::int64_t expires :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{367} * 24 * 3600,
        std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()}) {
    refuse([&](control::CreateInvite& request) { request.expires_seconds = expires; });
  }
  for (const std::uint32_t uses : {0u, 70'000u}) {
    refuse([&](control::CreateInvite& request) { request.uses = uses; });
  }
  refuse([](control::CreateInvite& request) { request.member_name = "not a name"; });
  for (const char* address : {"anna", "192.0.2.1", "fd00::1"}) {
    refuse([&](control::CreateInvite& request) { request.address = address; });
  }
  CHECK(states(lan.anna).empty());
}

TEST_CASE("invites: open, used up, revoked, expired") {
  Lan lan;
  const std::string used = invite(lan.anna);
  const RequestId joining = lan.bert.request(with(used));
  run({&lan.anna, &lan.bert}, seconds(3));
  REQUIRE(lan.bert.answer(joining));
  CHECK(states(lan.anna) == std::vector<std::string>{"used-up"});
  CHECK(lan.anna.ask<control::InviteList>(control::ListInvites{}).invites[0].claimed_by ==
        std::vector<std::string>{"bert"});
  CHECK(states(lan.bert) == states(lan.anna));

  const auto revoked = lan.anna.ask<control::InviteReply>(control::CreateInvite{});
  (void)lan.anna.ask<control::Done>(control::RevokeInvite{"", revoked.id.substr(0, 8)});
  const auto list = lan.anna.ask<control::InviteList>(control::ListInvites{});
  CHECK(list.invites.size() == 2);
  for (const auto& one : list.invites) {
    CHECK(one.state == (one.id == revoked.id ? "revoked" : "used-up"));
  }
  for (const char* id : {"", "zz", "0123456789abcdef"}) {
    CHECK(lan.anna.refusal(control::RevokeInvite{"", id}).code == Errc::not_found);
  }
}

TEST_CASE("invites: past their time") {
  Lan lan;
  control::CreateInvite request;
  request.expires_seconds = 1;
  const auto reply = lan.anna.ask<control::InviteReply>(request);
  CHECK(states(lan.anna) == std::vector<std::string>{"open"});
  lan.anna.node().set_wall_clock(lan.anna.now(), {kWall.seconds + 3600});
  lan.bert.node().set_wall_clock(lan.bert.now(), {kWall.seconds + 3600});
  CHECK(states(lan.anna) == std::vector<std::string>{"expired"});
  CHECK(lan.bert.refusal(with(reply.token)).code == Errc::expired);
}

TEST_CASE("invites: of a member that is no admin") {
  Lan lan;
  join(lan.anna, lan.bert);
  CHECK(lan.bert.refusal(control::CreateInvite{}).code == Errc::permission);
  const auto list = lan.bert.ask<control::InviteList>(control::ListInvites{});
  REQUIRE(list.invites.size() == 1);
  CHECK(lan.bert.refusal(control::RevokeInvite{"", list.invites[0].id}).code == Errc::permission);
}

TEST_CASE("join: tokens that are not taken") {
  Lan lan;
  const std::string token = invite(lan.anna);
  const auto refuse = [&](std::string text, Errc code) {
    const Error error = lan.bert.refusal(with(std::move(text)));
    CHECK(error.code == code);
    CHECK(error.message.find(token.substr(10, 20)) == std::string::npos);
  };
  std::string mistyped = token;
  mistyped[20] = mistyped[20] == 'Q' ? 'P' : 'Q';
  refuse(mistyped, Errc::invalid);
  refuse(token.substr(0, token.size() / 2), Errc::invalid);
  refuse("", Errc::invalid);
  refuse("hello", Errc::invalid);
  refuse(token + token, Errc::invalid);
  auto payload = bech32m::decode("LANYARD", token);
  REQUIRE(payload);
  payload->front() = 2;
  const Error newer = lan.bert.refusal(with(bech32m::encode("LANYARD", *payload)));
  CHECK(newer.code == Errc::invalid);
  CHECK(newer.message.find("newer") != std::string::npos);
  CHECK(newer.hint.find("update") != std::string::npos);
  control::JoinNetwork request = with(token);
  request.member_name = "not a name";
  CHECK(lan.bert.refusal(request).code == Errc::invalid);
  CHECK(lan.bert.status().networks.empty());
  CHECK(lan.bert.disk.size() == 1);
}

TEST_CASE("join: a network that this machine is in, or is joining") {
  Lan lan;
  const std::string token = invite(lan.anna, 5);
  CHECK(lan.anna.refusal(with(token)).code == Errc::exists);
  const RequestId joining = lan.bert.request(with(token));
  CHECK(lan.bert.refusal(with(token)).code == Errc::exists);
  run({&lan.anna, &lan.bert}, seconds(3));
  REQUIRE(lan.bert.answer(joining));
  CHECK(lan.bert.refusal(with(token)).code == Errc::exists);
  CHECK(std::get<control::NetworkReply>(*lan.bert.answer(joining)).id == lan.network.id);
  CHECK_FALSE(lan.bert.notices.empty());
}

TEST_CASE("join: ended by the client going away") {
  Lan lan;
  const RequestId joining = lan.bert.request(with(invite(lan.anna)));
  CHECK_FALSE(lan.bert.is_answered(joining));
  lan.bert.cancel(joining);
  CHECK(lan.bert.next_timeout() > lan.bert.now());
  run({&lan.anna, &lan.bert}, seconds(5));
  CHECK_FALSE(lan.bert.is_answered(joining));
  CHECK(lan.bert.status().networks.empty());
  CHECK(states(lan.anna) == std::vector<std::string>{"open"});
}

TEST_CASE("join: refused by the members") {
  Lan lan;
  const auto reply = lan.anna.ask<control::InviteReply>(control::CreateInvite{});
  (void)lan.anna.ask<control::Done>(control::RevokeInvite{"", reply.id});
  const RequestId joining = lan.bert.request(with(reply.token));
  run({&lan.anna, &lan.bert}, seconds(10));
  REQUIRE_FALSE(lan.bert.answer(joining));
  CHECK(lan.bert.answer(joining).error().code == Errc::revoked);
  CHECK(lan.bert.disk.size() == 1);
}

TEST_CASE("join: an invite that a member holds for expired, though the newcomer's clock does not") {
  Lan lan;
  control::CreateInvite request;
  request.expires_seconds = 60;
  const auto reply = lan.anna.ask<control::InviteReply>(request);
  lan.anna.node().set_wall_clock(lan.anna.now(), {kWall.seconds + 3600});
  const RequestId joining = lan.bert.request(with(reply.token));
  run({&lan.anna, &lan.bert}, seconds(10));
  REQUIRE_FALSE(lan.bert.answer(joining));
  CHECK(lan.bert.answer(joining).error().code == Errc::expired);
}

TEST_CASE("join: an invite that another has used") {
  Lan lan;
  TestMachine carl(3, "carl");
  carl.start();
  const std::string token = invite(lan.anna);
  const RequestId first = lan.bert.request(with(token));
  run({&lan.anna, &lan.bert}, seconds(3));
  REQUIRE(lan.bert.answer(first));
  const RequestId second = carl.request(with(token));
  run({&lan.anna, &lan.bert, &carl}, seconds(10));
  REQUIRE_FALSE(carl.answer(second));
  CHECK(carl.answer(second).error().code == Errc::used_up);
  CHECK(lan.anna.status().networks.at(0).members.size() == 2);
}

TEST_CASE("join: nobody answers") {
  Lan lan;
  const RequestId joining = lan.bert.request(with(invite(lan.anna)));
  run({&lan.bert}, seconds(119));
  CHECK_FALSE(lan.bert.is_answered(joining));
  run({&lan.bert}, seconds(2));
  REQUIRE_FALSE(lan.bert.answer(joining));
  CHECK(lan.bert.answer(joining).error().code == Errc::timeout);
  CHECK_FALSE(lan.bert.answer(joining).error().hint.empty());
}

TEST_CASE("join: without a device the membership is kept") {
  Lan lan;
  lan.bert.devices = Devices::fail;
  const RequestId joining = lan.bert.request(with(invite(lan.anna)));
  run({&lan.anna, &lan.bert}, seconds(3));
  REQUIRE_FALSE(lan.bert.answer(joining));
  CHECK(lan.bert.answer(joining).error().code == Errc::unavailable);
  CHECK(lan.bert.answer(joining).error().hint.find("lanyard up") != std::string::npos);
  lan.bert.devices = Devices::open;
  CHECK(lan.bert.ask<control::NetworkReply>(control::NetworkUp{}).id == lan.network.id);
}

TEST_CASE("invites: what comes right behind message 3 is not lost, though no worker knows it yet") {
  Lan lan;
  lan.anna.snapshots = TestMachine::Snapshots::late;
  join(lan.anna, lan.bert);
  CHECK(lan.bert.now() == lan.anna.now());
}

}  // namespace lanyard::node::test
