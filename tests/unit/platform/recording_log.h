// SPDX-License-Identifier: Apache-2.0
// Keeps what was logged, for tests to look at. One thread.
#pragma once

#include <string>
#include <vector>

#include "core/base/log.h"

namespace lanyard::platform {

class RecordingLog final : public LogSink {
 public:
  bool wants(LogLevel) const override { return true; }
  void write(LogLevel, std::string_view line) override { lines.emplace_back(line); }

  bool has(std::string_view part) const {
    for (const std::string& line : lines) {
      if (line.find(part) != std::string::npos) return true;
    }
    return false;
  }

  std::vector<std::string> lines;
};

}  // namespace lanyard::platform
