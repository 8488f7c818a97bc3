// SPDX-License-Identifier: Apache-2.0
#include "core/dht/lookup.h"

#include <algorithm>
#include <utility>

#include "core/dht/routing_table.h"

namespace lanyard::dht {

namespace {

// A lost datagram shall not hide a node: one that is slow is asked a second time.
constexpr std::uint8_t kMaxAsked = 2;
// Nodes that turn out not to be the closest may have been announced to by then.
constexpr std::size_t kMaxAnnounced = 2 * kBucketSize;

}  // namespace

void Lookup::add(const Contact& node) {
  if (node.id == own_id_) return;
  // One node per address, so that none can fill the list with itself.
  for (const Candidate& known : candidates_) {
    const bool same_address = known.contact.endpoint.address == node.endpoint.address;
    if (same_address && known.state != State::failed) return;
    if (known.contact.endpoint == node.endpoint || known.contact.id == node.id) return;
  }
  insert({.contact = node, .token = {}});
}

std::vector<Contact> Lookup::askable() const {
  std::vector<Contact> out;
  std::vector<Contact> again;
  std::size_t hopeful = 0;
  for (const Candidate& candidate : candidates_) {
    if (hopeful == kBucketSize) break;
    if (candidate.state == State::answered || is_awaited(candidate)) ++hopeful;
    if (candidate.state == State::fresh) out.push_back(candidate.contact);
    if (candidate.state == State::slow && candidate.asked_times < kMaxAsked) {
      again.push_back(candidate.contact);
    }
  }
  out.insert(out.end(), again.begin(), again.end());
  if (out.size() > free_slots()) out.resize(free_slots());
  return out;
}

void Lookup::asked(const Endpoint& node) {
  Candidate* candidate = find(node);
  if (candidate == nullptr) return;
  candidate->state = State::asked;
  ++candidate->asked_times;
  ++candidate->outstanding;
}

void Lookup::slow(const Endpoint& node) {
  Candidate* candidate = find(node);
  if (candidate == nullptr || candidate->state != State::asked) return;
  candidate->state = State::slow;
  has_slow_ = true;
}

void Lookup::failed(const Endpoint& node) {
  Candidate* candidate = find(node);
  if (candidate == nullptr || candidate->state == State::answered) return;
  if (candidate->outstanding > 0) --candidate->outstanding;
  if (candidate->outstanding == 0) candidate->state = State::failed;
}

void Lookup::answered(const Contact& node, Bytes token) {
  const auto it = std::find_if(candidates_.begin(), candidates_.end(), [&node](const Candidate& c) {
    return c.contact.endpoint == node.endpoint;
  });
  if (it == candidates_.end() || it->state == State::answered) return;
  Candidate candidate = std::move(*it);
  candidates_.erase(it);
  candidate.contact.id = node.id;
  candidate.state = State::answered;
  candidate.token = to_buffer(token);
  ++answer_count_;
  insert(std::move(candidate));
}

std::vector<Lookup::Announcement> Lookup::announceable() const {
  std::vector<Announcement> out;
  if (!is_sure_of_closest()) return out;
  auto announced = static_cast<std::size_t>(
      std::count_if(candidates_.begin(), candidates_.end(),
                    [](const Candidate& c) { return c.storing != Storing::no; }));
  std::size_t closest = 0;
  for (const Candidate& candidate : candidates_) {
    if (candidate.state != State::answered) continue;
    if (++closest > kBucketSize) break;
    const bool first = candidate.storing == Storing::no && announced < kMaxAnnounced;
    const bool again = candidate.storing == Storing::slow && candidate.announced_times < kMaxAsked;
    if (candidate.token.empty() || (!first && !again)) continue;
    out.push_back({candidate.contact.endpoint, candidate.token});
    if (first) ++announced;
  }
  return out;
}

void Lookup::announced(const Endpoint& node) {
  Candidate* candidate = find(node);
  if (candidate == nullptr) return;
  candidate->storing = Storing::asked;
  ++candidate->announced_times;
}

void Lookup::announcement_slow(const Endpoint& node) {
  Candidate* candidate = find(node);
  if (candidate != nullptr && candidate->storing == Storing::asked) {
    candidate->storing = Storing::slow;
  }
}

void Lookup::announcement_refused(const Endpoint& node) {
  Candidate* candidate = find(node);
  if (candidate != nullptr && candidate->storing != Storing::stored) {
    candidate->storing = Storing::refused;
  }
}

void Lookup::announcement_stored(const Endpoint& node) {
  if (Candidate* candidate = find(node)) candidate->storing = Storing::stored;
}

bool Lookup::is_finished() const {
  const bool waits_for_storing =
      std::any_of(candidates_.begin(), candidates_.end(),
                  [](const Candidate& c) { return c.storing == Storing::asked; });
  if (waits_for_storing) return false;
  std::size_t answered = 0;
  for (const Candidate& candidate : candidates_) {
    if (candidate.state == State::failed) continue;
    const bool given_up = candidate.state == State::slow && candidate.asked_times >= kMaxAsked;
    if (given_up && answer_count_ > 0) continue;
    if (candidate.state != State::answered) return false;
    if (++answered == kBucketSize) return true;
  }
  return true;
}

std::size_t Lookup::stored_count() const {
  return static_cast<std::size_t>(
      std::count_if(candidates_.begin(), candidates_.end(),
                    [](const Candidate& c) { return c.storing == Storing::stored; }));
}

bool Lookup::admits(const NodeId& id) const {
  std::size_t closer = 0;
  for (const Candidate& candidate : candidates_) {
    if (candidate.state != State::answered) continue;
    if (is_closer(candidate.contact.id, id, target_)) ++closer;
  }
  return closer < kBucketSize;
}

// May well answer yet. One that let its first second pass is not counted upon.
bool Lookup::is_awaited(const Candidate& candidate) {
  return candidate.state == State::fresh ||
         (candidate.state == State::asked && candidate.asked_times < kMaxAsked);
}

std::size_t Lookup::free_slots() const {
  const auto in_flight = static_cast<std::size_t>(
      std::count_if(candidates_.begin(), candidates_.end(),
                    [](const Candidate& c) { return c.state == State::asked; }));
  return in_flight < kParallel ? kParallel - in_flight : 0;
}

// Nobody who is awaited is closer than the eight closest that answered; or there are no more than
// eight altogether; or enough time was spent on nodes that may well be unreachable.
bool Lookup::is_sure_of_closest() const {
  if (has_slow_) return true;
  std::size_t alive = 0;
  for (const Candidate& candidate : candidates_) alive += candidate.state != State::failed ? 1 : 0;
  if (alive <= kBucketSize) return true;
  std::size_t answered = 0;
  for (const Candidate& candidate : candidates_) {
    if (is_awaited(candidate)) return false;
    if (candidate.state == State::answered && ++answered == kBucketSize) return true;
  }
  return true;
}

Lookup::Candidate* Lookup::find(const Endpoint& endpoint) {
  for (Candidate& candidate : candidates_) {
    if (candidate.contact.endpoint == endpoint) return &candidate;
  }
  return nullptr;
}

void Lookup::insert(Candidate candidate) {
  const auto place = std::find_if(candidates_.begin(), candidates_.end(), [&](const Candidate& c) {
    return is_closer(candidate.contact.id, c.contact.id, target_);
  });
  candidates_.insert(place, std::move(candidate));
  if (candidates_.size() > kMaxCandidates) candidates_.pop_back();
}

}  // namespace lanyard::dht
