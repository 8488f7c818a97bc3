// SPDX-License-Identifier: Apache-2.0
#include "core/node/daemon_file.h"

#include <doctest/doctest.h>

#include "tests/unit/node/damage.h"

namespace lanyard::node::test {

namespace {

DaemonFile sample() {
  SeededRng rng(1);
  return {4001,
          {{dht::NodeId::random(rng), *Endpoint::parse("192.0.2.1:6881")},
           {dht::NodeId::random(rng), *Endpoint::parse("198.51.100.2:1")}},
          nat::RememberedMapping{nat::MappingProtocol::nat_pmp,
                                 {*IpAddress::parse("10.9.9.1"), *IpAddress::parse("10.9.9.2")},
                                 rng.array<12>(),
                                 4001,
                                 4002}};
}

bool is_refused(std::string_view text) {
  const auto file = parse_daemon_file(as_bytes(text));
  if (file) return false;
  CHECK(file.error().code == Errc::corrupt);
  return true;
}

}  // namespace

TEST_CASE("daemon file: there and back") {
  for (const DaemonFile& file : {sample(), DaemonFile{}, DaemonFile{65535, {}, {}}}) {
    const auto back = parse_daemon_file(encode_daemon_file(file));
    REQUIRE(back);
    CHECK(back->port == file.port);
    CHECK(back->dht_nodes == file.dht_nodes);
    CHECK(back->mapping == file.mapping);
  }
}

TEST_CASE("daemon file: no part of one is one") {
  each_prefix(encode_daemon_file(sample()),
              [](Bytes prefix) { CHECK_FALSE(parse_daemon_file(prefix)); });
}

TEST_CASE("daemon file: with a bit flipped it is refused or still of use") {
  each_flip(encode_daemon_file(sample()), [](Bytes flipped) {
    const auto file = parse_daemon_file(flipped);
    if (!file) return;
    CHECK(file->dht_nodes.size() <= 2);
    for (const dht::Contact& node : file->dht_nodes) CHECK(node.endpoint.is_usable());
    const auto again = parse_daemon_file(encode_daemon_file(*file));
    REQUIRE(again);
    CHECK(again->port == file->port);
    CHECK(again->dht_nodes == file->dht_nodes);
  });
}

TEST_CASE("daemon file: what is refused") {
  CHECK_FALSE(is_refused("d6:formati1e5:nodes0:4:porti4001ee"));
  CHECK(is_refused("d6:formati2e5:nodes0:4:porti4001ee"));
  CHECK(is_refused("d5:nodes0:4:porti4001ee"));
  CHECK(is_refused("d6:formati1e4:porti4001ee"));
  CHECK(is_refused("d6:formati1e5:nodes0:e"));
  CHECK(is_refused("d6:formati1e5:nodesle4:porti4001ee"));
  CHECK(is_refused("d6:formati1e5:nodes0:4:porti65536ee"));
  CHECK(is_refused("d6:formati1e5:nodes0:4:porti-1ee"));
  CHECK(is_refused("d6:formati1e5:nodes0:4:porti99999999999999999999ee"));
  CHECK(is_refused(std::string(1000, 'l') + std::string(1000, 'e')));
}

TEST_CASE("daemon file: only so many nodes are taken") {
  DaemonFile file;
  SeededRng rng(1);
  for (int i = 0; i < 300; ++i) {
    file.dht_nodes.push_back({dht::NodeId::random(rng), *Endpoint::parse("192.0.2.1:6881")});
  }
  const auto back = parse_daemon_file(encode_daemon_file(file));
  REQUIRE(back);
  CHECK(back->dht_nodes.size() == 200);
}

}  // namespace lanyard::node::test
