// SPDX-License-Identifier: Apache-2.0
// One iterative lookup: the walk from nodes that are known to the eight that are closest to a
// target, four questions in flight. Sends nothing: says whom to ask, and is told what came of it.
// Its owner repeats askable() and announceable() after whatever it tells it.
//
// It goes by two paths that share no node: whom a node names is asked on the path of that node. So
// one that lies leads one path astray at most, and the other checks what it found. A node whose id
// does not fit its address (BEP 42) is farther than all whose ids do. Of the eight no two are of
// one address and few of one subnet: the closest that answer, so that a made-up node keeps nobody
// out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/endpoint.h"
#include "core/dht/node_id.h"
#include "core/dht/settings.h"

namespace lanyard::dht {

// What a node must give to count among the closest. token: it takes items (BEP 44), which many do
// not, so the walk goes on to those that do.
enum class Needs : std::uint8_t { answer, token };

class Lookup {
 public:
  static constexpr std::size_t kParallel = 4;         // alpha of Kademlia, with a little haste
  static constexpr std::size_t kMaxCandidates = 100;  // closer ones push out farther ones

  Lookup(const NodeId& own_id,
         const NodeId& target,
         Mode mode,
         Defences defences = Defences::all,
         Needs needs = Needs::answer);

  const NodeId& target() const { return target_; }
  // Within this distance of the target (as distance_head()) eight nodes are to be expected: a set
  // that ends farther off is not trusted, and more are asked.
  void set_expected_reach(std::uint64_t reach) { expected_reach_ = reach; }

  // A node to begin with, on either path.
  void add(const Contact& node);
  // A node that this one named.
  void add_told(const Endpoint& teller, const Contact& node);
  // A copy of those to be asked now, as far as limits let the owner: it reports with asked().
  std::vector<Contact> askable() const;
  void asked(const Endpoint& node);
  // Takes longer than most: another may be asked meanwhile.
  void slow(const Endpoint& node);
  void failed(const Endpoint& node);
  // The id may be another than the one that it was known by. token is copied; empty: none.
  void answered(const Contact& node, Bytes token);

  // The nodes that shall store something: the eight closest that answered and gave a token, as soon
  // as it is clear that they are. In a network of few nodes each is at once; after a second of
  // waiting for slow ones it is the closest so far.
  struct Announcement {
    Endpoint to;
    Buffer token;
  };
  std::vector<Announcement> announceable() const;
  void announced(const Endpoint& node);
  // No answer yet: it may be announced to once more.
  void announcement_slow(const Endpoint& node);
  void announcement_refused(const Endpoint& node);
  // It was asked to store something and did not: it counts no longer, another takes its place.
  void cannot_store(const Endpoint& node);
  void announcement_stored(const Endpoint& node);

  // The eight closest that answer have answered, or there are no more; nor is an announcement
  // waited for. Whoever was slow twice is waited for only while nobody has answered.
  bool is_finished() const;
  std::size_t stored_count() const;
  std::size_t answer_count() const { return answer_count_; }
  // A node of this id and address would be among the eight.
  bool admits(const Contact& node) const;

 private:
  static constexpr std::size_t kPaths = 2;
  using Path = std::uint8_t;
  enum class State : std::uint8_t { fresh, asked, slow, answered, failed };
  enum class Storing : std::uint8_t { no, asked, slow, refused, stored };
  struct Candidate {
    Contact contact;
    bool fits = false;
    Path path = 0;
    State state = State::fresh;
    std::uint8_t asked_times = 0;
    std::uint8_t outstanding = 0;
    Storing storing = Storing::no;
    std::uint8_t announced_times = 0;
    Buffer token;
  };

  class Company;
  // Goes through the candidates, the closest first: which of them matter still.
  class Foremost;

  // It has answered as needed.
  bool counts(const Candidate& candidate) const;
  // So many of the closest are asked.
  std::size_t breadth() const;
  static bool is_awaited(const Candidate& candidate);
  bool is_before(const Candidate& a, const Candidate& b) const;
  bool is_sure_of_closest() const;
  Candidate* find(const Endpoint& endpoint);
  // By the path that has fewer, until each has enough to go on by itself.
  Path path_from(Path teller) const;
  bool is_known(const Contact& node) const;
  bool fits_well(const Contact& node) const;
  void add_on(Path path, const Contact& node);
  void insert(Candidate candidate);

  NodeId own_id_;
  NodeId target_;
  Mode subnet_mode_;
  Defences defences_;
  Needs needs_;
  std::uint64_t expected_reach_ = kAnyDistance;
  std::array<std::size_t, kPaths> added_{};
  std::vector<Candidate> candidates_;  // closest first, after those whose ids fit the others
  std::size_t answer_count_ = 0;
  bool has_slow_ = false;
};

}  // namespace lanyard::dht
