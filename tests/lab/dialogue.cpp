// SPDX-License-Identifier: Apache-2.0
#include "tests/lab/dialogue.h"

#include <array>
#include <sstream>
#include <stdexcept>

#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>

namespace lanyard::lab {
namespace {

constexpr Patience kEndPatience{10'000};

}  // namespace

Dialogue::Dialogue(const Surroundings& surroundings, const std::vector<std::string>& arguments) {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw std::runtime_error("no pair of sockets");
  }
  socket_ = ends[0];
  process_ = Process(surroundings, arguments, ends[1], ends[1]);
  close(ends[1]);
}

Dialogue::~Dialogue() {
  close(socket_);
  try {
    // As where a sanitizer found something.
    CHECK(process_.wait(kEndPatience) == 0);
  } catch (const Interrupted&) {
    // No time for goodbyes: going, the process is killed.
  }
}

Dialogue::Ticket Dialogue::ask(std::size_t node, const std::string& request) {
  const std::size_t tag = ++asked_;
  const std::string line = std::to_string(tag) + " " + std::to_string(node) + " " + request + "\n";
  requests_[tag] = request;
  if (write(socket_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    throw std::runtime_error("nobody listens to: " + line);
  }
  return Ticket{tag};
}

Words Dialogue::answer(Ticket ticket, Patience patience) {
  const std::size_t tag = static_cast<std::size_t>(ticket);
  const Deadline deadline(patience);
  while (!answers_.contains(tag)) {
    if (deadline.passed()) throw std::runtime_error("no answer to: " + requests_[tag]);
    read_some(deadline);
  }
  Words words = std::move(answers_.extract(tag).mapped());
  const std::string request = std::move(requests_.extract(tag).mapped());
  if (!words.empty() && words[0] == "!") throw std::runtime_error("refused: " + request);
  return words;
}

void Dialogue::read_some(const Deadline& deadline) {
  if (!wait_for(socket_, Readiness::readable, deadline)) return;
  std::array<char, 4096> chunk{};
  const ssize_t n = read(socket_, chunk.data(), chunk.size());
  if (n <= 0) throw std::runtime_error("the program has ended");
  text_.append(chunk.data(), static_cast<std::size_t>(n));
  for (std::size_t end = 0; (end = text_.find('\n')) != std::string::npos;) {
    std::istringstream line(text_.substr(0, end));
    text_.erase(0, end + 1);
    std::size_t tag = 0;
    line >> tag;
    for (std::string word; line >> word;) answers_[tag].push_back(word);
    answers_.try_emplace(tag);
  }
}

}  // namespace lanyard::lab
