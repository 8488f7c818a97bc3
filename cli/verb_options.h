// SPDX-License-Identifier: Apache-2.0
// Declares the verbs and their options to CLI11. Only this header's users see CLI11, which is slow
// to compile.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/commands.h"

namespace lanyard::cli {

// Each adds one verb, or a few of a kind. When its words were parsed, the verb's callback sets
// invocation.command. Both arguments outlive the parsing.
void declare_daemon(CLI::App& app, Invocation& invocation);
void declare_network_verbs(CLI::App& app, Invocation& invocation);
void declare_invite_verbs(CLI::App& app, Invocation& invocation);
void declare_looking_verbs(CLI::App& app, Invocation& invocation);

// --socket, --network and --json.
void add_common_options(CLI::App& verb, Invocation& invocation);
void add_socket_option(CLI::App& verb, Invocation& invocation);
void add_json_option(CLI::App& verb, Invocation& invocation);
// [NETWORK], the same as --network.
void add_network_argument(CLI::App& verb, Invocation& invocation);

// Refuses the value of one option.
[[noreturn]] void refuse(const std::string& option, const std::string& why);

// An option that takes one of a few words.
template <typename T>
CLI::Option* add_choice(CLI::App& verb,
                        const std::string& option,
                        T& target,
                        const std::vector<std::pair<std::string, T>>& choices,
                        const std::string& help) {
  std::string words;
  for (const auto& [word, value] : choices) words += (words.empty() ? "" : "|") + word;
  const auto set = [option, words, choices, &target](const std::string& given) {
    for (const auto& [word, value] : choices) {
      if (word == given) {
        target = value;
        return;
      }
    }
    refuse(option, "must be one of " + words + ", not \"" + given + "\"");
  };
  return verb.add_option_function<std::string>(option, set, help)->type_name(words);
}

}  // namespace lanyard::cli
