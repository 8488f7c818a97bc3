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
           {dht::NodeId::random(rng), *Endpoint::parse("198.51.100.2:1")},
           {dht::NodeId::random(rng), *Endpoint::parse("[2001:db8::1]:6881")}},
          dht::NodeId::random(rng),
          dht::NodeId::random(rng),
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
  for (const DaemonFile& file : {sample(), DaemonFile{}, DaemonFile{65535, {}, {}, {}, {}}}) {
    const auto back = parse_daemon_file(encode_daemon_file(file));
    REQUIRE(back);
    CHECK(back->port == file.port);
    CHECK(back->dht_nodes == file.dht_nodes);
    CHECK(back->dht_id == file.dht_id);
    CHECK(back->dht_id6 == file.dht_id6);
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
    CHECK(file->dht_nodes.size() <= 3);
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

TEST_CASE("daemon file: only so many nodes are taken of each family") {
  DaemonFile file;
  SeededRng rng(1);
  for (int i = 0; i < 300; ++i) {
    file.dht_nodes.push_back({dht::NodeId::random(rng), *Endpoint::parse("192.0.2.1:6881")});
    file.dht_nodes.push_back({dht::NodeId::random(rng), *Endpoint::parse("[2001:db8::1]:6881")});
  }
  const auto back = parse_daemon_file(encode_daemon_file(file));
  REQUIRE(back);
  CHECK(back->dht_nodes.size() == 400);
}

TEST_CASE("daemon file: nodes that are good now come first, those of before are kept") {
  SeededRng rng(1);
  const auto node = [&rng](std::string_view text) {
    return dht::Contact{dht::NodeId::random(rng), *Endpoint::parse(text)};
  };
  DaemonFile file;
  const dht::Contact gone = node("192.0.2.1:1");
  const dht::Contact known = node("192.0.2.2:2");
  file.dht_nodes = {gone, known};
  const dht::Contact again = node("192.0.2.2:2");  // under another id
  const dht::Contact fresh = node("[2001:db8::1]:3");
  file.note_nodes({again, fresh});
  CHECK(file.dht_nodes == std::vector<dht::Contact>{again, fresh, gone});
  file.note_nodes({});
  CHECK(file.dht_nodes.size() == 3);

  std::vector<dht::Contact> many;
  for (int i = 1; i <= 250; ++i) many.push_back(node("192.0.2.3:" + std::to_string(i)));
  file.note_nodes(many);
  many.resize(200);
  many.push_back(fresh);  // of the other family there is room
  CHECK(file.dht_nodes == many);
}

}  // namespace lanyard::node::test
