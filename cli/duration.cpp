// SPDX-License-Identifier: Apache-2.0
#include "cli/duration.h"

#include <array>
#include <charconv>
#include <string>

namespace lanyard::cli {
namespace {

struct Unit {
  char letter;
  std::int64_t seconds;
};

constexpr std::array<Unit, 5> kUnits{
    {{'w', 7 * 86'400}, {'d', 86'400}, {'h', 3'600}, {'m', 60}, {'s', 1}}};
constexpr std::int64_t kLongestSeconds = std::int64_t{10} * 365 * 86'400;
constexpr std::uint32_t kLongestMilliseconds = 3'600'000;

Error not_a_duration(std::string_view text, std::string_view why) {
  return make_error(Errc::invalid,
                    "\"" + std::string(text) + "\" is no duration: " + std::string(why),
                    "write it like 30m, 24h, 7d or 1h30m");
}

const Unit* find_unit(char letter) {
  for (const Unit& unit : kUnits) {
    if (unit.letter == letter) return &unit;
  }
  return nullptr;
}

// Takes the digits at the front; nothing when there are none or they are too many.
bool take_number(std::string_view& text, std::int64_t& number) {
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  if (text.empty() || text.front() < '0' || text.front() > '9') return false;
  const auto [after, error] = std::from_chars(begin, end, number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(after - begin));
  return true;
}

}  // namespace

Result<std::int64_t> parse_duration(std::string_view text) {
  std::string_view rest = text;
  std::int64_t total = 0;
  std::int64_t smaller_than = kLongestSeconds;
  if (rest.empty()) return not_a_duration(text, "it is empty");
  while (!rest.empty()) {
    std::int64_t number = 0;
    if (!take_number(rest, number)) return not_a_duration(text, "a whole number is expected");
    if (rest.empty()) return not_a_duration(text, "the unit is missing");
    const Unit* unit = find_unit(rest.front());
    if (!unit) return not_a_duration(text, "the units are s, m, h, d and w");
    if (unit->seconds >= smaller_than) return not_a_duration(text, "larger units come first");
    if (number > kLongestSeconds / unit->seconds) return not_a_duration(text, "it is too long");
    smaller_than = unit->seconds;
    total += number * unit->seconds;
    rest.remove_prefix(1);
  }
  if (total == 0) return not_a_duration(text, "it lasts no time at all");
  if (total > kLongestSeconds) return not_a_duration(text, "it is too long");
  return total;
}

Result<std::uint32_t> parse_decimal_seconds(std::string_view text) {
  const auto refuse = [text] {
    return make_error(Errc::invalid,
                      "\"" + std::string(text) + "\" is no count of seconds up to 3600",
                      "write it like 1 or 0.2");
  };
  std::string_view rest = text;
  std::int64_t whole = 0;
  if (!take_number(rest, whole) || whole > kLongestMilliseconds / 1000) return refuse();
  std::uint32_t milliseconds = static_cast<std::uint32_t>(whole) * 1000;
  if (!rest.empty()) {
    if (rest.front() != '.' || rest.size() < 2 || rest.size() > 4) return refuse();
    std::uint32_t place = 100;
    for (const char digit : rest.substr(1)) {
      if (digit < '0' || digit > '9') return refuse();
      milliseconds += static_cast<std::uint32_t>(digit - '0') * place;
      place /= 10;
    }
  }
  if (milliseconds > kLongestMilliseconds) return refuse();
  return milliseconds;
}

}  // namespace lanyard::cli
