// SPDX-License-Identifier: Apache-2.0
// The verbs, one function each, in the file of its name or of its kind. Each prints what it has to
// say and returns the program's exit status.
#pragma once

#include "cli/commands.h"
#include "cli/verbs/context.h"

namespace lanyard::cli {

ExitCode run(const DaemonCommand& command, Context& context);
ExitCode run(const UpCommand& command, Context& context);
ExitCode run(const DownCommand& command, Context& context);
ExitCode run(const LeaveCommand& command, Context& context);
ExitCode run(const InviteCommand& command, Context& context);
ExitCode run(const InvitesCommand& command, Context& context);
ExitCode run(const JoinCommand& command, Context& context);
ExitCode run(const StatusCommand& command, Context& context);
ExitCode run(const PeersCommand& command, Context& context);
ExitCode run(const MembersCommand& command, Context& context);
ExitCode run(const PingCommand& command, Context& context);
ExitCode run(const WhyCommand& command, Context& context);
ExitCode run(const VersionCommand& command, Context& context);
ExitCode run(const DoctorCommand& command, Context& context);
ExitCode run(const NetcheckCommand& command, Context& context);
ExitCode run(const PrintCommand& command, Context& context);

}  // namespace lanyard::cli
