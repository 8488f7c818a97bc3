// SPDX-License-Identifier: Apache-2.0
#include "core/network/name.h"

#include <algorithm>
#include <map>
#include <set>

namespace lanyard::network {

namespace {

// Of ASCII alone, whatever the locale.
bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_name_character(char c) { return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.'; }

bool is_name(std::string_view text, std::size_t longest) {
  return !text.empty() && text.size() <= longest && is_letter_or_digit(text.front()) &&
         std::all_of(text.begin(), text.end(), is_name_character);
}

Result<void> check(std::string_view text, std::size_t longest, std::string_view whose) {
  if (is_name(text, longest)) return {};
  return make_error(Errc::invalid, "this is no name for a " + std::string(whose),
                    "use 1 to " + std::to_string(longest) +
                        " letters, digits, '-', '_' or '.', beginning with a letter or digit");
}

std::string folded(std::string_view name) {
  std::string out(name);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace

bool is_network_name(std::string_view text) { return is_name(text, kMaxNetworkName); }
bool is_member_name(std::string_view text) { return is_name(text, kMaxMemberName); }

Result<void> check_network_name(std::string_view text) {
  return check(text, kMaxNetworkName, "network");
}

Result<void> check_member_name(std::string_view text) {
  return check(text, kMaxMemberName, "member");
}

std::string to_member_name(std::string_view host_name) {
  std::string out;
  for (const char c : host_name.substr(0, host_name.find('.'))) {
    const char kept = is_name_character(c) ? c : '-';
    if (!out.empty() || is_letter_or_digit(kept)) out += kept;
    if (out.size() == kMaxMemberName) break;
  }
  while (!out.empty() && !is_letter_or_digit(out.back())) out.pop_back();
  return out.empty() ? "node" : out;
}

std::vector<std::string> distinct_names(const std::vector<std::string>& wished) {
  std::vector<std::string> out;
  std::set<std::string> taken;
  std::map<std::string, std::size_t> next_number;  // of a wish: all lower ones are taken
  for (const std::string& wish : wished) {
    std::string name = wish;
    std::size_t& number = next_number.emplace(folded(wish), 2).first->second;
    while (!taken.insert(folded(name)).second) {
      const std::string suffix = "-" + std::to_string(number++);
      name = wish.substr(0, kMaxMemberName - suffix.size()) + suffix;
    }
    out.push_back(std::move(name));
  }
  return out;
}

}  // namespace lanyard::network
