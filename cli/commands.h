// SPDX-License-Identifier: Apache-2.0
// What a command line can ask for: one struct for each verb, filled by command_line.h and carried
// out by the function of the same verb in cli/verbs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "platform/daemon.h"

namespace lanyard::cli {

struct DaemonCommand {
  platform::DaemonOptions options;
};

struct UpCommand {
  std::optional<std::string> new_name;  // makes a network
  std::optional<std::string> subnet;
  std::optional<std::string> address;
  std::optional<std::string> interface;
  std::optional<std::uint32_t> mtu;
  std::optional<std::string> member_name;
};

struct DownCommand {};
struct LeaveCommand {};

struct InviteCommand {
  std::int64_t expires_seconds = 24 * 3600;
  std::uint32_t uses = 1;
  std::optional<std::string> member_name;
  std::optional<std::string> address;
};

struct InvitesCommand {
  std::optional<std::string> revoke;
};

struct JoinCommand {
  std::vector<std::string> words;  // the token in one or more pieces, "-", or a file's path
  std::optional<std::string> member_name;
  std::optional<std::string> interface;
  std::int64_t patience_seconds = 0;
};

struct StatusCommand {};
struct PeersCommand {};
struct MembersCommand {};

struct PingCommand {
  std::string peer;
  std::uint32_t count = 4;
  std::uint32_t interval_milliseconds = 1000;
  std::uint32_t timeout_milliseconds = 2000;
};

struct WhyCommand {
  std::string peer;
};

struct VersionCommand {};
struct DoctorCommand {};
struct NetcheckCommand {};

// Prints `text`: help, or the completion script of a shell.
struct PrintCommand {
  std::string text;
};

using Command = std::variant<DaemonCommand,
                             UpCommand,
                             DownCommand,
                             LeaveCommand,
                             InviteCommand,
                             InvitesCommand,
                             JoinCommand,
                             StatusCommand,
                             PeersCommand,
                             MembersCommand,
                             PingCommand,
                             WhyCommand,
                             VersionCommand,
                             DoctorCommand,
                             NetcheckCommand,
                             PrintCommand>;

enum class Output : std::uint8_t { text, json };

struct Invocation {
  std::string socket_path;
  std::string network;  // empty: the only one
  Output output = Output::text;
  Command command;
};

}  // namespace lanyard::cli
