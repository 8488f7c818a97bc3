// SPDX-License-Identifier: Apache-2.0
// A lease through its whole life in virtual time, before a router that these tests play.
#include "core/nat/port_mapping.h"

#include <algorithm>

#include <doctest/doctest.h>

#include "core/base/endian.h"

using namespace lanyard;
using namespace lanyard::nat;

namespace {

IpAddress address(const char* text) { return *IpAddress::parse(text); }
const Route kRoute{address("10.9.9.1"), address("10.9.9.2")};
constexpr std::uint16_t kPort = 41000;

struct World {
  SeededRng rng{7};
  PortMapping mapping;
  Instant now{1'000'000'000};
  Datagrams out;

  explicit World(std::optional<RememberedMapping> remembered = std::nullopt)
      : mapping(rng, std::move(remembered)) {}

  void begin(std::uint16_t port = kPort) { mapping.set_route(now, kRoute, port, out); }
  void hear(const Buffer& payload, const char* from = "10.9.9.1:5351") {
    mapping.handle_datagram(now, *Endpoint::parse(from), payload, out);
  }
  // Runs every deadline until `d` from now.
  void pass(Duration d) {
    const Instant until = now + d;
    while (mapping.next_timeout() <= until) {
      now = mapping.next_timeout();
      mapping.handle_timeout(now, out);
    }
    now = until;
  }
  std::size_t count(std::uint8_t version, std::uint8_t opcode) const {
    std::size_t n = 0;
    for (const Datagram& d : out) n += d.payload[0] == version && d.payload[1] == opcode;
    return n;
  }
  // The answer that a router gives to the last PCP request.
  Buffer pcp_answer(std::uint32_t lifetime,
                    std::uint32_t epoch,
                    std::uint8_t result = 0,
                    const char* external = "20.1.1.11:41001") const {
    Buffer answer;
    for (const Datagram& d : out) {
      if (d.payload.size() == 60) answer = d.payload;
    }
    REQUIRE(answer.size() == 60);
    const Endpoint outside = *Endpoint::parse(external);
    answer[1] |= 0x80;
    answer[3] = result;
    store_be(&answer[4], lifetime);
    store_be(&answer[8], epoch);
    store_be(&answer[42], outside.port);
    std::copy_n(outside.address.bytes().data(), 4, &answer[56]);
    return answer;
  }
};

Buffer nat_pmp_address(std::uint32_t epoch, std::uint32_t outside = 0x1401010b) {
  Buffer answer{0, 128, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  store_be(&answer[4], epoch);
  store_be(&answer[8], outside);
  return answer;
}

Buffer nat_pmp_mapped(std::uint32_t epoch) {
  Buffer answer = *from_hex("0081000000000000a028a02900001c20");
  store_be(&answer[4], epoch);
  return answer;
}

}  // namespace

TEST_CASE("port mapping: PCP first, NAT-PMP 250 ms later, UPnP 500 ms later") {
  World w;
  w.begin();
  CHECK(w.out.size() == 1);
  CHECK(w.count(2, 1) == 1);
  w.pass(milliseconds(249));
  CHECK(w.out.size() == 1);
  w.pass(milliseconds(1));
  CHECK(w.count(0, 0) == 1);
  CHECK(w.count(0, 1) == 1);
  CHECK_FALSE(w.mapping.take_upnp_task());
  w.pass(milliseconds(250));
  const auto task = w.mapping.take_upnp_task();
  REQUIRE(task);
  CHECK(task->kind == UpnpTask::Kind::map);
  CHECK(task->internal_port == kPort);
  CHECK(w.mapping.problem() == MappingProblem::no_answer);
}

TEST_CASE("port mapping: a silent router is asked ever more rarely") {
  World w;
  w.begin();
  w.pass(seconds(120));
  CHECK(w.count(0, 1) == 9);  // RFC 6886 section 3.1
  CHECK(w.count(2, 1) == 6);  // at about 0, 3, 9, 21, 45 and 93 s
  w.out.clear();
  w.pass(hours(24));
  CHECK(w.count(0, 1) == 0);
  CHECK(w.count(2, 1) <= 24 * 3600 / 900);
}

TEST_CASE("port mapping: PCP's answer is held and ends the search, with another port than asked") {
  World w;
  w.begin();
  w.hear(w.pcp_answer(7200, 100));
  REQUIRE(w.mapping.outside());
  CHECK(w.mapping.outside()->to_string() == "20.1.1.11:41001");
  CHECK(w.mapping.lease()->protocol == MappingProtocol::pcp);
  CHECK(w.mapping.problem() == MappingProblem::none);
  w.out.clear();
  w.pass(minutes(59));
  CHECK(w.out.empty());
  CHECK_FALSE(w.mapping.take_upnp_task());
}

TEST_CASE("port mapping: strangers, and answers to another nonce or port, change nothing") {
  World w;
  w.begin();
  const Buffer good = w.pcp_answer(7200, 100);
  w.hear(good, "10.9.9.3:5351");
  w.hear(good, "10.9.9.1:5350");
  Buffer nonce = good;
  nonce[24] ^= 1;
  w.hear(nonce);
  Buffer port = good;
  port[41] ^= 1;
  w.hear(port);
  CHECK_FALSE(w.mapping.lease());
  w.hear(good);
  CHECK(w.mapping.lease());
}

TEST_CASE("port mapping: renewed at half the lifetime, with the port that we have") {
  World w;
  w.begin();
  w.hear(w.pcp_answer(7200, 100));
  w.out.clear();
  w.pass(minutes(60));
  REQUIRE(w.count(2, 1) == 1);
  CHECK(load_be<std::uint16_t>(&w.out[0].payload[42]) == 41001);
  w.hear(w.pcp_answer(7200, 100 + 3600));
  w.out.clear();
  w.pass(minutes(59));
  CHECK(w.out.empty());
  CHECK(w.mapping.lease());
}

TEST_CASE("port mapping: without renewal it is over at its end, and all protocols are asked") {
  World w;
  w.begin();
  w.hear(w.pcp_answer(7200, 100));
  w.pass(minutes(119));
  CHECK(w.mapping.lease());
  w.out.clear();
  w.pass(minutes(1) + milliseconds(500));
  CHECK_FALSE(w.mapping.lease());
  CHECK(w.count(2, 1) >= 1);  // the renewal may have been repeated in this minute, too
  CHECK(w.count(0, 1) == 2);  // at 250 ms and at 500 ms
  CHECK(w.mapping.take_upnp_task());
}

TEST_CASE("port mapping: a refused version leads to NAT-PMP at once") {
  World w;
  w.begin();
  w.hear(*from_hex("0081000100000064"));
  CHECK(w.count(0, 1) == 1);
  w.hear(nat_pmp_mapped(100));
  CHECK_FALSE(w.mapping.lease());  // nobody knows the address yet
  w.hear(nat_pmp_address(100));
  w.pass(milliseconds(250));
  w.hear(nat_pmp_mapped(100));
  REQUIRE(w.mapping.outside());
  CHECK(w.mapping.outside()->to_string() == "20.1.1.11:41001");
  CHECK(w.mapping.lease()->protocol == MappingProtocol::nat_pmp);
}

TEST_CASE("port mapping: an announcement with an earlier epoch re-maps at once") {
  World w;
  w.begin();
  w.hear(w.pcp_answer(7200, 5000));
  w.out.clear();
  w.pass(seconds(60));
  w.hear(*from_hex("0280000000000000000013c4000000000000000000000000"));  // 5060: all is well
  CHECK(w.out.empty());
  w.hear(*from_hex("028000000000000000000001000000000000000000000000"));
  CHECK(w.count(2, 1) == 1);
  CHECK(w.mapping.lease());  // until the answer says otherwise
}

TEST_CASE("port mapping: NAT-PMP's announcement tells of a restart and of another address") {
  World w;
  w.begin();
  w.hear(*from_hex("0081000100000064"));
  w.hear(nat_pmp_address(1000));
  w.hear(nat_pmp_mapped(1000));
  w.out.clear();
  w.pass(seconds(80));
  w.hear(nat_pmp_address(1071));  // seven eighths and more: its clock is slow
  CHECK(w.out.empty());
  SUBCASE("restart") { w.hear(nat_pmp_address(2)); }
  SUBCASE("another address") { w.hear(nat_pmp_address(1073, 0x1401010c)); }
  CHECK(w.count(2, 1) == 1);
}

TEST_CASE("port mapping: a router behind a router is recognised and not told to others") {
  for (const char* external : {"192.168.1.5:41001", "100.64.3.4:41001", "10.0.0.2:41001"}) {
    World w;
    w.begin();
    w.hear(w.pcp_answer(7200, 100, 0, external));
    CHECK(w.mapping.problem() == MappingProblem::double_nat);
    CHECK(w.mapping.lease());
    CHECK_FALSE(w.mapping.outside());
  }
}

TEST_CASE("port mapping: a refusal lasts as long as the router says") {
  World w;
  w.begin();
  w.hear(w.pcp_answer(3600, 100, 2));  // NOT_AUTHORIZED
  CHECK(w.mapping.problem() == MappingProblem::refused);
  w.out.clear();
  w.pass(minutes(59));
  CHECK(w.count(2, 1) == 0);
  CHECK(w.count(0, 1) == 9);
  w.pass(minutes(1));
  CHECK(w.count(2, 1) == 1);
}

TEST_CASE("port mapping: taken back at the end by the protocol that made it") {
  World w;
  w.begin();
  SUBCASE("PCP") {
    w.hear(w.pcp_answer(7200, 100));
    w.out.clear();
    w.mapping.release(w.out);
    REQUIRE(w.count(2, 1) == 1);
    CHECK(load_be<std::uint32_t>(&w.out[0].payload[4]) == 0);
  }
  SUBCASE("NAT-PMP") {
    w.hear(*from_hex("0081000100000064"));
    w.hear(nat_pmp_address(1000));
    w.hear(nat_pmp_mapped(1000));
    w.out.clear();
    w.mapping.release(w.out);
    REQUIRE(w.count(0, 1) == 1);
    CHECK(to_hex(w.out[0].payload) == "00010000a028000000000000");
  }
  SUBCASE("UPnP") {
    w.pass(milliseconds(500));
    REQUIRE(w.mapping.take_upnp_task());
    w.mapping.handle_upnp(w.now, UpnpMapped{*Endpoint::parse("20.1.1.11:41001"), 7200}, w.out);
    CHECK(w.mapping.outside());
    w.mapping.release(w.out);
    const auto task = w.mapping.take_upnp_task();
    REQUIRE(task);
    CHECK(task->kind == UpnpTask::Kind::remove);
    CHECK(task->external_port == 41001);
  }
  CHECK_FALSE(w.mapping.lease());
  CHECK(w.mapping.next_timeout() == Instant::never());
}

TEST_CASE("port mapping: what a crashed run left is taken over, or back when the port is another") {
  World first;
  first.begin();
  first.hear(first.pcp_answer(7200, 100));
  const auto left = first.mapping.remembered();
  REQUIRE(left);
  World next(left);
  SUBCASE("the same port") {
    next.begin();
    REQUIRE(next.out.size() == 1);
    CHECK(equal(Bytes(next.out[0].payload).subspan(24, 12), left->nonce));
    CHECK(load_be<std::uint16_t>(&next.out[0].payload[42]) == 41001);
  }
  SUBCASE("another port") {
    next.begin(kPort + 1);
    REQUIRE(next.out.size() == 2);
    CHECK(load_be<std::uint32_t>(&next.out[0].payload[4]) == 0);
    CHECK(load_be<std::uint16_t>(&next.out[0].payload[40]) == kPort);
    CHECK(equal(Bytes(next.out[0].payload).subspan(24, 12), left->nonce));
    CHECK(load_be<std::uint16_t>(&next.out[1].payload[40]) == kPort + 1);
  }
}

TEST_CASE("port mapping: what comes too late changes nothing, above all not what is held") {
  World w;
  w.begin();
  w.pass(milliseconds(500));
  REQUIRE(w.mapping.take_upnp_task());
  w.hear(w.pcp_answer(7200, 100));
  w.mapping.handle_upnp(w.now, UpnpMapped{*Endpoint::parse("20.1.1.11:41000"), 7200}, w.out);
  CHECK(w.mapping.lease()->protocol == MappingProtocol::pcp);
  CHECK_FALSE(w.mapping.take_upnp_task());

  World other;
  other.begin();
  const Buffer late = other.pcp_answer(7200, 100);
  other.pass(milliseconds(500));
  REQUIRE(other.mapping.take_upnp_task());
  const UpnpMapped mapped{*Endpoint::parse("20.1.1.11:41000"), 7200};
  other.mapping.handle_upnp(other.now, mapped, other.out);
  other.out.clear();
  other.hear(late);
  CHECK(other.mapping.lease()->protocol == MappingProtocol::upnp);
  CHECK(other.out.empty());
}

TEST_CASE("port mapping: another route begins anew, the same one does not, none ends it") {
  World w;
  w.begin();
  w.hear(w.pcp_answer(7200, 100));
  w.out.clear();
  w.begin();
  CHECK(w.out.empty());
  w.mapping.set_route(w.now, Route{address("10.8.8.1"), address("10.8.8.2")}, kPort, w.out);
  CHECK_FALSE(w.mapping.lease());
  CHECK(w.out.size() == 1);
  w.mapping.set_route(w.now, std::nullopt, kPort, w.out);
  CHECK(w.mapping.problem() == MappingProblem::no_router);
  CHECK(w.mapping.next_timeout() == Instant::never());
}

TEST_CASE("port mapping: no answer with a flipped bit or cut short upsets it") {
  World w;
  w.begin();
  const Buffer good = w.pcp_answer(7200, 100);
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    Buffer spoiled = good;
    spoiled[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    w.hear(spoiled);
    w.hear(Buffer(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(bit / 8)));
    w.pass(milliseconds(10));
    w.mapping.take_upnp_task();
  }
  w.hear(w.pcp_answer(7200, 200));
  CHECK(w.mapping.lease());
}
