// SPDX-License-Identifier: Apache-2.0
// Test machines on one LAN, which carries their datagrams at once and unharmed. Scenarios with
// loss, NATs and many hosts are tests/sim's.
#pragma once

#include <string>
#include <vector>

#include "tests/unit/node/test_machine.h"

namespace lanyard::node::test {

// What has been sent arrives, and the answers to it, until nobody has more to say.
inline void deliver(const std::vector<TestMachine*>& lan) {
  for (bool moved = true; moved;) {
    moved = false;
    for (TestMachine* from : lan) {
      for (Datagram& datagram : from->take_datagrams()) {
        for (TestMachine* to : lan) {
          if (to->endpoint() != datagram.to) continue;
          to->receive(from->endpoint(), std::move(datagram.payload));
          moved = true;
          break;
        }
      }
    }
  }
}

inline void run(const std::vector<TestMachine*>& lan, Duration duration) {
  const Instant end = lan.front()->now() + duration;
  for (;;) {
    deliver(lan);
    Instant next = Instant::never();
    for (const TestMachine* machine : lan) next = earlier(next, machine->next_timeout());
    if (next > end) break;
    for (TestMachine* machine : lan) machine->wait_until(next);
  }
  for (TestMachine* machine : lan) machine->wait_until(end);
  deliver(lan);
}

inline std::string invite(TestMachine& admin, std::uint32_t uses = 1) {
  control::CreateInvite request;
  request.uses = uses;
  return admin.ask<control::InviteReply>(request).token;
}

// Bert joins Anna's network, which takes some milliseconds.
inline void join(TestMachine& anna, TestMachine& bert) {
  control::JoinNetwork request;
  request.token = invite(anna);
  const RequestId id = bert.request(request);
  run({&anna, &bert}, seconds(3));
  REQUIRE(bert.is_answered(id));
  REQUIRE_MESSAGE(bert.answer(id), bert.answer(id).error().message);
}

}  // namespace lanyard::node::test
