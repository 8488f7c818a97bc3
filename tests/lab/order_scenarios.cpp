// SPDX-License-Identifier: Apache-2.0
// Packets of a flow leave the far device in the order in which they came to the near one, and all
// of them, whatever the number of workers, and while keys change: the kernels' TCP at both ends,
// which would notice, has nothing to count.
#include <algorithm>
#include <cstdio>
#include <deque>
#include <thread>

#include <sys/socket.h>

#include <doctest/doctest.h>

#include "tests/lab/kernel_counters.h"
#include "tests/lab/pair.h"
#include "tests/lab/wire_tap.h"

namespace lanyard::lab {
namespace {

// A receiver that opens no larger window: all that can be under way fits every queue, so that
// nothing is lost, and what is out of order is so by our doing.
constexpr const char* kReceiveWindow = "4096 262144 524288";

constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20;

// Retransmissions are none of these: a machine that is held up for long makes TCP repeat what has
// arrived.
void must_have_seen_no_disorder(const KernelCounters& before, const NetworkNamespace& space) {
  const KernelCounters after(space);
  for (const std::string name : {"TcpExtTCPOFOQueue", "TcpExtTCPSACKReorder", "TcpExtTCPTSReorder",
                                 "TcpExtTCPRenoReorder", "TcpExtTCPDSACKOfoRecv"}) {
    CHECK_MESSAGE(after.since(before, name) == 0, name);
  }
}

// So many connections at once, all from alice to bob.
void must_keep_order(Pair& pair, Family family, std::size_t flows, std::uint64_t bytes) {
  INFO(flows, " flows, IPv6: ", family == Family::v6);
  const KernelCounters alice_before(pair.alice().space());
  const KernelCounters bob_before(pair.bob().space());
  std::vector<Connection> connections;
  for (std::size_t i = 0; i < flows; ++i) {
    connections.push_back(connect(pair.alice(), pair.bob(), pair.address_of(pair.bob(), family)));
  }
  std::vector<std::uint64_t> arrived(flows);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < flows; ++i) {
      threads.emplace_back([&connection = connections[i], &count = arrived[i], bytes] {
        try {
          count = transfer(connection.near, connection.far, bytes);
        } catch (const Interrupted&) {
          // Found short.
        }
      });
    }
  }
  CHECK(std::ranges::count(arrived, bytes) == static_cast<std::ptrdiff_t>(flows));
  must_have_seen_no_disorder(alice_before, pair.alice().space());
  must_have_seen_no_disorder(bob_before, pair.bob().space());
}

void limit_windows(Pair& pair) {
  for (Machine* machine : {&pair.alice(), &pair.bob()}) {
    machine->space().set("net.ipv4.tcp_rmem", kReceiveWindow);
  }
}

TEST_CASE("flows stay in order with one worker, with two and with four") {
  Pair pair(fast_program(), {});
  limit_windows(pair);
  for (const std::string workers : {"1", "2", "4"}) {
    INFO("workers: ", workers);
    pair.restart({"--workers", workers}, {"--workers", workers});
    must_keep_order(pair, Family::v4, 1, 128 * kMebibyte);
    must_keep_order(pair, Family::v6, 1, 32 * kMebibyte);
    // Whatever a flow has to settle, it settles at its start.
    for (int round = 0; round < 4; ++round) must_keep_order(pair, Family::v4, 6, 4 * kMebibyte);
  }
}

// Datagrams without a pause, each with its number, for longer than a kernel remembers by which
// queue a flow went that nobody answers. The first ones are answered, so that it has something to
// forget.
class OneWayFlow {
 public:
  OneWayFlow(const Machine& from, const Machine& to, const std::string& address, std::uint16_t port)
      : near_(from, port), far_(to, port) {
    near_.connect(address, port);
    sending_ = std::jthread([this] { send(); });
    receiving_ = std::jthread([this] {
      try {
        receive();
      } catch (const Interrupted&) {
        // Whoever waits for the end is interrupted too.
      }
    });
  }
  void finish() {
    sending_.join();
    receiving_.join();
  }

