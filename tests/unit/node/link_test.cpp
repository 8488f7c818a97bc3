// SPDX-License-Identifier: Apache-2.0
#include "core/node/link.h"

#include <doctest/doctest.h>

#include "tests/unit/node/turn_fixture.h"
#include "tests/unit/node/two_nodes.h"

namespace lanyard::node::test {

namespace {

using tunnel::Initiator;

// Anna's end of a session with Bert.
struct Ends {
  Ends(TurnFixture& machine, tunnel::SessionIndex index) : Ends(machine, index, Initiator::us) {}
  Ends(TurnFixture& machine, tunnel::SessionIndex index, Initiator initiator)
      : sessions(make_sessions(index, index + 1)), link(make(machine, initiator)) {}

  // In which both begin at once; Anna's key is the lower one.
  static Ends crossed(TurnFixture& machine, tunnel::SessionIndex index, Initiator initiator) {
    Ends out(machine, index, initiator);
    out.link.lower_key_initiated = initiator == Initiator::us;
    out.hear();
    return out;
  }
  void hear() {
    auto datagram = sessions.at_bert->seal_message(tunnel::BodyKind::empty, {});
    REQUIRE(datagram);
    REQUIRE(std::holds_alternative<tunnel::Body>(sessions.at_anna->open(*datagram)));
  }
  // What Bert reads in the datagram.
  std::optional<SessionMessage> read(Datagram datagram) const {
    const auto opened = sessions.at_bert->open(datagram.payload);
    const auto* body = std::get_if<tunnel::Body>(&opened);
    REQUIRE(body != nullptr);
    CHECK(body->kind == tunnel::BodyKind::control);
    return parse_session_message(body->payload);
  }

  SessionPair sessions;
  Link link;

 private:
  Link make(TurnFixture& machine, Initiator initiator) const {
    Turn turn = machine.turn();
    tunnel::Established event;
    event.session = sessions.at_anna;
    event.initiator = initiator;
    event.from = kBertEndpoint;
    return {turn, std::move(event), tunnel::Scope::member};
  }
};

// Whether the first is the better and the second, then, is not.
bool wins(const Link& a, const Link& b) { return a.is_better_than(b) && !b.is_better_than(a); }

}  // namespace

TEST_CASE("link: ready when both ends are known to have the keys") {
  TurnFixture machine;
  CHECK(Ends(machine, 1, Initiator::peer).link.is_ready());
  Ends ours(machine, 3);
  CHECK_FALSE(ours.link.is_ready());
  ours.hear();
  CHECK(ours.link.is_ready());
}

TEST_CASE("link: the ready one is better, however old") {
  TurnFixture machine;
  const Ends old(machine, 1, Initiator::peer);
  machine.now = machine.now + seconds(100);
  Ends fresh(machine, 3);
  CHECK(wins(old.link, fresh.link));
  fresh.hear();
  CHECK(wins(fresh.link, old.link));
}

TEST_CASE("link: the younger of two that one side began") {
  TurnFixture machine;
  const Ends old(machine, 1, Initiator::peer);
  machine.now = machine.now + milliseconds(10);
  const Ends fresh(machine, 3, Initiator::peer);
  CHECK(wins(fresh.link, old.link));
}

TEST_CASE("link: of two that crossed, the one that the lower key began") {
  for (const Initiator first : {Initiator::us, Initiator::peer}) {
    const Initiator second = first == Initiator::us ? Initiator::peer : Initiator::us;
    TurnFixture machine;
    const Ends older = Ends::crossed(machine, 1, first);
    machine.now = machine.now + milliseconds(1'999);
    const Ends younger = Ends::crossed(machine, 3, second);
    CHECK(wins(older.link, younger.link) == (first == Initiator::us));
    CHECK(wins(younger.link, older.link) == (second == Initiator::us));
    // Far apart they have not crossed: the peer just wanted new keys.
    machine.now = machine.now + milliseconds(1);
    const Ends later = Ends::crossed(machine, 5, second);
    CHECK(wins(later.link, older.link));
  }
}

TEST_CASE("link: what it sends, the other end reads") {
  TurnFixture machine;
  Ends ends(machine, 1);
  Turn turn = machine.turn();
  const network::Digest digest = {1, 2, 3};
  ends.link.ping(turn, kElsewhere, digest);
  REQUIRE(machine.out.datagrams.size() == 1);
  CHECK(machine.out.datagrams[0].to == kElsewhere);
  const auto message = ends.read(machine.out.datagrams[0]);
  REQUIRE(message);
  const auto& ping = std::get<PingMessage>(*message);
  CHECK(ping.digest == digest);
  CHECK(ends.link.liveness.is_probing());
  CHECK(ends.link.liveness.pong_received(turn.now, ping.nonce) == kElsewhere);

  ends.link.answer(turn, ping, kElsewhere, digest);
  ends.link.say_bye(turn, "gone");
  REQUIRE(machine.out.datagrams.size() == 3);
  CHECK(machine.out.datagrams[1].to == kElsewhere);
  const auto answered = ends.read(machine.out.datagrams[1]);
  REQUIRE(answered);
  CHECK(std::get<PongMessage>(*answered).nonce == ping.nonce);
  CHECK(std::get<PongMessage>(*answered).observed == kElsewhere);
  CHECK(machine.out.datagrams[2].to == kBertEndpoint);
  const auto bye = ends.read(machine.out.datagrams[2]);
  REQUIRE(bye);
  CHECK(std::get<ByeMessage>(*bye).reason == "gone");
}

}  // namespace lanyard::node::test
