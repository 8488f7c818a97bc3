// SPDX-License-Identifier: Apache-2.0
// Numbers, times and tables as people read them. Pure functions: what is printed where is decided
// by the verbs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.h"

namespace lanyard::cli {

enum class Colour : std::uint8_t { off, on };
enum class Paint : std::uint8_t { plain, strong, faint, good, notice, warning, bad };

// ANSI escapes around the text, or the text alone.
std::string paint(std::string_view text, Paint paint, Colour colour);

// Control characters become '?': a name that another machine chose must not drive the terminal.
std::string printable(std::string_view text);

std::string format_rtt(double seconds);         // "0.64 ms", "23.4 ms", "1.20 s"
std::string format_bytes(std::uint64_t bytes);  // "512 B", "12.4 MB"
std::string format_percent(double ratio);       // "0 %", "0.4 %", "23 %"
std::string format_span(std::int64_t seconds);  // "45 s", "3 h 12 min", "2 days"
std::string format_time(UnixTime at);           // "2026-11-26 01:00 UTC"
// "now" within a few seconds, "3 h ago", "never" for 0.
std::string format_ago(std::int64_t unix_seconds, UnixTime now);
// "1 machine", "20 machines"
std::string count_of(std::uint64_t count, std::string_view singular, std::string_view plural);

enum class Align : std::uint8_t { left, right };

// Columns as wide as their widest cell, two spaces apart, no trailing blanks.
class Table {
 public:
  struct Column {
    std::string title;
    Align align = Align::left;
  };
  struct Cell {
    std::string text;
    Paint paint = Paint::plain;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // As many cells as there are columns, or fewer.
  void add_row(std::vector<Cell> cells) { rows_.push_back({std::move(cells), {}}); }
  // A line of its own under the last row, which widens no column.
  void add_remark(std::string text) { rows_.back().remark = std::move(text); }
  bool empty() const { return rows_.empty(); }

  // indent goes before every line.
  std::string render(std::string_view indent, Colour colour) const;

 private:
  struct Row {
    std::vector<Cell> cells;
    std::string remark;
  };

  std::vector<Column> columns_;
  std::vector<Row> rows_;
};

}  // namespace lanyard::cli
