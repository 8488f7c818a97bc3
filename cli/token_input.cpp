// SPDX-License-Identifier: Apache-2.0
#include "cli/token_input.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace lanyard::cli {
namespace {

constexpr std::string_view kPrefix = "lanyard1";
// Far more than a token of 250 characters however it is indented; a wrong file ends here.
constexpr std::size_t kMaxInputBytes = 16 * 1024;

constexpr const char* kHint = "paste the whole line that `lanyard invite` printed";

void append_without_spaces(std::string& token, std::string_view text) {
  for (const char c : text) {
    if (std::isspace(static_cast<unsigned char>(c)) == 0) token += c;
  }
}

Result<std::string> read_all(std::istream& in, const std::string& source) {
  std::string text;
  std::array<char, 4096> piece{};
  while (in.read(piece.data(), piece.size()) || in.gcount() > 0) {
    text.append(piece.data(), static_cast<std::size_t>(in.gcount()));
    if (text.size() > kMaxInputBytes) {
      return make_error(Errc::invalid, source + " is too long to be an invite", kHint);
    }
  }
  if (in.bad()) return make_error(Errc::failure, "cannot read " + source);
  return text;
}

bool is_readable_file(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  return !error && std::filesystem::exists(status) && !std::filesystem::is_directory(status);
}

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return make_error(Errc::permission, "cannot read the file " + path);
  return read_all(file, "the file " + path);
}

bool starts_like_a_token(std::string_view token) {
  if (token.size() < kPrefix.size()) return false;
  return std::equal(kPrefix.begin(), kPrefix.end(), token.begin(), [](char prefix, char c) {
    return prefix == std::tolower(static_cast<unsigned char>(c));
  });
}

}  // namespace

Result<std::string> gather_token(const std::vector<std::string>& words, std::istream& in) {
  std::string token;
  std::string source = "this";
  if (words.size() == 1 && words[0] == "-") {
    source = "standard input";
    const Result<std::string> text = read_all(in, source);
    if (!text) return text.error();
    append_without_spaces(token, *text);
  } else if (words.size() == 1 && is_readable_file(words[0])) {
    source = "the file " + words[0];
    const Result<std::string> text = read_file(words[0]);
    if (!text) return text.error();
    append_without_spaces(token, *text);
  } else {
    for (const std::string& word : words) append_without_spaces(token, word);
  }
  if (token.empty()) return make_error(Errc::invalid, source + " holds no invite", kHint);
  if (!starts_like_a_token(token)) {
    return make_error(Errc::invalid, source + " is no invite: an invite begins with LANYARD1",
                      kHint);
  }
  return token;
}

}  // namespace lanyard::cli
