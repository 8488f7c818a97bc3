// SPDX-License-Identifier: Apache-2.0
// The sentences that scenarios are told in. Each one fails the scenario when it does not come true.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/lab/topology.h"

namespace lanyard::lab {

// What a first contact, with sanitizers on a busy machine, may take at most.
constexpr Patience kContact{30'000};

void must_succeed(const Finished& finished);
// The exit code, and the words in what it said on standard error.
void must_fail(const Finished& finished, int exit_code, std::string_view words);
// After any progress, one sentence of what failed and why, perhaps a hint, and nothing else.
void must_be_one_clear_sentence(const Finished& finished);

void create(const Machine& machine, const std::string& network);
// The token.
std::string invite(const Machine& machine, const std::vector<std::string>& options = {});
void join(const Machine& machine, const std::string& token);

// Whether the machine's daemon says that it reaches the other now, or does so within patience.
bool sees(const Machine& machine,
          std::string_view network,
          std::string_view other,
          Patience patience = kContact);
// A ping of the system's own to the other's address in the network gets an answer within patience.
bool system_ping(const Machine& from,
                 const Machine& to,
                 std::string_view network,
                 Patience patience = kContact);
void all_must_reach_each_other(const std::vector<Machine*>& machines, std::string_view network);

double median(std::vector<double> values);

}  // namespace lanyard::lab
