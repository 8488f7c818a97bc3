// SPDX-License-Identifier: Apache-2.0
#include "platform/log_output.h"

#include <string>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace lanyard::platform {
namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warning: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
  }
  return spdlog::level::err;
}

// Bytes above 0x7f stay: names may be UTF-8, and a terminal takes no orders from those.
std::string printable(std::string_view line) {
  std::string out(line);
  for (char& c : out) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) c = '?';
  }
  return out;
}

}  // namespace

LogOutput::LogOutput(LogLevel least)
    : least_(least),
      logger_(std::make_shared<spdlog::logger>("lanyard",
                                               std::make_shared<spdlog::sinks::stderr_sink_mt>())) {
  logger_->set_level(to_spdlog(least));
  logger_->set_pattern("%Y-%m-%dT%H:%M:%S.%e %l %v");
}

LogOutput::~LogOutput() = default;

void LogOutput::write(LogLevel level, std::string_view line) {
  logger_->log(to_spdlog(level), "{}", printable(line));
}

}  // namespace lanyard::platform
