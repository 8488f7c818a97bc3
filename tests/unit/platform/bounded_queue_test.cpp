// SPDX-License-Identifier: Apache-2.0
#include "platform/bounded_queue.h"

#include <thread>

#include <poll.h>

#include <doctest/doctest.h>

#include "platform/control_queue.h"

namespace lanyard::platform {
namespace {

TEST_CASE("a bounded queue keeps order and refuses what does not fit") {
  BoundedQueue<int> queue(4);
  const auto put = [&](int value) { return queue.push([&](int& slot) { slot = value; }); };
  int taken = 0;
  const auto take = [&] { return queue.pop([&](int& slot) { taken = slot; }); };

  CHECK_FALSE(take());
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 4; ++i) CHECK(put(i));
    CHECK_FALSE(put(4));
    for (int i = 0; i < 4; ++i) {
      REQUIRE(take());
      CHECK(taken == i);
    }
    CHECK_FALSE(take());
  }
  CHECK(queue.dropped() == 3);
}

TEST_CASE("a bounded queue carries everything between two threads, in order") {
  constexpr std::uint32_t kCount = 100'000;
  BoundedQueue<std::uint32_t> queue(64);
  std::uint32_t refused = 0;
  std::thread writer([&] {
    for (std::uint32_t i = 0; i < kCount;) {
      if (queue.push([&](std::uint32_t& slot) { slot = i; })) {
        ++i;
      } else {
        ++refused;
        std::this_thread::yield();
      }
    }
  });
  std::uint32_t expected = 0;
  bool is_ordered = true;
  while (expected < kCount) {
    const bool is_taken =
        queue.pop([&](std::uint32_t& slot) { is_ordered = is_ordered && slot == expected++; });
    if (!is_taken) std::this_thread::yield();
  }
  writer.join();
  CHECK(is_ordered);
  CHECK(queue.dropped() == refused);
}

bool is_readable(int descriptor) {
  pollfd poll_for{descriptor, POLLIN, 0};
  return poll(&poll_for, 1, 0) == 1;
}

TEST_CASE("the control queue is readable while something waits, and bounded") {
  ControlQueue queue;
  const Endpoint from = *Endpoint::parse("192.0.2.1:5");
  queue.signal();
  CHECK_FALSE(is_readable(queue.descriptor()));
  std::size_t kept = 0;
  for (std::size_t i = 0; i < 300; ++i) {
    queue.push(ControlInput::Kind::datagram, 0, from, as_bytes("hello"));
  }
  queue.push(ControlInput::Kind::datagram, 0, from, Buffer(kControlInputBytes + 1));
  CHECK(queue.dropped() == 300 - 256 + 1);
  queue.signal();
  while (is_readable(queue.descriptor())) {
    queue.drain([&](const ControlInput& input) {
      ++kept;
      CHECK(input.from == from);
      CHECK(as_text(input.body()) == "hello");
    });
  }
  CHECK(kept == 256);
}

}  // namespace
}  // namespace lanyard::platform
