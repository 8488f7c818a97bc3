// SPDX-License-Identifier: Apache-2.0
// A program beside the test that is told what to do line by line (line_service.h), and answers in
// whatever order it is done.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "tests/lab/process.h"

namespace lanyard::lab {

using Words = std::vector<std::string>;

class Dialogue {
 public:
  // What the program says on standard error is the test's.
  Dialogue(const Surroundings& surroundings, const std::vector<std::string>& arguments);
  Dialogue(const Dialogue&) = delete;
  Dialogue& operator=(const Dialogue&) = delete;
  ~Dialogue();  // the program ends

  enum class Ticket : std::size_t {};
  // A request to one of the program's nodes: the verb and its words.
  Ticket ask(std::size_t node, const std::string& request);
  // The words of its answer; throws when there is none in time, or it is a refusal.
  Words answer(Ticket ticket, Patience patience = kPatience);
  // Both.
  Words told(std::size_t node, const std::string& request, Patience patience = kPatience) {
    return answer(ask(node, request), patience);
  }

  const Process& process() const { return process_; }

 private:
  // Longer than a lookup that nobody answers takes.
  static constexpr Patience kPatience{45'000};

  void read_some(const Deadline& deadline);

  int socket_ = -1;
  Process process_;
  std::size_t asked_ = 0;
  std::map<std::size_t, std::string> requests_;  // that are not answered yet
  std::map<std::size_t, Words> answers_;         // that nobody has taken yet
  std::string text_;
};

}  // namespace lanyard::lab
