// SPDX-License-Identifier: Apache-2.0
// Runs part of a test in an empty network of its own, where it may make and configure interfaces.
#pragma once

#include <functional>
#include <string>

namespace lanyard::platform {

// body runs on a thread of its own, in a new network namespace and mount namespace that end with
// it. Without root, or where TAP devices are missing, it is skipped with a message.
void in_network_namespace(const std::function<void()>& body);

// Runs a command of the shell, which must succeed; within body, in its namespaces.
void shell(const std::string& command);
// The same; what it prints.
std::string output_of(const std::string& command);

}  // namespace lanyard::platform
