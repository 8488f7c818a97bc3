// SPDX-License-Identifier: Apache-2.0
// Cuts a stream of bytes into lines, for both ends of the control socket. Holds at most one
// unfinished line of bounded length, whatever arrives.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace lanyard::control {

// Owned by one connection.
class LineBuffer {
 public:
  explicit LineBuffer(std::size_t max_line_bytes) : max_line_bytes_(max_line_bytes) {}

  // Takes what arrived; bytes are borrowed for the call. Call next_line() until it is empty after
  // every append, or the lines wait here. False once an unfinished line is longer than allowed:
  // the stream cannot be followed from there on, so close it.
  [[nodiscard]] bool append(std::string_view bytes);

  // The next whole line without its line feed (nor a carriage return before it).
  std::optional<std::string> next_line();

  // Bytes of the line that has not ended yet, and of whole lines not taken.
  std::size_t size() const { return buffer_.size() - start_; }

 private:
  std::size_t max_line_bytes_;
  std::string buffer_;
  std::size_t start_ = 0;       // of the first line not taken
  std::size_t scanned_ = 0;     // no line feed in [start_, scanned_)
  std::size_t unfinished_ = 0;  // bytes after the last line feed that arrived
};

}  // namespace lanyard::control
