// SPDX-License-Identifier: Apache-2.0
#include "core/dht/lookup.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/dht/bound_id.h"
#include "core/dht/routing_table.h"
#include "core/dht/subnet.h"

namespace lanyard::dht {

namespace {

// A lost datagram shall not hide a node: one that is slow is asked a second time.
constexpr std::uint8_t kMaxAsked = 2;
// Nodes that turn out not to be the closest may have been announced to by then.
constexpr std::size_t kMaxAnnounced = 2 * kBucketSize;

// Each path walks to so many by itself: half of the eight.
constexpr std::size_t kClosestOfPath = kBucketSize / 2;
// Of nodes that are sparser than they should be so many of the closest are asked: some of them may
// know those whom others conceal.
constexpr std::size_t kMostBreadth = 3 * kBucketSize;

// A path that is held up leaves one of the four questions to the other.
constexpr std::size_t kParallelOfPath = Lookup::kParallel - 1;

}  // namespace

// Nodes that are to be together among the eight.
class Lookup::Company {
 public:
  explicit Company(Mode subnet_mode) : subnet_mode_(subnet_mode) {}

  bool admits(const Contact& node) const {
    const IpAddress& address = node.endpoint.address;
    const bool is_limited = is_subnet_limited(subnet_mode_, address);
    const IpPrefix subnet = is_limited ? subnet_of(address) : IpPrefix{};
    std::size_t of_subnet = 0;
    for (std::size_t i = 0; i < size_; ++i) {
      const Contact& other = *nodes_[i];
      if (other.endpoint.address == address || other.id == node.id) return false;
      if (is_limited && subnet.contains(other.endpoint.address)) ++of_subnet;
    }
    return of_subnet < kSubnetInLookup;
  }
  void add(const Contact& node) { nodes_[size_++] = &node; }
  std::size_t size() const { return size_; }

 private:
  Mode subnet_mode_;
  std::array<const Contact*, kMostBreadth + kPaths * kClosestOfPath> nodes_{};
  std::size_t size_ = 0;
};

class Lookup::Foremost {
 public:
  Foremost(Mode subnet_mode, std::size_t breadth) : breadth_(breadth), company_(subnet_mode) {}

  // Nobody farther can be among them.
  bool is_full() const {
    return company_.size() >= breadth_ &&
           std::all_of(of_path_.begin(), of_path_.end(),
                       [](std::size_t count) { return count >= kClosestOfPath; });
  }
  // Whether it can be among the eight, or among the four of its path.
  bool include(const Candidate& candidate) const {
    const bool has_place = company_.size() < breadth_ || of_path_[candidate.path] < kClosestOfPath;
    return has_place && company_.admits(candidate.contact);
  }
  void count(const Candidate& candidate) {
    company_.add(candidate.contact);
    ++of_path_[candidate.path];
  }

