// SPDX-License-Identifier: Apache-2.0
// Whatever the kernels at the two ends can do for packets in bulk, all of them arrive as they were
// sent: every set of offloads, alike and mixed, underlays of other sizes and of IPv6, one worker
// and more workers than processors.
#include <algorithm>
#include <array>
#include <set>

#include <doctest/doctest.h>

#include "tests/lab/pair.h"

namespace lanyard::lab {
namespace {

// Enough for windows to open, so that full super-frames and runs come up.
constexpr std::uint64_t kBytes = std::uint64_t{2} << 20;

using Words = std::set<std::string>;

// What can be missing of a TAP device. Its offloads build on each other: without the first of these
// in a set there are none of those that build on it.
const std::array<Words, 6> kDeviceSets{{
    {},
    {"uso"},
    {"tso"},
    {"tso", "uso"},
    {"checksum", "tso", "uso"},
    {"vnet", "checksum", "tso", "uso"},
}};
// And of the sockets. Each set and the one at its place from the end have nothing in common.
const std::array<Words, 4> kSocketSets{{{}, {"udp-gso"}, {"udp-gro"}, {"udp-gso", "udp-gro"}}};

Words both(const Words& a, const Words& b) {
  Words words = a;
  words.insert(b.begin(), b.end());
  return words;
}

std::vector<std::string> without(const Words& missing) {
  std::vector<std::string> options;
  for (const std::string& word : missing)
    options.insert(options.end(), {"--disable-offload", word});
  return options;
}

std::string text(const Words& words) {
  std::string text;
  for (const std::string& word : words) text += word + " ";
  return text;
}

// What the daemon says that it uses.
Words offloads_of(const Machine& machine) {
  const control::Status status = machine.status();
  const std::vector<std::string>& device = status.networks.front().offloads;
  Words words(device.begin(), device.end());
  if (status.data_path.udp_segmentation_offload) words.insert("udp-gso");
  if (status.data_path.udp_receive_offload) words.insert("udp-gro");
  return words;
}

// All that this kernel has, but for what is to be missing.
void must_use_all_but(const Machine& machine, const Words& missing, const Words& kernel) {
  Words expected;
  std::ranges::set_difference(kernel, missing, std::inserter(expected, expected.end()));
  const Words used = offloads_of(machine);
  CHECK_MESSAGE(used == expected, text(used));
}

TEST_CASE("every set of offloads carries everything") {
  Pair pair(fast_program(), {});
  const Words kernel = offloads_of(pair.alice());
  for (const Words& device : kDeviceSets) {
    for (const Words& sockets : kSocketSets) {
      const Words missing = both(device, sockets);
      INFO("both without: ", text(missing));
      pair.restart(without(missing), without(missing));
      must_use_all_but(pair.alice(), missing, kernel);
      must_carry_everything(pair, kBytes);
    }
  }
}

TEST_CASE("ends with other offloads understand each other") {
  Pair pair(fast_program(), {});
  const Words kernel = offloads_of(pair.alice());
  std::size_t sockets = 0;
  for (std::size_t a = 0; a < kDeviceSets.size(); ++a) {
    // The first two are a machine with everything and one with nothing.
    for (std::size_t b = kDeviceSets.size() - 1; b > a; --b) {
      const Words alice = both(kDeviceSets[a], kSocketSets[sockets]);
      const Words bob = both(kDeviceSets[b], kSocketSets[kSocketSets.size() - 1 - sockets]);
      sockets = (sockets + 1) % kSocketSets.size();
      INFO("alice without: ", text(alice), "bob without: ", text(bob));
      pair.restart(without(alice), without(bob));
      must_use_all_but(pair.alice(), alice, kernel);
      must_use_all_but(pair.bob(), bob, kernel);
      must_carry_everything(pair, kBytes);
    }
  }
}

TEST_CASE("underlays of every size and both families, with one worker and with four") {
  for (const Family family : {Family::v4, Family::v6}) {
    for (const int mtu : {1280, 1500, 9000}) {
      INFO("MTU ", mtu, ", IPv6: ", family == Family::v6);
      Pair pair(program(), {family, mtu}, {"--workers", "1"});
      const control::Status status = pair.alice().status();
      CHECK(status.workers == 1);
      CHECK(pair.families().size() == (mtu == 1280 ? 1 : 2));
      const std::string endpoint = pair.alice().member("lab", "bob")->endpoint;
      CHECK_MESSAGE(endpoint.find(family == Family::v6 ? "[fd00:1::" : "192.168.1.") == 0,
                    endpoint);
      must_carry_everything(pair, kBytes);
      pair.restart({"--workers", "4"}, {"--workers", "4"});
      CHECK(pair.bob().status().workers == 4);
      must_carry_everything(pair, kBytes);
    }
  }
}

}  // namespace
}  // namespace lanyard::lab
