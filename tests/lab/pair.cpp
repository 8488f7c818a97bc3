// SPDX-License-Identifier: Apache-2.0
#include "tests/lab/pair.h"

#include <csignal>

#include <doctest/doctest.h>

namespace lanyard::lab {
namespace {

constexpr const char* kNetwork = "lab";
constexpr std::uint32_t kLeastMtuForIpv6 = 1280;

// Answers are not waited for long: the first packets come before there are keys.
bool answers_pings(const Machine& from, const std::string& address) {
  return wait_until(kContact, [&] {
    return from.run({"ping", "-n", "-c", "1", "-W", "0.1", address}).exit_code == 0;
  });
}

}  // namespace

Pair::Pair(const std::string& program, const Wire& wire, const std::vector<std::string>& options)
    : lan_(lab_.lan(Lan::Uplink::none, wire.family)),
      alice_(lab_.machine("alice", lan_)),
      bob_(lab_.machine("bob", lan_)) {
  for (Machine* machine : {&alice_, &bob_}) {
    lab_.set_mtu(*machine, wire.mtu);
    machine->set_program(program);
    machine->start_daemon(options);
  }
  create(alice_, kNetwork);
  join(bob_, invite(alice_));
  alice_addresses_ = addresses_of(alice_);
  bob_addresses_ = addresses_of(bob_);
  if (alice_.network(kNetwork)->mtu >= kLeastMtuForIpv6) families_.push_back(Family::v6);
  must_meet();
}

Pair::Addresses Pair::addresses_of(const Machine& machine) {
  Addresses addresses{machine.address_in(kNetwork, Family::v4),
                      machine.address_in(kNetwork, Family::v6)};
  REQUIRE(!addresses.v4.empty());
  REQUIRE(!addresses.v6.empty());
  return addresses;
}

const std::string& Pair::address_of(const Machine& machine, Family family) const {
  const Addresses& addresses = &machine == &alice_ ? alice_addresses_ : bob_addresses_;
  return family == Family::v4 ? addresses.v4 : addresses.v6;
}

void Pair::restart(const std::vector<std::string>& options_of_alice,
                   const std::vector<std::string>& options_of_bob) {
  for (Machine* machine : {&alice_, &bob_}) machine->daemon().signal(SIGTERM);
  for (Machine* machine : {&alice_, &bob_}) {
    REQUIRE_MESSAGE(machine->stop_daemon() == 0, machine->log());
  }
  alice_.start_daemon(options_of_alice);
  bob_.start_daemon(options_of_bob);
  must_meet();
}

void Pair::must_meet() {
  for (const Family family : families()) {
    REQUIRE_MESSAGE(answers_pings(alice_, address_of(bob_, family)), alice_.log(), bob_.log());
  }
}

void must_carry_everything(const End& near, const End& far, std::uint64_t bytes) {
  INFO("from ", near.machine.name(), " to ", far.machine.name(), " at ", far.address);
  const Exchanged exchanged = exchange(connect(near.machine, far.machine, far.address), bytes);
  CHECK(exchanged.forth == bytes);
  CHECK(exchanged.back == bytes);
  const Burst forth = burst(near.machine, far.machine, far.address);
  CHECK(forth.arrived == forth.sent);
  const Burst back = burst(far.machine, near.machine, near.address);
  CHECK(back.arrived == back.sent);
}

void must_carry_everything(Pair& pair, std::uint64_t bytes) {
  for (const Family family : pair.families()) {
    must_carry_everything({pair.alice(), pair.address_of(pair.alice(), family)},
                          {pair.bob(), pair.address_of(pair.bob(), family)}, bytes);
  }
}

}  // namespace lanyard::lab
