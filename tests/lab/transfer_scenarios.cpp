// SPDX-License-Identifier: Apache-2.0
// A gigabyte by TCP through the tunnel, while the underlay loses packets and keys change.
#include <array>
#include <cstdio>
#include <cstring>
#include <set>
#include <thread>

#include <doctest/doctest.h>

#include "core/base/endian.h"
#include "tests/lab/sockets.h"
#include "tests/lab/story.h"
#include "tests/lab/wire_tap.h"

namespace lanyard::lab {
namespace {

constexpr std::uint64_t kTotal = std::uint64_t{1} << 30;
constexpr std::uint16_t kPort = 9999;
constexpr Patience kStall{30'000};
constexpr double kAtMostSeconds = 150;
constexpr std::uint8_t kHandshake3 = 0xe2;

// Bytes that are told by their place in the stream alone (splitmix64's finalizer), so that the
// receiver checks each of them without having it.
class Stream {
 public:
  std::string_view next() {
    for (std::uint64_t& word : block_) {
      std::uint64_t z = ++count_ * 0x9e3779b97f4a7c15;
      z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
      z = (z ^ z >> 27) * 0x94d049bb133111eb;
      word = z ^ z >> 31;
    }
    return {reinterpret_cast<const char*>(block_.data()), sizeof(block_)};
  }

 private:
  std::array<std::uint64_t, 8192> block_{};
  std::uint64_t count_ = 0;
};

void send_all(const Socket& socket) {
  Stream stream;
  try {
    for (std::uint64_t sent = 0; sent < kTotal;) {
      std::string_view block = stream.next();
      sent += block.size();
      while (!block.empty()) {
        const std::int64_t n = socket.send_some(block, kStall);
        if (n <= 0) return;
        block.remove_prefix(static_cast<std::size_t>(n));
      }
    }
  } catch (const Interrupted&) {
    // The receiver finds the stream short, or is interrupted itself.
  }
}

// How many bytes arrived as they were sent, up to the first that did not.
std::uint64_t receive_all(const Socket& socket) {
  Stream stream;
  std::string_view expected;
  std::uint64_t good = 0;
  while (good < kTotal) {
    const auto piece = socket.receive(kStall);
    if (!piece || piece->empty()) break;
    std::string_view rest = *piece;
    while (!rest.empty()) {
      if (expected.empty()) expected = stream.next();
      const std::size_t n = std::min(rest.size(), expected.size());
      if (rest.substr(0, n) != expected.substr(0, n)) return good;
      rest.remove_prefix(n);
      expected.remove_prefix(n);
      good += n;
    }
  }
  return good;
}

// Each handshake that came to its end names another session of the responder.
std::size_t sessions_opened(const WireTap& handshakes) {
  std::set<std::uint32_t> indices;
  for (const Buffer& frame : handshakes.take(Patience{0})) {
    indices.insert(load_be24(udp_payload(frame).data() + 1));
  }
  return indices.size();
}

TEST_CASE("a gigabyte arrives whole through loss and new keys") {
  const std::string program = release_program();
  if (program.empty()) {
    // A gigabyte takes minutes with sanitizers.
    std::printf("SKIPPED: there is no release build (LANYARD_BIN_RELEASE)\n");
    return;
  }
  Lab lab;
  lab.beacon();
  Machine& alice = lab.machine("alice", lab.lan(Lan::Uplink::nat));
  Machine& bob = lab.machine("bob", lab.lan(Lan::Uplink::nat));
  for (Machine* machine : {&alice, &bob}) {
    machine->set_program(program);
    machine->start_daemon({"--rekey-interval", "1"});
  }
  create(alice, "lab");
  join(bob, invite(alice));
  REQUIRE(system_ping(alice, bob, "lab"));

  const WireTap handshakes(lab.internet(), lab.interface_to(bob), WireTap::Direction::both,
                           kHandshake3);
  lab.drop_per_thousand(10);
  const TcpListener listener(bob, kPort);
  const Socket sender = connect_tcp(alice, bob.address_in("lab"), kPort);
  const auto receiver = listener.accept(kStall);
  REQUIRE(receiver);

  const Stopwatch stopwatch;
  std::jthread sending([&sender] { send_all(sender); });
  const std::uint64_t arrived = receive_all(*receiver);
  const double seconds = stopwatch.seconds();
  sending.join();
  const std::size_t sessions = sessions_opened(handshakes);
  std::printf("1 GiB with 1 %% loss: %.1f s, %.0f Mbit/s, %zu new sessions\n", seconds,
              static_cast<double>(kTotal) * 8 / seconds / 1e6, sessions);
  CHECK(arrived == kTotal);
  CHECK(sessions >= 2);
  CHECK(seconds <= kAtMostSeconds);
}

}  // namespace
}  // namespace lanyard::lab
