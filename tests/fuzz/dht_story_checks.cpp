// SPDX-License-Identifier: Apache-2.0
// What has to hold for all that a Dht sends and tells, whatever it has heard.
#include <utility>
#include <variant>

#include "tests/fuzz/dht_story.h"

namespace lanyard::fuzz {
namespace {

using namespace lanyard::dht;

constexpr std::size_t kMaxAsked = 512;
// A datagram that needs no fragments anywhere; longer than KRPC's usual 1024 for the sake of items.
constexpr std::size_t kMostBytes = 1400;
constexpr std::size_t kMostAmplification = 3;
// All that one input may make a node send: the burst of its queries, and what it answers.
constexpr std::size_t kMostAtOnce = 128;

}  // namespace

void DhtStory::settle() {
  check(out_.size() <= kMostAtOnce, "too much is sent at once");
  for (const Datagram& datagram : out_) check_sent(datagram);
  out_.clear();
  for (const Event& event : events_) note(event);
  events_.clear();
}

void DhtStory::check_sent(const Datagram& datagram) {
  check(datagram.payload.size() <= kMostBytes, "a datagram is too long");
  check(datagram.to.is_usable(), "a datagram goes nowhere");
  const auto message = parse_message(datagram.payload);
  check(message.has_value(), "what is sent is no message");
  if (!message) return;
  if (const auto* query = std::get_if<Query>(&*message)) {
    check(!query->fault, "a query of ours is faulty");
    if (asked_.size() == kMaxAsked) asked_.erase(asked_.begin());
    asked_.push_back({datagram.to, to_buffer(query->transaction), query->method});
    return;
  }
  check(from_ == datagram.to, "an answer goes to who did not ask");
  if (const auto* answer = std::get_if<Answer>(&*message)) check_answer(datagram, *answer);
}

// To an address that may be forged no more is sent than three times what came from there, beside
// nodes; but for stored items, of which there are few.
void DhtStory::check_answer(const Datagram& datagram, const Answer& answer) {
  token_ = to_buffer(answer.token);
  if (proven_.contains(datagram.to) || !answer.item.value.empty()) return;
  Answer bare = answer;
  bare.nodes.reset();
  bare.nodes6.reset();
  check(encode(bare).size() <= kMostAmplification * heard_bytes_, "an answer amplifies");
}

void DhtStory::note(const Event& event) {
  if (const auto* done = std::get_if<LookupDone>(&event)) {
    check(wanted_.contains(done->lookup), "an end of what was given up");
    wanted_.erase(done->lookup);
  } else if (const auto* item_done = std::get_if<ItemDone>(&event)) {
    wanted_.erase(item_done->lookup);  // unless it is one of those that are kept
  } else if (const auto* found = std::get_if<ItemFound>(&event)) {
    const auto* item = std::get_if<MutableItem>(&found->item);
    check(item == nullptr || is_genuine(*item), "a forged item is believed");
    check(target_of(found->item) == found->target, "an item is found elsewhere");
  } else if (const auto* peers = std::get_if<PeersFound>(&event)) {
    check(!peers->peers.empty(), "no peers are found");
  }
}

void DhtStory::check(bool holds, const char* what) {
  if (!holds && fault_.empty()) fault_ = what;
}

}  // namespace lanyard::fuzz