 private:
  std::size_t breadth_;
  Company company_;
  std::array<std::size_t, kPaths> of_path_{};
};

Lookup::Lookup(
    const NodeId& own_id, const NodeId& target, Mode mode, Defences defences, Needs needs)
    : own_id_(own_id),
      target_(target),
      subnet_mode_(subnet_mode(mode, defences)),
      defences_(defences),
      needs_(needs) {}

void Lookup::add(const Contact& node) {
  const bool has_one_path = defences_ == Defences::none;
  add_on(has_one_path || added_[0] <= added_[1] ? 0 : 1, node);
}

void Lookup::add_told(const Endpoint& teller, const Contact& node) {
  const Candidate* known = find(teller);
  if (known == nullptr) return;
  add_on(path_from(known->path), node);
}

Lookup::Path Lookup::path_from(Path teller) const {
  if (defences_ == Defences::none) return teller;
  const auto other = static_cast<Path>(1 - teller);
  return added_[other] < kClosestOfPath && added_[other] < added_[teller] ? other : teller;
}

void Lookup::add_on(Path path, const Contact& node) {
  if (node.id == own_id_ || is_known(node)) return;
  ++added_[path];
  insert({.contact = node, .fits = fits_well(node), .path = path, .token = {}});
}

bool Lookup::is_known(const Contact& node) const {
  return std::any_of(candidates_.begin(), candidates_.end(), [&node](const Candidate& known) {
    return known.contact.endpoint == node.endpoint;
  });
}

bool Lookup::fits_well(const Contact& node) const {
  return defences_ == Defences::none || fits(node.id, node.endpoint.address);
}

std::size_t Lookup::breadth() const {
  if (defences_ == Defences::none || expected_reach_ == kAnyDistance) return kBucketSize;
  const auto count =
      std::count_if(candidates_.begin(), candidates_.end(), [&](const Candidate& candidate) {
        return candidate.state == State::answered && candidate.fits &&
               distance_head(candidate.contact.id, target_) <= expected_reach_;
      });
  return static_cast<std::size_t>(count) >= kBucketSize ? kBucketSize : kMostBreadth;
}

std::vector<Contact> Lookup::askable() const {
  std::vector<const Candidate*> fresh;
  std::vector<const Candidate*> again;
  std::array<std::size_t, kPaths> in_flight{};
  for (const Candidate& candidate : candidates_) {
    if (candidate.state == State::asked) ++in_flight[candidate.path];
  }
  Foremost foremost(subnet_mode_, breadth());
  for (const Candidate& candidate : candidates_) {
    if (foremost.is_full()) break;
    if (!foremost.include(candidate)) continue;
    if (counts(candidate) || is_awaited(candidate)) foremost.count(candidate);
    if (candidate.state == State::fresh) fresh.push_back(&candidate);
    if (candidate.state == State::slow && candidate.asked_times < kMaxAsked) {
      again.push_back(&candidate);
    }
  }
  fresh.insert(fresh.end(), again.begin(), again.end());
  std::vector<Contact> out;
  for (const Candidate* candidate : fresh) {
    std::size_t& of_path = in_flight[candidate->path];
    if (in_flight[0] + in_flight[1] >= kParallel || of_path >= kParallelOfPath) continue;
    ++of_path;
    out.push_back(candidate->contact);
  }
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
  candidate.fits = fits_well(node);
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
  Company closest(subnet_mode_);
  for (const Candidate& candidate : candidates_) {
    if (closest.size() == kBucketSize) break;
    if (!counts(candidate) || !closest.admits(candidate.contact)) continue;
    closest.add(candidate.contact);
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

void Lookup::cannot_store(const Endpoint& node) {
  Candidate* candidate = find(node);
  if (candidate == nullptr || candidate->storing == Storing::stored) return;
  candidate->storing = Storing::refused;
  candidate->token.clear();
}

void Lookup::announcement_stored(const Endpoint& node) {
  if (Candidate* candidate = find(node)) candidate->storing = Storing::stored;
}

bool Lookup::is_finished() const {
  const bool waits_for_storing =
      std::any_of(candidates_.begin(), candidates_.end(),
                  [](const Candidate& c) { return c.storing == Storing::asked; });
  if (waits_for_storing) return false;
  Foremost foremost(subnet_mode_, breadth());
  for (const Candidate& candidate : candidates_) {
    if (foremost.is_full()) break;
    if (candidate.state == State::failed || !foremost.include(candidate)) continue;
    const bool given_up = candidate.state == State::slow && candidate.asked_times >= kMaxAsked;
    if (given_up && answer_count_ > 0) continue;
    if (candidate.state != State::answered) return false;
    if (counts(candidate)) foremost.count(candidate);
  }
  return true;
}

std::size_t Lookup::stored_count() const {
  return static_cast<std::size_t>(
      std::count_if(candidates_.begin(), candidates_.end(),
                    [](const Candidate& c) { return c.storing == Storing::stored; }));
}

bool Lookup::admits(const Contact& node) const {
  const Candidate newcomer{.contact = node, .fits = fits_well(node), .token = {}};
  const auto before = std::count_if(
      candidates_.begin(), candidates_.end(),
      [&](const Candidate& known) { return counts(known) && is_before(known, newcomer); });
  return static_cast<std::size_t>(before) < kBucketSize;
}

bool Lookup::is_before(const Candidate& a, const Candidate& b) const {
  if (a.fits != b.fits) return a.fits;
  return is_closer(a.contact.id, b.contact.id, target_);
}

bool Lookup::counts(const Candidate& candidate) const {
  return candidate.state == State::answered &&
         (needs_ == Needs::answer || !candidate.token.empty());
}

// May well answer yet. One that let its first second pass is not counted upon.
bool Lookup::is_awaited(const Candidate& candidate) {
  return candidate.state == State::fresh ||
         (candidate.state == State::asked && candidate.asked_times < kMaxAsked);
}

// Nobody who is awaited is closer than the eight closest that answered; or there are no more than
// eight altogether; or enough time was spent on nodes that may well be unreachable.
bool Lookup::is_sure_of_closest() const {
  if (has_slow_) return true;
  std::size_t alive = 0;
  for (const Candidate& candidate : candidates_) {
    const bool is_useless = candidate.state == State::answered && !counts(candidate);
    alive += candidate.state != State::failed && !is_useless ? 1 : 0;
  }
  if (alive <= kBucketSize) return true;
  Foremost foremost(subnet_mode_, breadth());
  for (const Candidate& candidate : candidates_) {
    if (foremost.is_full()) break;
    if (!foremost.include(candidate)) continue;
    if (is_awaited(candidate)) return false;
    if (counts(candidate)) foremost.count(candidate);
  }
  return true;
}

Lookup::Candidate* Lookup::find(const Endpoint& endpoint) {
  for (Candidate& candidate : candidates_) {
    if (candidate.contact.endpoint == endpoint) return &candidate;
  }
  return nullptr;
}

// Each path has its half of the room, so that it cannot be taken by what the other is told.
void Lookup::insert(Candidate candidate) {
  const Path path = candidate.path;
  const auto place = std::find_if(candidates_.begin(), candidates_.end(),
                                  [&](const Candidate& c) { return is_before(candidate, c); });
  candidates_.insert(place, std::move(candidate));
  const auto on_path = [path](const Candidate& c) { return c.path == path; };
  const auto count = std::count_if(candidates_.begin(), candidates_.end(), on_path);
  if (static_cast<std::size_t>(count) <= kMaxCandidates / kPaths) return;
  const auto last = std::find_if(candidates_.rbegin(), candidates_.rend(), on_path);
  candidates_.erase(std::prev(last.base()));
}

}  // namespace lanyard::dht
