// SPDX-License-Identifier: Apache-2.0
#include "cli/text.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace lanyard::cli {
namespace {

std::string decimal(double value, int digits) {
  std::array<char, 64> out{};
  std::snprintf(out.data(), out.size(), "%.*f", digits, value);
  return out.data();
}

// Code points, which is columns for the names that we allow.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string_view escape_of(Paint paint) {
  switch (paint) {
    case Paint::plain: return "";
    case Paint::strong: return "\033[1m";
    case Paint::faint: return "\033[2m";
    case Paint::good: return "\033[32m";
    case Paint::notice: return "\033[36m";
    case Paint::warning: return "\033[33m";
    case Paint::bad: return "\033[31m";
  }
  return "";
}

}  // namespace

std::string paint(std::string_view text, Paint paint, Colour colour) {
  if (colour == Colour::off || paint == Paint::plain || text.empty()) return std::string(text);
  return std::string(escape_of(paint)) + std::string(text) + "\033[0m";
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool c1 = c == 0xC2 && i + 1 < text.size() &&
                    static_cast<unsigned char>(text[i + 1]) < 0xA0;  // U+0080 to U+009F
    if (c < 0x20 || c == 0x7F || c1) {
      out += '?';
      if (c1) ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string format_rtt(double seconds) {
  const double milliseconds = seconds * 1000;
  if (milliseconds < 10) return decimal(milliseconds, 2) + " ms";
  if (milliseconds < 1000) return decimal(milliseconds, 1) + " ms";
  return decimal(seconds, 2) + " s";
}

std::string format_bytes(std::uint64_t bytes) {
  if (bytes < 1000) return std::to_string(bytes) + " B";
  double value = static_cast<double>(bytes);
  std::string_view unit = "B";
  for (const std::string_view larger : {"kB", "MB", "GB", "TB", "PB", "EB"}) {
    if (value < 999.95) break;
    value /= 1000;
    unit = larger;
  }
  return decimal(value, 1) + " " + std::string(unit);
}

std::string format_percent(double ratio) {
  const double percent = ratio * 100;
  const bool whole = percent == 0 || percent >= 9.95;
  return decimal(percent, whole ? 0 : 1) + " %";
}

std::string format_span(std::int64_t seconds) {
  constexpr std::int64_t kMinute = 60;
  constexpr std::int64_t kHour = 3600;
  constexpr std::int64_t kDay = 86'400;
  seconds = std::max<std::int64_t>(seconds, 0);
  const auto two = [](std::int64_t large, std::string_view unit, std::int64_t small,
                      std::string_view small_unit) {
    std::string out = std::to_string(large) + std::string(unit);
    if (small > 0) out += " " + std::to_string(small) + std::string(small_unit);
    return out;
  };
  if (seconds < kMinute) return std::to_string(seconds) + " s";
  if (seconds < kHour) return two(seconds / kMinute, " min", seconds % kMinute, " s");
  if (seconds < 2 * kDay) return two(seconds / kHour, " h", seconds % kHour / kMinute, " min");
  return two(seconds / kDay, " days", seconds % kDay / kHour, " h");
}

std::string format_time(UnixTime at) {
  namespace chrono = std::chrono;
  const chrono::sys_seconds time{chrono::seconds(at.seconds)};
  const auto day = chrono::floor<chrono::days>(time);
  const chrono::year_month_day date{day};
  const auto minutes = chrono::duration_cast<chrono::minutes>(time - day).count();
  std::array<char, 64> out{};
  std::snprintf(out.data(), out.size(), "%04d-%02u-%02u %02d:%02d UTC",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(minutes / 60),
                static_cast<int>(minutes % 60));
  return out.data();
}

std::string format_ago(std::int64_t unix_seconds, UnixTime now) {
  constexpr std::int64_t kNowSeconds = 5;  // about as fresh as a status can be
  if (unix_seconds == 0) return "never";
  const std::int64_t age = now.seconds - unix_seconds;
  if (age <= kNowSeconds) return "now";
  return format_span(age) + " ago";
}

std::string count_of(std::uint64_t count, std::string_view singular, std::string_view plural) {
  return std::to_string(count) + " " + std::string(count == 1 ? singular : plural);
}

std::string Table::render(std::string_view indent, Colour colour) const {
  std::vector<std::size_t> widths;
  for (const Column& column : columns_) widths.push_back(width(column.title));
  for (const Row& row : rows_) {
    for (std::size_t i = 0; i < row.cells.size() && i < widths.size(); ++i) {
      widths[i] = std::max(widths[i], width(row.cells[i].text));
    }
  }

  std::string out;
  const auto add_line = [&](const std::vector<Cell>& cells) {
    std::string line(indent);
    std::string gap;
    for (std::size_t i = 0; i < cells.size() && i < widths.size(); ++i) {
      const std::string blanks(widths[i] - width(cells[i].text), ' ');
      const bool right = columns_[i].align == Align::right;
      if (right) gap += blanks;
      if (!cells[i].text.empty()) {
        line += gap + paint(cells[i].text, cells[i].paint, colour);
        gap.clear();
      }
      if (!right) gap += blanks;
      gap += "  ";
    }
    out += line + "\n";
  };

  std::vector<Cell> titles;
  for (const Column& column : columns_) titles.push_back({column.title, Paint::faint});
  add_line(titles);
  for (const Row& row : rows_) {
    add_line(row.cells);
    if (row.remark.empty()) continue;
    out += std::string(indent) + std::string(widths[0] + 2, ' ') +
           paint(row.remark, Paint::faint, colour) + "\n";
  }
  return out;
}

}  // namespace lanyard::cli
