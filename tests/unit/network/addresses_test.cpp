// SPDX-License-Identifier: Apache-2.0
#include "core/network/addresses.h"

#include <set>

#include "core/network/subnet.h"
#include "tests/unit/network/network_fixture.h"

using namespace lanyard;
using namespace lanyard::network;

namespace {

MemberId random_id(Rng& rng) { return {rng.array<16>()}; }

}  // namespace

TEST_CASE("addresses: MAC and IPv6 follow from the member id") {
  SeededRng rng(1);
  const UlaPrefix ula = make_ula_prefix(rng);
  CHECK(is_ula_prefix(ula));
  std::set<MacAddress> macs;
  for (int i = 0; i < 200; ++i) {
    const MemberId id = random_id(rng);
    const MacAddress mac = mac_of(id);
    CHECK_FALSE(mac.is_group());
    CHECK(mac.is_locally_administered());
    CHECK(macs.insert(mac).second);
    const IpAddress ip = ipv6_of(ula, id);
    CHECK(ip.is_private());
    CHECK(equal(ip.bytes().first(8), ula));
    CHECK(ip == ipv6_of(ula, id));
  }
}

TEST_CASE("addresses: IPv4 is in the subnet, free, and the same for the same order") {
  SeededRng rng(2);
  const IpPrefix subnet = prefix("10.77.0.0/24");
  std::vector<AddressWish> wishes;
  for (int i = 0; i < 254; ++i) wishes.push_back({random_id(rng), {}});
  const auto assigned = assign_ipv4(subnet, wishes);
  std::set<IpAddress> distinct;
  for (const auto& ip : assigned) {
    REQUIRE(ip);
    CHECK(is_host_address(subnet, *ip));
    CHECK(distinct.insert(*ip).second);
  }
  CHECK(assigned == assign_ipv4(subnet, wishes));
  // Full: the next one has none, and nobody else is moved for it.
  wishes.push_back({random_id(rng), {}});
  auto more = assign_ipv4(subnet, wishes);
  CHECK_FALSE(more.back());
  more.pop_back();
  CHECK(more == assigned);
}

TEST_CASE("addresses: a fixed one comes first; of two alike the earlier admitted has it") {
  SeededRng rng(3);
  const IpPrefix subnet = prefix("10.77.0.0/29");
  const IpAddress fixed = address("10.77.0.3");
  std::vector<AddressWish> wishes;
  for (int i = 0; i < 4; ++i) wishes.push_back({random_id(rng), {}});
  wishes.push_back({random_id(rng), fixed});
  wishes.push_back({random_id(rng), fixed});
  const auto assigned = assign_ipv4(subnet, wishes);
  CHECK(assigned[4] == fixed);
  REQUIRE(assigned[5]);
  CHECK(assigned[5] != fixed);
  for (int i = 0; i < 4; ++i) CHECK(assigned[static_cast<std::size_t>(i)] != fixed);
  for (const char* not_a_host : {"10.77.0.0", "10.77.0.7", "10.78.0.1", "::1"}) {
    CAPTURE(not_a_host);
    CHECK_FALSE(is_host_address(subnet, address(not_a_host)));
    CHECK(assign_ipv4(subnet, {{wishes[0].id, address(not_a_host)}}) ==
          assign_ipv4(subnet, {{wishes[0].id, {}}}));
  }
}

TEST_CASE("subnet: what a user may choose") {
  for (const char* good : {"10.0.0.0/8", "192.168.7.0/29", "10.77.0.0/16"}) {
    CAPTURE(good);
    const auto parsed = parse_subnet(good);
    REQUIRE(parsed);
    CHECK(parsed->to_string() == good);
  }
  CHECK(parse_subnet("10.77.3.4/16")->to_string() == "10.77.0.0/16");
  for (const char* bad : {"", "10.77.0.0", "10.77.0.0/7", "10.77.0.0/30", "fd00::/64",
                          "224.0.0.0/8", "127.0.0.0/8", "0.0.0.0/8", "10.77.0.0/33", "x/16"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_subnet(bad));
  }
  CHECK_FALSE(is_subnet(prefix("10.77.3.4/16")));
}

TEST_CASE("subnet: the chosen one clashes with no local network while any is free") {
  SeededRng rng(4);
  std::set<IpPrefix> seen;
  for (int i = 0; i < 200; ++i) {
    const IpPrefix chosen = choose_subnet({rng.array<16>()}, {});
    CHECK(is_subnet(chosen));
    CHECK(prefix("10.64.0.0/10").overlaps(chosen));
    for (const char* popular : {"10.88.0.0/16", "10.96.0.0/12"}) {
      CHECK_FALSE(chosen.overlaps(prefix(popular)));
    }
    seen.insert(chosen);
  }
  CHECK(seen.size() > 30);

  const NetworkId id{rng.array<16>()};
  const IpPrefix first = choose_subnet(id, {});
  const std::vector<IpPrefix> local = {prefix("192.168.1.7/24"), first, prefix("0.0.0.0/0"),
                                       prefix("fe80::1/64")};
  const IpPrefix second = choose_subnet(id, local);
  CHECK(second != first);
  CHECK(find_clash(first, local) == first);
  CHECK_FALSE(find_clash(second, local));
  const std::vector<IpPrefix> everything = {prefix("10.1.2.3/8")};
  CHECK(find_clash(choose_subnet(id, everything), everything) == everything[0]);
}
