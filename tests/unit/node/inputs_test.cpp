// SPDX-License-Identifier: Apache-2.0
// Inputs that make no sense, or come for nobody: they change nothing, and nobody gets an answer.
#include <doctest/doctest.h>

#include "tests/unit/node/test_lan.h"

namespace lanyard::node::test {

namespace {

const Endpoint kStranger = *Endpoint::parse("198.51.100.66:4001");

// Two machines of a network in which something may happen, or not.
struct Lan {
  Lan() {
    anna.start();
    bert.start();
    (void)anna.create("lab");
    join(anna, bert);
    (void)anna.take_datagrams();
  }
  // Nothing was said, and the members still have their session.
  void check_unharmed() {
    CHECK(anna.take_datagrams().empty());
    CHECK(anna.status().networks.at(0).members.at(1).online);
  }

  TestMachine anna{1, "anna"};
  TestMachine bert{2, "bert"};
};

}  // namespace

TEST_CASE("inputs: datagrams of strangers") {
  Lan lan;
  SeededRng rng(1);
  for (unsigned first = 0; first < 256; ++first) {
    for (const std::size_t size : {1u, 20u, 200u, 1100u, 1472u}) {
      Buffer junk(size);
      rng.fill(junk);
      junk[0] = static_cast<std::uint8_t>(first);
      lan.anna.receive(kStranger, std::move(junk));
    }
  }
  lan.check_unharmed();
}

TEST_CASE("inputs: events for sessions and devices that there are not") {
  Lan lan;
  Outbox out;
  Node& node = lan.anna.node();
  node.handle_control_frame(lan.anna.now(), {0xabcdef, kStranger, as_bytes("d1:k3:bye1:r1:xe")},
                            out);
  node.handle_new_address(lan.anna.now(), 0xabcdef, kStranger, out);
  node.handle_device(lan.anna.now(), 77, std::string("tap77"), out);
  node.handle_device(lan.anna.now(), 78, make_error(Errc::failure, "no"), out);
  node.cancel_request(lan.anna.now(), 999, out);
  CHECK(out.datagrams.empty());
  CHECK(out.answers.empty());
  CHECK(out.devices.empty());
  CHECK(out.files.empty());
  lan.check_unharmed();
}

TEST_CASE("inputs: control messages that are none") {
  Lan lan;
  const auto forwarding = lan.anna.forwarding();
  REQUIRE(forwarding->sessions.size() == 1);
  const std::uint32_t index = forwarding->sessions[0].session->local_index();
  Outbox out;
  for (const char* text : {"", "d", "de", "d1:k4:pinge", "d1:k5:relay1:r1:xe",
                           "d1:cde1:gde1:k5:claime",  // at the members' door
                           "d1:cde1:ei0e1:k4:welc1:s32:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1:wdee",
                           "d1:c7:revoked1:k4:refu1:m2:noe", "d1:k4:recs1:ld1:xi1eei7e1:aee",
                           "d1:k4:want1:l8:aaaaaaaae"}) {
    lan.anna.node().handle_control_frame(lan.anna.now(), {index, kStranger, as_bytes(text)}, out);
  }
  CHECK(out.datagrams.empty());
  CHECK(out.files.empty());
  lan.check_unharmed();
}

TEST_CASE("inputs: the wall clock jumps") {
  Lan lan;
  for (const std::int64_t wall : {kWall.seconds + 10 * 365 * 24 * 3600, std::int64_t{0},
                                  kWall.seconds - 3600, kWall.seconds}) {
    for (TestMachine* machine : {&lan.anna, &lan.bert}) {
      machine->node().set_wall_clock(machine->now(), {wall});
    }
    run({&lan.anna, &lan.bert}, seconds(70));
    lan.check_unharmed();
  }
}

}  // namespace lanyard::node::test
