// SPDX-License-Identifier: Apache-2.0
// PathHistory: what became of the way to one member, for who asks why. The last few events alone;
// a plain value.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "core/base/time.h"

namespace lanyard::node {

class PathHistory {
 public:
  static constexpr std::size_t kMaxEvents = 16;

  struct Event {
    Instant at;
    std::string text;  // a sentence's worth, without its subject: the member
  };

  // The same again only moves the time of the last one.
  void add(Instant now, std::string text) {
    if (!events_.empty() && events_.back().text == text) events_.pop_back();
    if (events_.size() == kMaxEvents) events_.erase(events_.begin());
    events_.push_back({now, std::move(text)});
  }
  // The oldest first.
  const std::vector<Event>& events() const { return events_; }

 private:
  std::vector<Event> events_;
};

}  // namespace lanyard::node
