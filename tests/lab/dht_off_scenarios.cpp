// SPDX-License-Identifier: Apache-2.0
// A daemon whose DHT is off is none on the wire either: it asks nobody, and answers nobody.
#include <doctest/doctest.h>

#include "tests/lab/krpc_client.h"
#include "tests/lab/story.h"
#include "tests/lab/wire_tap.h"

namespace lanyard::lab {
namespace {

constexpr const char* kPort = "6881";
constexpr std::uint8_t kBencodedDictionary = 'd';  // what every KRPC message begins with
// Longer than a daemon waits with its first questions, and after its network has changed.
constexpr Patience kTime{5'000};

dht::InfoHash some_hash() { return {{1, 2, 3}}; }

bool answers_anything(KrpcClient& client, const std::string& endpoint) {
  const bool pong = client.ping(endpoint).has_value();
  const bool nodes = client.find_node(endpoint, some_hash().position()).has_value();
  const bool peers = client.get_peers(endpoint, some_hash()).has_value();
  return pong || nodes || peers;
}

TEST_CASE("a daemon whose DHT is off sends no KRPC and answers none") {
  Lab lab;
  Machine& alice = lab.public_machine("alice");        // 20.0.1.2
  Machine& stranger = lab.public_machine("stranger");  // 20.0.2.2
  lab.beacon();                                        // 20.0.3.2
  Machine& bob = lab.public_machine("bob");            // 20.0.4.2
  KrpcClient client(stranger.space(), "20.0.2.2");
  const WireTap to_alice(lab.internet(), lab.interface_to(alice), WireTap::Direction::both,
                         kBencodedDictionary);
  const WireTap from_alice(lab.internet(), lab.interface_to(alice), WireTap::Direction::in,
                           kBencodedDictionary);
  const WireTap from_bob(lab.internet(), lab.interface_to(bob), WireTap::Direction::in,
                         kBencodedDictionary);

  // She knows where a node is, has a network with a member and an open invite, and a new address:
  // whatever makes others ask. Bob, who has a DHT, is told of her.
  alice.set_daemon_options({"--dht", "off", "--bootstrap", std::string("20.0.3.2:") + kPort});
  alice.start_daemon({"--port", kPort});
  bob.start_daemon();
  create(alice, "lab");
  join(bob, invite(alice));
  invite(alice);
  REQUIRE(sees(alice, "lab", "bob"));
  alice.space().ip("address add 20.0.1.3/24 dev eth0");
  CHECK_FALSE(answers_anything(client, std::string("20.0.1.2:") + kPort));
  pass(kTime);

  CHECK(from_alice.take(Patience{0}).empty());
  // The same eyes see those who speak it.
  CHECK(to_alice.take(Patience{0}).size() >= 3);
  CHECK_FALSE(from_bob.take(Patience{0}).empty());
  CHECK(answers_anything(client, std::string("20.0.3.2:") + kPort));
}

}  // namespace
}  // namespace lanyard::lab
