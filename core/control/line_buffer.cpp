// SPDX-License-Identifier: Apache-2.0
#include "core/control/line_buffer.h"

namespace lanyard::control {

bool LineBuffer::append(std::string_view bytes) {
  if (start_ > 0) {
    buffer_.erase(0, start_);
    scanned_ -= start_;
    start_ = 0;
  }
  buffer_.append(bytes);
  const std::size_t last_end = bytes.rfind('\n');
  unfinished_ =
      last_end == std::string_view::npos ? unfinished_ + bytes.size() : bytes.size() - last_end - 1;
  return unfinished_ <= max_line_bytes_;
}

std::optional<std::string> LineBuffer::next_line() {
  const std::size_t end = buffer_.find('\n', scanned_);
  if (end == std::string::npos) {
    scanned_ = buffer_.size();
    return std::nullopt;
  }
  std::string line = buffer_.substr(start_, end - start_);
  if (!line.empty() && line.back() == '\r') line.pop_back();
  start_ = end + 1;
  scanned_ = start_;
  return line;
}

}  // namespace lanyard::control
