// SPDX-License-Identifier: Apache-2.0
#include "tests/lab/line_service.h"

#include <array>
#include <cstdlib>
#include <sstream>

#include <unistd.h>

namespace lanyard::lab {
namespace {

void write_line(const std::string& line) {
  // Who asks for so much that a pipe is full reads on.
  for (std::size_t at = 0; at < line.size();) {
    const ssize_t n = write(STDOUT_FILENO, line.data() + at, line.size() - at);
    if (n <= 0) std::exit(1);
    at += static_cast<std::size_t>(n);
  }
}

Request parse(const std::string& line) {
  std::istringstream words(line);
  Request request;
  words >> request.tag >> request.node >> request.verb;
  for (std::string word; words >> word;) request.words.push_back(word);
  return request;
}

}  // namespace

const std::string& Request::word(std::size_t index) const {
  static const std::string none;
  return index < words.size() ? words[index] : none;
}

Buffer Request::bytes(std::size_t index) const { return from_hex(word(index)).value_or(Buffer{}); }

std::optional<std::vector<Request>> RequestReader::read() {
  std::array<char, 4096> chunk{};
  const ssize_t n = ::read(STDIN_FILENO, chunk.data(), chunk.size());
  if (n <= 0) return std::nullopt;
  text_.append(chunk.data(), static_cast<std::size_t>(n));
  std::vector<Request> requests;
  for (std::size_t end; (end = text_.find('\n')) != std::string::npos;) {
    requests.push_back(parse(text_.substr(0, end)));
    text_.erase(0, end + 1);
  }
  return requests;
}

void answer(const std::string& tag, const std::vector<std::string>& words) {
  std::string line = tag;
  for (const std::string& word : words) line += " " + word;
  write_line(line + "\n");
}

void refuse(const std::string& tag, std::string_view why) { answer(tag, {"!", std::string(why)}); }

std::string hexadecimal(Bytes bytes) { return bytes.empty() ? "-" : to_hex(bytes); }

}  // namespace lanyard::lab
