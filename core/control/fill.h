// SPDX-License-Identifier: Apache-2.0
// Words with places to be filled in, as the tables of findings and path reasons have them.
// Private to this room.
#pragma once

#include <cassert>
#include <string>
#include <string_view>
#include <vector>

namespace lanyard::control {

// "{0}" to "{9}" become the values; there are as many as the words ask for.
inline std::string fill(std::string_view words, const std::vector<std::string>& values) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] != '{') {
      out += words[i];
      continue;
    }
    const auto which = static_cast<std::size_t>(words[i + 1] - '0');
    assert(which < values.size());
    out += values[which];
    i += 2;
  }
  return out;
}

}  // namespace lanyard::control