  std::uint64_t arrived() const { return arrived_; }
  std::uint64_t overtaken() const { return overtaken_; }

 private:
  static constexpr Patience kTime{6'000};  // a flow is forgotten after three seconds
  static constexpr Patience kSilence{500};
  static constexpr std::uint64_t kAnswered = 8;
  using Number = std::uint64_t;

  void send() const {
    const Deadline end(kTime);
    for (Number number = 0; !end.passed(); ++number) {
      ::send(near_.descriptor(), &number, sizeof number, 0);
    }
  }
  void receive() {
    Number next = 0;
    sockaddr_storage from{};
    while (wait_for(far_.descriptor(), Readiness::readable,
                    Deadline(arrived_ == 0 ? kTime : kSilence))) {
      Number number = 0;
      socklen_t size = sizeof from;
      auto* const address = reinterpret_cast<sockaddr*>(&from);
      if (recvfrom(far_.descriptor(), &number, sizeof number, 0, address, &size) != sizeof number)
        continue;
      if (arrived_++ < kAnswered) sendto(far_.descriptor(), "answer", 6, 0, address, size);
      if (number < next) ++overtaken_;
      next = std::max(next, number + 1);
    }
  }

  UdpSocket near_;
  UdpSocket far_;
  std::uint64_t arrived_ = 0;
  std::uint64_t overtaken_ = 0;
  std::jthread sending_;
  std::jthread receiving_;
};

TEST_CASE("a flood that nobody answers stays in order") {
  Pair pair(fast_program(), {});
  for (const std::string workers : {"2", "4"}) {
    INFO("workers: ", workers);
    pair.restart({"--workers", workers}, {"--workers", workers});
    const std::string& address = pair.address_of(pair.bob(), Family::v4);
    std::deque<OneWayFlow> flows;
    for (std::uint16_t port = 7001; port <= 7003; ++port) {
      flows.emplace_back(pair.alice(), pair.bob(), address, port);
    }
    for (OneWayFlow& flow : flows) {
      flow.finish();
      std::printf("%s workers: %llu datagrams of a flow, %llu of them overtaken\n", workers.c_str(),
                  static_cast<unsigned long long>(flow.arrived()),
                  static_cast<unsigned long long>(flow.overtaken()));
      CHECK(flow.arrived() > 1'000);
      CHECK(flow.overtaken() == 0);
    }
  }
}

// Reasons and packets, in one line.
std::string drops_of(const Machine& machine) {
  std::string text;
  for (const auto& [reason, packets] : machine.status().dropped) {
    text += reason + " " + std::to_string(packets) + " ";
  }
  return text;
}

TEST_CASE("ten times new keys cost no packet") {
  constexpr std::size_t kNewSessions = 10;
  Pair pair(fast_program(), {}, {"--rekey-interval", "1"});
  limit_windows(pair);
  const Connection connection =
      connect(pair.alice(), pair.bob(), pair.address_of(pair.bob(), Family::v4));
  SessionTap opened(pair.bob().space(), "eth0");
  const KernelCounters alice_before(pair.alice().space());
  const KernelCounters bob_before(pair.bob().space());
  const std::string alice_drops = drops_of(pair.alice());
  const std::string bob_drops = drops_of(pair.bob());

  std::uint64_t mebibytes = 0;
  const Deadline deadline(kContact);
  while (opened.count() < kNewSessions && !deadline.passed()) {
    REQUIRE(transfer(connection.near, connection.far, 32 * kMebibyte) == 32 * kMebibyte);
    mebibytes += 32;
  }
  std::printf("%zu new sessions during %llu MiB\n", opened.count(),
              static_cast<unsigned long long>(mebibytes));
  CHECK(opened.count() >= kNewSessions);
  // What is lost is found by what comes behind it.
  must_have_seen_no_disorder(alice_before, pair.alice().space());
  must_have_seen_no_disorder(bob_before, pair.bob().space());
  CHECK(drops_of(pair.alice()) == alice_drops);
  CHECK(drops_of(pair.bob()) == bob_drops);
}

}  // namespace
}  // namespace lanyard::lab
