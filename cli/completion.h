// SPDX-License-Identifier: Apache-2.0
// A shell's completion script, made from the verbs and options that the program really has.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace lanyard::cli {

std::string bash_completion(const CLI::App& app);

}  // namespace lanyard::cli
