// SPDX-License-Identifier: Apache-2.0
// One iterative lookup: the walk from nodes that are known to the eight that are closest to a
// target, four questions in flight. Sends nothing: says whom to ask, and is told what came of it.
// Its owner repeats askable() and announceable() after whatever it tells it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/endpoint.h"
#include "core/dht/node_id.h"

namespace lanyard::dht {

class Lookup {
 public:
  static constexpr std::size_t kParallel = 4;         // alpha of Kademlia, with a little haste
  static constexpr std::size_t kMaxCandidates = 100;  // closer ones push out farther ones

  Lookup(const NodeId& own_id, const NodeId& target) : own_id_(own_id), target_(target) {}

  const NodeId& target() const { return target_; }

  void add(const Contact& node);
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
  void announcement_stored(const Endpoint& node);

  // The eight closest that answer have answered, or there are no more; nor is an announcement
  // waited for. Whoever was slow twice is waited for only while nobody has answered.
  bool is_finished() const;
  std::size_t stored_count() const;
  std::size_t answer_count() const { return answer_count_; }
  // This id would be among the eight.
  bool admits(const NodeId& id) const;

 private:
  enum class State : std::uint8_t { fresh, asked, slow, answered, failed };
  enum class Storing : std::uint8_t { no, asked, slow, refused, stored };
  struct Candidate {
    Contact contact;
    State state = State::fresh;
    std::uint8_t asked_times = 0;
    std::uint8_t outstanding = 0;
    Storing storing = Storing::no;
    std::uint8_t announced_times = 0;
    Buffer token;
  };

  static bool is_awaited(const Candidate& candidate);
  std::size_t free_slots() const;
  bool is_sure_of_closest() const;
  Candidate* find(const Endpoint& endpoint);
  void insert(Candidate candidate);

  NodeId own_id_;
  NodeId target_;
  std::vector<Candidate> candidates_;  // closest first
  std::size_t answer_count_ = 0;
  bool has_slow_ = false;
};

}  // namespace lanyard::dht
