// SPDX-License-Identifier: Apache-2.0
// Where the core says what happened, for people. Lines never hold a secret (keys, tokens, network
// secrets) and are never written per packet. What writes them out, and when, is the owner's matter.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lanyard {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

class LogSink {
 public:
  LogSink() = default;
  LogSink(const LogSink&) = delete;
  LogSink& operator=(const LogSink&) = delete;
  virtual ~LogSink() = default;

  virtual bool wants(LogLevel level) const = 0;
  // line is borrowed for the call.
  virtual void write(LogLevel level, std::string_view line) = 0;
};

// Drops everything: for tests and for parts that were given no sink.
class NullLogSink final : public LogSink {
 public:
  bool wants(LogLevel) const override { return false; }
  void write(LogLevel, std::string_view) override {}
};

// log(sink, LogLevel::info, "joined ", name, " after ", n, " ms"): pieces are text or integers.
namespace detail {
inline void add_piece(std::string& out, std::string_view piece) { out += piece; }
inline void add_piece(std::string& out, const char* piece) { out += piece; }
inline void add_piece(std::string& out, const std::string& piece) { out += piece; }
template <typename Integer>
void add_piece(std::string& out, Integer piece) {
  out += std::to_string(piece);
}
}  // namespace detail

template <typename... Pieces>
void log(LogSink& sink, LogLevel level, const Pieces&... pieces) {
  if (!sink.wants(level)) return;
  std::string line;
  (detail::add_piece(line, pieces), ...);
  sink.write(level, line);
}

}  // namespace lanyard
