// SPDX-License-Identifier: Apache-2.0
// A private DHT of our nodes and as many of libtorrent's, on a DhtGround. Those of libtorrent begin
// with one of ours alone, and ours with one of libtorrent's.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/dht/krpc.h"
#include "tests/lab/dht_ground.h"
#include "tests/lab/dialogue.h"
#include "tests/lab/krpc_client.h"

namespace lanyard::lab {

using Names = std::set<std::string>;

struct Citizen {
  Kind kind = Kind::ours;
  int node = 0;
};

class DhtSwarm {
 public:
  static constexpr int kNodes = 8;  // of each kind

  // All listen; nobody knows anybody.
  explicit DhtSwarm(Family family);

  // Returns when every node has the identifier that goes with its address (BEP 42) and knows some
  // others; fails the scenario when that does not come true.
  void form();

  // A request to one node: the words of its answer.
  Words told(const Citizen& citizen, const std::string& request);
  // The same without waiting for the answer.
  Dialogue::Ticket ask(const Citizen& citizen, const std::string& request);
  Words answer(Kind kind, Dialogue::Ticket ticket) { return nodes(kind).answer(ticket); }

  const DhtGround& ground() const { return ground_; }
  static std::vector<Citizen> citizens();
  std::string endpoint(const Citizen& citizen) const;
  // Somebody who is no node.
  KrpcClient& client() { return client_; }
  std::string client_address() const;

  // All identifiers by endpoint, as the nodes themselves tell whoever asks.
  std::map<std::string, dht::NodeId> identifiers();
  // The endpoints of the nodes closest to the point of those given, at most eight.
  static Names closest(const std::map<std::string, dht::NodeId>& identifiers,
                       const dht::NodeId& point);

 private:
  Dialogue& nodes(Kind kind) { return kind == Kind::ours ? ours_ : theirs_; }
  void meet();
  bool is_formed();
  std::size_t known_by(const Citizen& citizen);

  Family family_;
  DhtGround ground_;
  Dialogue ours_;
  Dialogue theirs_;
  KrpcClient client_;
};

// Whether an identifier goes with an address by BEP 42; written down once more, so that the product
// is not its own judge.
bool goes_with(const dht::NodeId& identifier, const IpAddress& address);

}  // namespace lanyard::lab
