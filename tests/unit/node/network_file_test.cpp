// SPDX-License-Identifier: Apache-2.0
#include "core/node/network_file.h"

#include <doctest/doctest.h>

#include "tests/unit/network/network_fixture.h"
#include "tests/unit/node/damage.h"

namespace lanyard::node::test {

namespace {

using network::Person;
using network::TestNetwork;

NetworkKeys keys_of(const TestNetwork& net, const Person& who) {
  return {who.identity.clone(), who.noise.clone(), net.admin.clone(), net.secret.clone(), 7};
}

const NetworkPreferences kPreferences{"lan0", 1400, "founder", Wanted::down};

std::vector<Buffer> charter_chain(const TestNetwork& net) {
  return {network::encode_item(net.charter)};
}

Buffer sample(const TestNetwork& net) {
  return encode_network_file(keys_of(net, net.founder), kPreferences, net.founding,
                             charter_chain(net));
}

void check_refused(Bytes contents) {
  const auto file = parse_network_file(contents);
  REQUIRE_FALSE(file);
  CHECK(file.error().code == Errc::corrupt);
}

}  // namespace

TEST_CASE("network file: there and back") {
  const TestNetwork net;
  const auto file = parse_network_file(sample(net));
  REQUIRE(file);
  CHECK(file->keys.identity.public_key() == net.founder.identity.public_key());
  CHECK(file->keys.noise.public_key() == net.founder.noise.public_key());
  REQUIRE(file->keys.admin);
  CHECK(file->keys.admin->public_key() == net.admin.public_key());
  CHECK(equal(file->keys.secret.bytes(), net.secret.bytes()));
  CHECK(file->keys.epoch == 7);
  CHECK(file->preferences.interface == "lan0");
  CHECK(file->preferences.mtu == 1400u);
  CHECK(file->preferences.member_name == "founder");
  CHECK(file->preferences.wanted == Wanted::down);
  CHECK(file->membership.encode() == net.founding.encode());
  CHECK(file->chain == charter_chain(net));
}

TEST_CASE("network file: a member without the admin key, or a wish for an MTU") {
  TestNetwork net;
  const Person anna = net.person("anna");
  const network::Membership membership = net.invite(anna, net.founder);
  NetworkKeys keys = keys_of(net, anna);
  keys.admin.reset();
  const auto file = parse_network_file(
      encode_network_file(keys, {"", {}, "anna", Wanted::up}, membership, charter_chain(net)));
  REQUIRE(file);
  CHECK_FALSE(file->keys.admin);
  CHECK_FALSE(file->preferences.mtu);
  CHECK(file->preferences.wanted == Wanted::up);
  CHECK(file->membership.encode() == membership.encode());
}

TEST_CASE("network file: keys that are not those of its membership") {
  TestNetwork net;
  const Person other = net.person("other");
  NetworkKeys keys = keys_of(net, net.founder);
  keys.identity = other.identity.clone();
  check_refused(encode_network_file(keys, kPreferences, net.founding, charter_chain(net)));
  keys = keys_of(net, net.founder);
  keys.noise = other.noise.clone();
  check_refused(encode_network_file(keys, kPreferences, net.founding, charter_chain(net)));
}

TEST_CASE("network file: without the network's own charter") {
  const TestNetwork net;
  const TestNetwork other(2);
  const NetworkKeys keys = keys_of(net, net.founder);
  check_refused(encode_network_file(keys, kPreferences, net.founding, {}));
  check_refused(encode_network_file(keys, kPreferences, net.founding, charter_chain(other)));
  check_refused(encode_network_file(keys, kPreferences, net.founding,
                                    {network::encode_item(net.founding), Buffer{1, 2, 3}}));
  // One with a signature that does not hold.
  Buffer forged = charter_chain(net).front();
  forged = replaced(forged, "lab", "bal");
  check_refused(encode_network_file(keys, kPreferences, net.founding, {forged}));
}

TEST_CASE("network file: no part of one is one") {
  each_prefix(sample(TestNetwork()), check_refused);
}

TEST_CASE("network file: with a bit flipped it is refused or a file of the same member") {
  const TestNetwork net;
  std::size_t refused = 0;
  each_flip(
      sample(net),
      [&](Bytes flipped) {
        const auto file = parse_network_file(flipped);
        if (!file) {
          ++refused;
          return;
        }
        CHECK(file->membership.member() == net.founder.id());
        CHECK(file->keys.identity.public_key() == net.founder.identity.public_key());
        CHECK(file->keys.noise.public_key() == net.founder.noise.public_key());
      },
      5);
  CHECK(refused > 0);
}

TEST_CASE("network file: fields out of range or of another kind") {
  const Buffer whole = sample(TestNetwork());
  REQUIRE(parse_network_file(whole));
  check_refused(replaced(whole, "6:formati1e", "6:formati2e"));
  check_refused(replaced(whole, "6:formati1e", "6:format1:1"));
  check_refused(replaced(whole, "3:mtui1400e", "3:mtui-1e"));
  check_refused(replaced(whole, "3:mtui1400e", "3:mtui65536e"));
  check_refused(replaced(whole, "3:mtui1400e", "3:mtui99999999999999999999e"));
  check_refused(replaced(whole, "3:mtui1400e", ""));
  check_refused(replaced(whole, "5:epochi7e", "5:epochle"));
  check_refused(replaced(whole, "4:name7:founder", ""));
  check_refused(replaced(whole, "5:admin32:", "5:admin31:"));
  check_refused(replaced(whole, "5:chainl", "5:chain" + std::string(2000, 'l')));
  check_refused(as_bytes("de"));
}

TEST_CASE("network file: names") {
  const TestNetwork net;
  const std::string network = network_file_name(net.id());
  const std::string roster = roster_file_name(net.id());
  CHECK(network == "networks/" + net.id().to_hex() + ".network");
  CHECK(network_file_kind(network) == NetworkFileKind::network);
  CHECK(network_file_kind(roster) == NetworkFileKind::roster);
  for (const char* name : {"", "daemon", "networks/", "networks/x", "x.network", "x/y.roster"}) {
    CHECK_FALSE(network_file_kind(name));
  }
}

TEST_CASE("roster file: there and back") {
  TestNetwork net;
  const Person anna = net.person("anna");
  network::Roster roster = net.roster();
  REQUIRE(roster.add(net.invite(anna, net.founder), network::kNow).result ==
          network::AddResult::added);
  const std::vector<RememberedPath> paths = {
      {anna.id(), network::endpoint("192.0.2.1:4001"), {17}},
      {net.founder.id(), network::endpoint("[2001:db8::1]:2"), {0}}};
  const auto file = parse_roster_file(encode_roster_file(roster, paths));
  REQUIRE(file);
  CHECK(file->roster.digest() == roster.digest());
  CHECK(file->roster.members().size() == 2);
  REQUIRE(file->paths.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(file->paths[i].member == paths[i].member);
    CHECK(file->paths[i].endpoint == paths[i].endpoint);
    CHECK(file->paths[i].last_seen == paths[i].last_seen);
  }
}

TEST_CASE("roster file: damaged ones are refused or hold the same roster") {
  TestNetwork net;
  const network::Roster roster = net.roster();
  const Buffer whole =
      encode_roster_file(roster, {{net.founder.id(), network::endpoint("192.0.2.1:4001"), {17}}});
  each_prefix(whole, [](Bytes prefix) { CHECK_FALSE(parse_roster_file(prefix)); });
  each_flip(
      whole,
      [&](Bytes flipped) {
        const auto file = parse_roster_file(flipped);
        if (file) CHECK(file->roster.digest() == roster.digest());
      },
      1);
  CHECK_FALSE(parse_roster_file(replaced(whole, "6:formati1e", "6:formati0e")));
  CHECK_FALSE(parse_roster_file(replaced(whole, "5:pathsl", "5:paths" + std::string(2000, 'l'))));
  // A path that cannot be read is let go of, and nothing else.
  const auto early = parse_roster_file(replaced(whole, "1:ti17e", "1:ti-1e"));
  REQUIRE(early);
  CHECK(early->paths.size() == 1);
  const auto odd = parse_roster_file(replaced(whole, "1:ti17e", "1:t2:17"));
  REQUIRE(odd);
  CHECK(odd->paths.empty());
  CHECK(odd->roster.digest() == roster.digest());
}

}  // namespace lanyard::node::test
