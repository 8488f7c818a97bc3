// SPDX-License-Identifier: Apache-2.0
#include "core/dht/budgets.h"

#include <algorithm>

#include "core/dht/krpc.h"

namespace lanyard::dht {

namespace {

constexpr std::uint8_t kSilencesOfGone = 3;
constexpr Duration kFirstBackOff = minutes(1);
constexpr std::uint8_t kMostBackOffs = 4;  // doubled so often: 16 min, by when others know too
// The table is gone through when it has grown to this, and then to twice what it is.
constexpr std::size_t kFewDestinations = 64;

}  // namespace

QueryBudget::QueryBudget(const Limits& limits)
    : total_rate_{limits.query_burst, limits.query_interval},
      address_rate_{limits.query_burst_per_address, limits.query_interval_per_address},
      new_rate_{limits.destinations,
                limits.destination_window / static_cast<std::int64_t>(limits.destinations)},
      window_(limits.destination_window),
      forget_at_size_(kFewDestinations) {}

Instant QueryBudget::allowed_at(const IpAddress& to) const {
  const Instant in_total = total_.allowed_at(total_rate_);
  const auto known = destinations_.find(to);
  return std::max(in_total, known == destinations_.end()
                                ? new_destinations_.allowed_at(new_rate_)
                                : known->second.rate.allowed_at(address_rate_));
}

void QueryBudget::spend(Instant now, const IpAddress& to) {
  total_.spend(now, total_rate_);
  const auto [it, is_new] = destinations_.try_emplace(to);
  it->second.rate.spend(now, address_rate_);
  it->second.asked_at = now;
  if (!is_new) return;
  new_destinations_.spend(now, new_rate_);
  if (destinations_.size() >= forget_at_size_) forget_old(now);
}

void QueryBudget::note_contact(Instant now, const IpAddress& to) {
  destinations_[to].asked_at = now;
  if (destinations_.size() >= forget_at_size_) forget_old(now);
}

void QueryBudget::note_answer(const IpAddress& from) {
  const auto it = destinations_.find(from);
  if (it == destinations_.end()) return;
  it->second.silences = 0;
  it->second.given_up_until = Instant::long_ago();
}

void QueryBudget::note_silence(Instant now, const IpAddress& to) {
  const auto it = destinations_.find(to);
  if (it == destinations_.end()) return;
  Destination& destination = it->second;
  if (destination.silences < kSilencesOfGone + kMostBackOffs) ++destination.silences;
  if (destination.silences < kSilencesOfGone) return;
  destination.given_up_until =
      now + kFirstBackOff * (std::int64_t{1} << (destination.silences - kSilencesOfGone));
}

bool QueryBudget::is_given_up(Instant now, const IpAddress& to) const {
  const auto it = destinations_.find(to);
  return it != destinations_.end() && now < it->second.given_up_until;
}

void QueryBudget::forget_old(Instant now) {
  std::erase_if(destinations_, [&](const auto& entry) {
    const Destination& destination = entry.second;
    return destination.asked_at + window_ <= now && destination.rate.full_at() <= now &&
           destination.given_up_until <= now;
  });
  forget_at_size_ = std::max(kFewDestinations, destinations_.size() * 2);
}

AnswerBudget::AnswerBudget(const Limits& limits)
    : total_rate_{limits.answer_burst_bytes,
                  seconds(1) / static_cast<std::int64_t>(limits.answer_bytes_per_second)},
      per_address_({limits.answer_burst_per_address, limits.answer_interval_per_address}) {}

std::optional<Drop> AnswerBudget::refusal(Instant now, const IpAddress& from) const {
  if (!per_address_.allows(now, from)) return Drop::source_limit;
  if (total_.allowed_at(total_rate_, kMaxSentBytes) > now) return Drop::total_limit;
  return std::nullopt;
}

void AnswerBudget::spend(Instant now, const IpAddress& to, std::size_t bytes) {
  per_address_.spend(now, to);
  total_.spend(now, total_rate_, bytes);
}

}  // namespace lanyard::dht
