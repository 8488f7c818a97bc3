// SPDX-License-Identifier: Apache-2.0
// What programs of the laboratory that are told what to do, line by line, have in common:
//
//   standard input    TAG NODE VERB WORD...    a request to one of the program's nodes
//   standard output   TAG WORD...              its answer, when it is done, in whatever order
//                     TAG ! WHY                or that it was not understood
//
// Bytes are hexadecimal, none "-". When standard input ends, so does the program.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"

namespace lanyard::lab {

struct Request {
  std::string tag;
  std::size_t node = 0;
  std::string verb;
  std::vector<std::string> words;

  // Empty when there is no such word.
  const std::string& word(std::size_t index) const;
  // Of a word that is not hexadecimal: nothing.
  Buffer bytes(std::size_t index) const;
};

class RequestReader {
 public:
  // Blocks unless standard input can be read. All requests that are complete; nothing at the end.
  std::optional<std::vector<Request>> read();

 private:
  std::string text_;
};

void answer(const std::string& tag, const std::vector<std::string>& words);
void refuse(const std::string& tag, std::string_view why);

std::string hexadecimal(Bytes bytes);

}  // namespace lanyard::lab
