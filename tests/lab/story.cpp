// SPDX-License-Identifier: Apache-2.0
#include "tests/lab/story.h"

#include <algorithm>
#include <sstream>

#include <doctest/doctest.h>

namespace lanyard::lab {

void must_succeed(const Finished& finished) {
  REQUIRE_MESSAGE(finished.exit_code == 0, finished.description);
}

void must_fail(const Finished& finished, int exit_code, std::string_view words) {
  CHECK_MESSAGE(finished.exit_code == exit_code, finished.description);
  CHECK_MESSAGE(finished.err.find(words) != std::string::npos, "\"", std::string(words),
                "\" is not in: ", finished.description);
}

void must_be_one_clear_sentence(const Finished& finished) {
  std::istringstream lines(finished.err);
  int sentences = 0;
  int others = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("lanyard: ")) {
      ++sentences;
    } else if (sentences > 0 && !line.starts_with("hint: ")) {
      ++others;
    }
  }
  CHECK_MESSAGE(sentences == 1, finished.description);
  CHECK_MESSAGE(others == 0, finished.description);
}

void create(const Machine& machine, const std::string& network) {
  must_succeed(machine.lanyard({"up", "--new", network}));
}

std::string invite(const Machine& machine, const std::vector<std::string>& options) {
  std::vector<std::string> verb{"invite"};
  verb.insert(verb.end(), options.begin(), options.end());
  const Finished finished = machine.lanyard(verb);
  must_succeed(finished);
  // The token alone, so that it can be piped on.
  REQUIRE_MESSAGE(finished.out.find('\n') == finished.out.size() - 1, finished.description);
  return finished.out.substr(0, finished.out.size() - 1);
}

void join(const Machine& machine, const std::string& token) {
  must_succeed(machine.lanyard({"join", token}, {}, Patience{60'000}));
}

bool sees(const Machine& machine,
          std::string_view network,
          std::string_view other,
          Patience patience) {
  return wait_until(patience, [&] {
    const auto member = machine.member(network, other);
    return member && member->online;
  });
}

bool system_ping(const Machine& from,
                 const Machine& to,
                 std::string_view network,
                 Patience patience) {
  const std::string address = to.address_in(network);
  if (address.empty()) return false;
  return wait_until(patience, [&] {
    return from.run({"ping", "-n", "-c", "1", "-W", "1", address}).exit_code == 0;
  });
}

void all_must_reach_each_other(const std::vector<Machine*>& machines, std::string_view network) {
  for (const Machine* from : machines) {
    for (const Machine* to : machines) {
      if (from == to) continue;
      CHECK_MESSAGE(system_ping(*from, *to, network), from->name(), " does not reach ", to->name());
    }
  }
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

}  // namespace lanyard::lab
