// SPDX-License-Identifier: Apache-2.0
// A send that the system refuses costs its own packets and no others', is counted by its reason,
// and what was broken heals when the reason is gone.
#include <doctest/doctest.h>

#include "tests/lab/pair.h"

namespace lanyard::lab {
namespace {

constexpr std::uint64_t kBytes = std::uint64_t{2} << 20;

std::uint64_t dropped(const Machine& machine, std::string_view reason) {
  for (const auto& [name, packets] : machine.status().dropped) {
    if (name == reason) return packets;
  }
  return 0;
}

bool is_whole(const Exchanged& exchanged) {
  return exchanged.forth == kBytes && exchanged.back == kBytes;
}

// Alice and Bob, who lose sight of each other, and Carol, whom alice goes on seeing.
class Triangle {
 public:
  Triangle() : carol_(pair_.lab().machine("carol", pair_.lan())) {
    carol_.set_program(program());
    carol_.start_daemon();
    join(carol_, invite(alice()));
    to_carol_ = carol_.address_in("lab");
    REQUIRE(system_ping(alice(), carol_, "lab"));
    const std::string endpoint = alice().member("lab", "bob")->endpoint;
    underlay_of_bob_ = endpoint.substr(0, endpoint.find(':'));
  }

  Machine& alice() { return pair_.alice(); }
  const std::string& underlay_of_bob() const { return underlay_of_bob_; }

  // Between the two: a connection that began before must outlive it.
  template <typename Break, typename Mend>
  void must_survive(std::string_view reason, const Break& break_it, const Mend& mend_it) {
    const Connection connection =
        connect(alice(), pair_.bob(), pair_.address_of(pair_.bob(), Family::v4));
    REQUIRE(is_whole(exchange(connection, kBytes)));
    const std::uint64_t before = dropped(alice(), reason);
    break_it();
    CHECK(alice()
              .run({"ping", "-n", "-c", "3", "-i", "0.02", "-W", "0.1",
                    pair_.address_of(pair_.bob(), Family::v4)})
              .exit_code != 0);
    // Some may be of other traffic: the tunnel's own, and multicast.
    CHECK(dropped(alice(), reason) >= before + 3);
    CHECK(is_whole(exchange(connect(alice(), carol_, to_carol_), kBytes)));

    mend_it();
    const std::uint64_t mended = dropped(alice(), reason);
    CHECK(is_whole(exchange(connection, kBytes)));
    CHECK(dropped(alice(), reason) == mended);
  }

 private:
  Pair pair_{program(), {}};
  Machine& carol_;
  std::string to_carol_;
  std::string underlay_of_bob_;
};

TEST_CASE("a firewall of the sender's") {
  Triangle triangle;
  for (const std::string verdict : {"drop", "reject"}) {
    INFO("verdict: ", verdict);
    const NetworkNamespace& space = triangle.alice().space();
    triangle.must_survive(
        "udp_forbidden",
        [&] {
          space.nft(
              "table ip wall {\n chain out {\n  type filter hook output priority filter\n"
              "  meta l4proto udp ip daddr " +
              triangle.underlay_of_bob() + " " + verdict + "\n }\n}\n");
        },
        [&] { space.nft("delete table ip wall"); });
  }
}

TEST_CASE("no route to a peer") {
  Triangle triangle;
  const NetworkNamespace& space = triangle.alice().space();
  const std::string route = "unreachable " + triangle.underlay_of_bob() + "/32";
  triangle.must_survive(
      "udp_unreachable", [&] { space.ip("route add " + route); },
      [&] { space.ip("route del " + route); });
}

// Datagrams that were sized for the wider path: the kernels at both ends fragment them, that of the
// far end once the router has told it to.
TEST_CASE("a path becomes narrower than the datagrams of its sessions") {
  Lab lab;
  lab.beacon();
  Machine& alice = lab.public_machine("alice");
  Machine& bob = lab.public_machine("bob");
  for (Machine* machine : {&alice, &bob}) machine->start_daemon();
  create(alice, "lab");
  join(bob, invite(alice));
  REQUIRE(system_ping(alice, bob, "lab"));
  const Connection connection = connect(alice, bob, bob.address_in("lab"));
  REQUIRE(is_whole(exchange(connection, kBytes)));
  REQUIRE(alice.network("lab")->mtu > 1280);

  lab.set_mtu(alice, 1280);
  CHECK(is_whole(exchange(connection, kBytes)));
  CHECK(is_whole(exchange(connect(alice, bob, bob.address_in("lab")), kBytes)));
  // The own device follows the own wire.
  CHECK(wait_until(kContact, [&alice] { return alice.network("lab")->mtu < 1280; }));
  CHECK(is_whole(exchange(connection, kBytes)));
}

}  // namespace
}  // namespace lanyard::lab
