// SPDX-License-Identifier: Apache-2.0
#include "cli/token_input.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>

namespace lanyard::cli {
namespace {

Result<std::string> gather(const std::vector<std::string>& words, const std::string& input = "") {
  std::istringstream in(input);
  return gather_token(words, in);
}

TEST_CASE("a token from arguments, in one piece or in several") {
  CHECK(*gather({"LANYARD1QPZ"}) == "LANYARD1QPZ");
  CHECK(*gather({"lanyard1", "QPz", "\n RY "}) == "lanyard1QPzRY");
  CHECK(*gather({"  LANYARD1Q\r\n\tPZ\n"}) == "LANYARD1QPZ");
}

TEST_CASE("a token from standard input, wrapped and indented") {
  CHECK(*gather({"-"}, "  LANYARD1QQ\n  PPZZ\r\n\n") == "LANYARD1QQPPZZ");
}

TEST_CASE("a token from a file") {
  const auto path = std::filesystem::temp_directory_path() / "lanyard-token-input-test.txt";
  std::ofstream(path) << "LANYARD1QQ\nPP\n";
  CHECK(*gather({path.string()}) == "LANYARD1QQPP");
  std::ofstream(path) << "";
  CHECK(!gather({path.string()}).has_value());
  std::ofstream(path) << std::string(100'000, 'L');
  CHECK(gather({path.string()}).error().message.find("too long") != std::string::npos);
  std::filesystem::remove(path);
}

TEST_CASE("what is no invite says so, and never repeats what was typed") {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"hunter2-secret"},
        {"LANYARD"},
        {""},
        {" \n "},
        {"secret", "words"},
        {std::filesystem::temp_directory_path().string()}}) {
    const auto token = gather(words);
    REQUIRE(!token.has_value());
    CHECK(token.error().code == Errc::invalid);
    CHECK(token.error().message.find("secret") == std::string::npos);
    CHECK(!token.error().hint.empty());
  }
  CHECK(!gather({"-"}, "").has_value());
  CHECK(!gather({"-"}, std::string(1'000'000, 'L')).has_value());
}

}  // namespace
}  // namespace lanyard::cli
