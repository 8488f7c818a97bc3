// SPDX-License-Identifier: Apache-2.0
// The program `lanyard`: reads its words, carries the verb out, and exits with its status.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string_view>

#include "cli/command_line.h"
#include "cli/verbs/verbs.h"
#include "platform/terminal.h"

namespace lanyard::cli {
namespace {

// https://no-color.org: set and not empty means no colour.
Colour colour_of_output() {
  const char* no_colour = std::getenv("NO_COLOR");
  if (no_colour && *no_colour != '\0') return Colour::off;
  return platform::is_terminal(platform::StandardStream::output) ? Colour::on : Colour::off;
}

UnixTime wall_clock() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::seconds>(since_epoch).count()};
}

ExitCode run_words(std::vector<std::string> words) {
  // Known before the words are understood, for an error in them is told as asked, too.
  const bool wants_json = std::find(words.begin(), words.end(), "--json") != words.end();
  const auto parsed = parse_command_line(std::move(words));
  const auto* invocation = std::get_if<Invocation>(&parsed);
  SocketLink daemon(invocation ? invocation->socket_path : std::string());
  Context context{daemon,
                  std::cin,
                  std::cout,
                  std::cerr,
                  wants_json ? Output::json : Output::text,
                  colour_of_output(),
                  invocation ? invocation->network : std::string(),
                  wall_clock()};
  if (!invocation) return fail(context, std::get<Failure>(parsed));
  context.output = invocation->output;
  return std::visit([&context](const auto& command) { return run(command, context); },
                    invocation->command);
}

}  // namespace
}  // namespace lanyard::cli

int main(int argc, char** argv) {
  try {
    const lanyard::cli::ExitCode code =
        lanyard::cli::run_words(std::vector<std::string>(argv + std::min(argc, 1), argv + argc));
    if (std::cout.flush()) return static_cast<int>(code);
    // A token that did not reach its file must not look like one that did.
    std::cerr << "lanyard: the output cannot be written\n";
    return static_cast<int>(code == lanyard::cli::ExitCode::ok ? lanyard::cli::ExitCode::failure
                                                               : code);
  } catch (const std::exception& error) {
    std::cerr << "lanyard: cannot go on: " << error.what() << "\n";
    return static_cast<int>(lanyard::cli::ExitCode::failure);
  }
}
