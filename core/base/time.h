// SPDX-License-Identifier: Apache-2.0
// Time as the core sees it: always an argument, never read. Instant is monotonic and means nothing
// outside the process; UnixTime is the calendar's and decides expiry and DHT epochs alone.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>

namespace lanyard {

struct Duration {
  std::int64_t nanoseconds = 0;

  constexpr auto operator<=>(const Duration&) const = default;
  constexpr std::int64_t milliseconds() const { return nanoseconds / 1'000'000; }
  constexpr std::int64_t seconds() const { return nanoseconds / 1'000'000'000; }
};

constexpr Duration nanoseconds(std::int64_t n) { return {n}; }
constexpr Duration microseconds(std::int64_t n) { return {n * 1'000}; }
constexpr Duration milliseconds(std::int64_t n) { return {n * 1'000'000}; }
constexpr Duration seconds(std::int64_t n) { return {n * 1'000'000'000}; }
constexpr Duration minutes(std::int64_t n) { return seconds(n * 60); }
constexpr Duration hours(std::int64_t n) { return minutes(n * 60); }

constexpr Duration operator+(Duration a, Duration b) { return {a.nanoseconds + b.nanoseconds}; }
constexpr Duration operator-(Duration a, Duration b) { return {a.nanoseconds - b.nanoseconds}; }
constexpr Duration operator*(Duration a, std::int64_t n) { return {a.nanoseconds * n}; }
constexpr Duration operator/(Duration a, std::int64_t n) { return {a.nanoseconds / n}; }

// Nanoseconds on a monotonic clock whose zero is arbitrary.
struct Instant {
  std::int64_t nanoseconds = 0;

  constexpr auto operator<=>(const Instant&) const = default;
  // Later than every other instant: "no deadline".
  static constexpr Instant never() { return {std::numeric_limits<std::int64_t>::max()}; }
  // Earlier than every other instant: "has not happened".
  static constexpr Instant long_ago() { return {std::numeric_limits<std::int64_t>::min() / 2}; }
};

constexpr Instant operator+(Instant at, Duration d) {
  return at == Instant::never() ? at : Instant{at.nanoseconds + d.nanoseconds};
}
constexpr Instant operator-(Instant at, Duration d) { return {at.nanoseconds - d.nanoseconds}; }
constexpr Duration operator-(Instant a, Instant b) { return {a.nanoseconds - b.nanoseconds}; }
constexpr Instant earlier(Instant a, Instant b) { return a < b ? a : b; }

// Seconds since 1970-01-01 UTC.
struct UnixTime {
  std::int64_t seconds = 0;

  constexpr auto operator<=>(const UnixTime&) const = default;
};

}  // namespace lanyard
