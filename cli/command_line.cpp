// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "cli/completion.h"
#include "cli/verb_options.h"

namespace lanyard::cli {
namespace {

constexpr const char* kFooter =
    "Exit status: 0 ok, 1 failure, 2 usage, 3 daemon not running, 4 permission denied,\n"
    "5 no such network or peer, 6 peer unreachable, 7 reachable by relay only, 8 degraded,\n"
    "124 timeout.\n"
    "\n"
    "First network:\n"
    "  sudo lanyard daemon &             on every machine\n"
    "  sudo lanyard up --new home        on the first one\n"
    "  sudo lanyard invite               prints a token\n"
    "  sudo lanyard join TOKEN           on the others";

// The verb that the words are about, for "lanyard VERB --help".
std::string help_command(const CLI::App& app) {
  std::string command = "lanyard";
  for (const CLI::App* verb : app.get_subcommands()) command += " " + verb->get_name();
  return command + " --help";
}

std::string lower_first(std::string text) {
  if (text.size() > 1 && std::islower(static_cast<unsigned char>(text[1])) != 0) {
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == '.')) text.pop_back();
  return text;
}

void declare_completion(CLI::App& app, Invocation& invocation) {
  CLI::App* verb = app.add_subcommand("completion", "Print a script that completes words");
  verb->footer("Example:\n  lanyard completion bash > /etc/bash_completion.d/lanyard");
  const auto print = [&app, &invocation](const std::string& shell) {
    if (shell != "bash") refuse("SHELL", "must be bash, not \"" + shell + "\"");
    invocation.command = PrintCommand{bash_completion(app)};
  };
  verb->add_option_function<std::string>("SHELL", print, "bash")->required()->type_name("");
}

void declare_all(CLI::App& app, Invocation& invocation) {
  app.name("lanyard");
  app.description("Private networks between machines that find each other by themselves.");
  app.footer(kFooter);
  app.require_subcommand(1);
  app.get_formatter()->column_width(40);
  app.get_formatter()->label("SUBCOMMAND", "VERB");
  add_common_options(app, invocation);
  declare_network_verbs(app, invocation);
  declare_invite_verbs(app, invocation);
  declare_looking_verbs(app, invocation);
  declare_daemon(app, invocation);
  declare_completion(app, invocation);
  for (CLI::App* verb : app.get_subcommands({})) verb->group("Verbs");
}

// The first word that can only be meant as a verb.
std::string first_verb(const std::vector<std::string>& words) {
  const auto found = std::find_if(words.begin(), words.end(),
                                  [](const std::string& word) { return !word.starts_with('-'); });
  return found == words.end() ? std::string() : *found;
}

Failure no_verb(const std::string& word) {
  if (word.empty()) return usage_failure("a verb is missing", "lanyard --help");
  return usage_failure("there is no verb \"" + redact(word) + "\"", "lanyard --help");
}

// CLI11 takes words last first.
std::vector<std::string> reversed(std::vector<std::string> words) {
  std::reverse(words.begin(), words.end());
  return words;
}

}  // namespace

std::variant<Invocation, Failure> parse_command_line(std::vector<std::string> words) {
  Invocation invocation;
  invocation.socket_path = platform::DaemonOptions().socket_path;
  CLI::App app;
  declare_all(app, invocation);
  const std::string verb = first_verb(words);
  try {
    app.parse(reversed(std::move(words)));
  } catch (const CLI::CallForHelp&) {
    // The help of the innermost verb that was named.
    const auto verbs = app.get_subcommands();
    const CLI::App& asked = verbs.empty() ? app : *verbs.back();
    invocation.command = PrintCommand{verbs.empty() ? app.help() : asked.help("lanyard")};
  } catch (const CLI::ParseError& error) {
    const bool needs_something = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
    if (needs_something && app.get_subcommands().empty()) return no_verb(verb);
    return usage_failure(redact(lower_first(error.what())), help_command(app));
  }
  return invocation;
}

std::string redact(std::string_view text) {
  constexpr std::string_view kPrefix = "lanyard1";
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t found = lower.find(kPrefix, at);
    if (found == std::string::npos) return out += text.substr(at);
    std::size_t end = found + kPrefix.size();
    out += text.substr(at, end - at);
    const std::size_t start = end;
    while (end < text.size() && std::isalnum(static_cast<unsigned char>(text[end])) != 0) ++end;
    if (end > start) out += "...";
    at = end;
  }
  return out;
}

}  // namespace lanyard::cli
