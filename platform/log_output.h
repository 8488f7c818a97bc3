// SPDX-License-Identifier: Apache-2.0
// The daemon's log lines: to standard error, where a service manager collects them.
#pragma once

#include <memory>

#include "core/base/log.h"

namespace spdlog {
class logger;
}

namespace lanyard::platform {

// Any thread. Control characters in a line are replaced, so that no peer's name can forge a line
// or talk to the terminal.
class LogOutput final : public LogSink {
 public:
  explicit LogOutput(LogLevel least);
  ~LogOutput() override;

  bool wants(LogLevel level) const override { return level >= least_; }
  void write(LogLevel level, std::string_view line) override;

 private:
  LogLevel least_;
  std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace lanyard::platform
