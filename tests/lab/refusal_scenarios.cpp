// SPDX-License-Identifier: Apache-2.0
// Starts that cannot succeed, and clients that mean no good.
#include <algorithm>
#include <csignal>

#include <doctest/doctest.h>

#include "tests/lab/sockets.h"
#include "tests/lab/story.h"

namespace lanyard::lab {
namespace {

constexpr std::uint32_t kNobody = 65534;
constexpr int kFailure = 1;
constexpr int kUsage = 2;
constexpr int kNotRunning = 3;
constexpr int kPermission = 4;

TEST_CASE("a daemon that cannot start says why in one sentence") {
  Lab lab;
  Machine& alice = lab.machine("alice", lab.lan(Lan::Uplink::none));
  const Surroundings surroundings = alice.surroundings();

  SUBCASE("there is one already on the state directory") {
    alice.start_daemon();
    std::vector<std::string> command = alice.daemon_command();
    std::ranges::replace(command, alice.socket_path(), alice.socket_path() + ".second");
    const Finished second = run(surroundings, command);
    must_fail(second, kFailure, "state");
    must_be_one_clear_sentence(second);
  }
  SUBCASE("the port is taken") {
    const UdpSocket owner(alice, 4000);
    const Finished finished = run(surroundings, alice.daemon_command({"--port", "4000"}));
    must_fail(finished, kFailure, "4000");
    must_be_one_clear_sentence(finished);
  }
  SUBCASE("its user has no right to") {
    Surroundings unprivileged = surroundings;
    unprivileged.user = kNobody;
    const Finished finished = run(unprivileged, alice.daemon_command());
    must_fail(finished, kPermission, "");
    must_be_one_clear_sentence(finished);
  }
  SUBCASE("an option makes no sense") {
    must_fail(run(surroundings, alice.daemon_command({"--port", "lots"})), kUsage, "--port");
  }
}

TEST_CASE("a network that cannot come up says why in one sentence") {
  Lab lab;
  Machine& alice = lab.machine("alice", lab.lan(Lan::Uplink::none));

  SUBCASE("no daemon") {
    const Finished finished = alice.lanyard({"up", "--new", "lab"});
    must_fail(finished, kNotRunning, "daemon");
    must_be_one_clear_sentence(finished);
  }
  SUBCASE("its subnet is that of a local network") {
    alice.start_daemon();
    const Finished finished = alice.lanyard({"up", "--new", "lab", "--subnet", "192.168.0.0/16"});
    must_fail(finished, kFailure, "192.168.");
    must_be_one_clear_sentence(finished);
    CHECK(alice.status().networks.empty());
  }
}

TEST_CASE("without /dev/net/tun everything else works, and what does not says so") {
  Lab lab;
  Machine& alice = lab.machine("alice", lab.lan(Lan::Uplink::none));
  Surroundings without_tun = alice.surroundings();
  without_tun.tun = Surroundings::Tun::absent;
  const std::string log = lab.directory() + "/without-tun.log";
  Process daemon(without_tun, alice.daemon_command(), log);
  REQUIRE(wait_until(kContact, [&] { return alice.answers() || !daemon.is_running(); }));
  if (!daemon.is_running()) {
    // Refusing to start is an answer too, if it says what is missing.
    CHECK(daemon.wait(kContact) == kFailure);
    CHECK(alice.run({"grep", "-q", "/dev/net/tun", log}).exit_code == 0);
    return;
  }
  const Finished finished = alice.lanyard({"up", "--new", "lab"});
  must_fail(finished, kFailure, "/dev/net/tun");
  must_be_one_clear_sentence(finished);
  CHECK(alice.lanyard({"status"}).exit_code == 0);
  daemon.signal(SIGTERM);
  CHECK(daemon.wait(kContact) == 0);
}

TEST_CASE("no client of the control socket can hurt the daemon") {
  Lab lab;
  Machine& alice = lab.machine("alice", lab.lan(Lan::Uplink::none));
  alice.start_daemon();
  const auto serves_others = [&] { return alice.lanyard({"status"}).exit_code == 0; };
  const auto resident_kilobytes = [&] {
    const Finished finished =
        alice.run({"awk", "/VmRSS/ { print $2 }",
                   "/proc/" + std::to_string(alice.daemon().id()) + "/status"});
    return std::stoll(finished.out);
  };

  SUBCASE("one that says nothing, and many of them") {
    std::vector<Socket> clients;
    for (int i = 0; i < 200; ++i) {
      try {
        clients.push_back(connect_control(alice));
      } catch (const std::runtime_error&) {
        break;  // it may refuse, if only it serves again
      }
    }
    CHECK_FALSE(clients.empty());
    clients.clear();
    CHECK(wait_until(kContact, serves_others));
  }
  SUBCASE("one that says half a line") {
    const Socket client = connect_control(alice);
    client.send_some(R"({"jsonrpc":"2.0","id":1,"method":"stat)", kContact);
    CHECK(serves_others());
  }
  SUBCASE("one that says half a line and goes") {
    connect_control(alice).send_some(R"({"jsonrpc":"2.0",)", kContact);
    CHECK(serves_others());
  }
  SUBCASE("one that sends a gigabyte") {
    const auto before = resident_kilobytes();
    const Socket client = connect_control(alice);
    const std::string piece(std::size_t{1} << 20, '[');
    std::int64_t sent = 0;
    while (sent < std::int64_t{1} << 30) {
      const std::int64_t n = client.send_some(piece, Patience{1'000});
      if (n <= 0) break;  // hung up, or no longer listened to
      sent += n;
    }
    CHECK(serves_others());
    CHECK(resident_kilobytes() - before < 64 * 1024);
  }
  SUBCASE("one that asks and never reads") {
    const Socket client = connect_control(alice);
    const std::string question = R"({"jsonrpc":"2.0","id":1,"method":"status"})"
                                 "\n";
    const auto before = resident_kilobytes();
    for (int i = 0; i < 20'000; ++i) {
      if (client.send_some(question, Patience{200}) <= 0) break;
    }
    CHECK(serves_others());
    CHECK(resident_kilobytes() - before < 64 * 1024);
  }
  CHECK(alice.daemon().is_running());
}

}  // namespace
}  // namespace lanyard::lab
