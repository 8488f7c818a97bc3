// SPDX-License-Identifier: Apache-2.0
// A table of deadlines indexed by an enum: the timers of one state machine. Its owner asks for the
// earliest and calls back in when it has come; there are no timer objects and no callbacks.
#pragma once

#include <array>
#include <cstddef>

#include "core/base/time.h"

namespace lanyard {

// Timer is an enum class whose last enumerator is count_ (the number of timers, not one of them).
template <typename Timer>
class Deadlines {
 public:
  Deadlines() { at_.fill(Instant::never()); }

  void set(Timer timer, Instant at) { at_[index(timer)] = at; }
  void set_if_earlier(Timer timer, Instant at) { set(timer, earlier(get(timer), at)); }
  void clear(Timer timer) { set(timer, Instant::never()); }
  Instant get(Timer timer) const { return at_[index(timer)]; }
  bool is_set(Timer timer) const { return get(timer) != Instant::never(); }

  // True once for each time that a deadline has come: it is cleared by the asking.
  bool take_expired(Timer timer, Instant now) {
    if (get(timer) > now) return false;
    clear(timer);
    return true;
  }

  Instant next() const {
    Instant first = Instant::never();
    for (const Instant at : at_) first = earlier(first, at);
    return first;
  }

 private:
  static constexpr std::size_t index(Timer timer) { return static_cast<std::size_t>(timer); }

  std::array<Instant, static_cast<std::size_t>(Timer::count_)> at_;
};

}  // namespace lanyard
