// SPDX-License-Identifier: Apache-2.0
// IPv4 and IPv6 side by side (BEP 32): our nodes are told of others over IPv4 alone, and come to be
// in the DHT of IPv6, too, since they ask over IPv4 for nodes of both families. Those of libtorrent
// do not, and are told of one node in both.
#include <algorithm>
#include <array>
#include <cstdio>
#include <set>
#include <string>

#include <doctest/doctest.h>

#include "tests/lab/dht_capture.h"
#include "tests/lab/dht_swarm.h"
#include "tests/lab/story.h"

namespace lanyard::lab {
namespace {

constexpr int kNodes = 4;  // of each kind
constexpr std::size_t kKnown = 3;
constexpr std::array kKinds{Kind::ours, Kind::theirs};
constexpr std::array kFamilies{Family::v4, Family::v6};
constexpr Patience kFormPatience{90'000};
constexpr const char* kSomewhere = "5af1c0de5af1c0de5af1c0de5af1c0de5af1c0de";

class DualStack {
 public:
  DualStack() {
    for (int node = 0; node < kNodes; ++node) {
      for (const Kind kind : kKinds) {
        told(kind, node,
             "open " + DhtGround::endpoint(kind, node, Family::v4) + " " +
                 DhtGround::endpoint(kind, node, Family::v6));
      }
    }
  }

  // Each kind begins with one node of the other.
  void meet() {
    for (int node = 0; node < kNodes; ++node) {
      if (node > 0) told(Kind::ours, node, "meet " + DhtGround::endpoint(Kind::theirs, 0));
      told(Kind::theirs, node,
           "meet " + DhtGround::endpoint(Kind::ours, 0) + " " +
               DhtGround::endpoint(Kind::ours, 0, Family::v6));
    }
  }

  Words told(Kind kind, int node, const std::string& request) {
    return (kind == Kind::ours ? ours_ : theirs_).told(static_cast<std::size_t>(node), request);
  }

  // Whether one of the node's identifiers goes with its address of each family.
  bool has_identifiers(Kind kind, int node) {
    const Words ids = told(kind, node, "ids");
    return std::ranges::all_of(kFamilies, [&](Family family) {
      const auto address = *IpAddress::parse(DhtGround::address(kind, node, family));
      return std::ranges::any_of(ids, [&](const std::string& id) {
        return goes_with({to_array<dht::kIdBytes>(*from_hex(id)).value()}, address);
      });
    });
  }

  // Whether the node knows enough others of each family to find the rest by.
  bool knows_others(Kind kind, int node) {
    if (kind == Kind::ours)
      return std::stoi(told(kind, node, "count").at(0)) >= 2 * static_cast<int>(kKnown) + 2;
    const Words ids = told(kind, node, "ids");
    return ids.size() == 2 && std::ranges::all_of(ids, [&](const std::string& id) {
             const Words known = told(kind, node, "nodes " + id);
             return std::ranges::count(known, "-") == 0 && known.size() >= kKnown;
           });
  }

  const DhtGround& ground() const { return ground_; }

 private:
  DhtGround ground_{kNodes};
  Dialogue ours_{{.network = ground_.space(Kind::ours).descriptor()}, {dht_node_program()}};
  Dialogue theirs_{{.network = ground_.space(Kind::theirs).descriptor()}, {libtorrent_program()}};
};

TEST_CASE("nodes that are told of one over IPv4 find the DHT of IPv6, too") {
  DualStack dht;
  const DhtCapture capture(dht.ground());
  const Stopwatch stopwatch;
  Deadline until_met_again{Patience{0}};
  CHECK(wait_until(kFormPatience, [&] {
    // libtorrent does not repeat a first ping that is lost.
    if (until_met_again.passed()) {
      dht.meet();
      until_met_again = Deadline(Patience{5'000});
    }
    for (int node = 0; node < kNodes; ++node) {
      for (const Kind kind : kKinds) {
        if (!dht.has_identifiers(kind, node) || !dht.knows_others(kind, node)) return false;
      }
    }
    return true;
  }));
  std::printf("one DHT of each family after %.1f s\n", stopwatch.seconds());

  for (const auto& [announcing, seeking] :
       {std::pair{Kind::ours, Kind::theirs}, std::pair{Kind::theirs, Kind::ours}}) {
    const std::string place = std::string(announcing == Kind::ours ? "0" : "f") + kSomewhere;
    const std::string request = " " + place.substr(0, 40);
    for (int node = 1; node < kNodes; ++node) {
      CAPTURE(node);
      dht.told(announcing, node, "announce" + request);
      const std::set<std::string> wanted{DhtGround::endpoint(announcing, node, Family::v4),
                                         DhtGround::endpoint(announcing, node, Family::v6)};
      std::set<std::string> found;
      CHECK(wait_until(Patience{20'000}, [&] {
        for (const std::string& peer : dht.told(seeking, 2, "peers" + request)) found.insert(peer);
        return std::ranges::includes(found, wanted);
      }));
    }
  }
  const DhtCapture::Verdict verdict = capture.judge();
  CHECK_MESSAGE(verdict.malformed.empty(), verdict.malformed);
}

}  // namespace
}  // namespace lanyard::lab
