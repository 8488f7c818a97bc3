// SPDX-License-Identifier: Apache-2.0
#include "core/base/bech32m.h"

#include <cctype>

#include <doctest/doctest.h>

using namespace lanyard;

TEST_CASE("bech32m: a valid string of BIP 350 decodes, and its checksum is ours") {
  // BIP 350 test vectors: "A1LQFN3A" is the empty payload under prefix "a".
  CHECK(bech32m::encode("a", {}) == "A1LQFN3A");
  const auto empty = bech32m::decode("a", "a1lqfn3a");
  REQUIRE(empty);
  CHECK(empty->empty());
}

TEST_CASE("bech32m: round trip of every length") {
  for (std::size_t size = 0; size < 200; ++size) {
    Buffer payload(size);
    for (std::size_t i = 0; i < size; ++i) payload[i] = static_cast<std::uint8_t>(i * 37 + size);
    const auto back = bech32m::decode("LANYARD", bech32m::encode("LANYARD", payload));
    REQUIRE(back);
    CHECK(*back == payload);
  }
}

TEST_CASE("bech32m: pasted text with other case, spaces and line ends is accepted") {
  const Buffer payload = {1, 2, 3, 250, 0};
  const std::string text = bech32m::encode("LANYARD", payload);
  std::string pasted = "  ";
  for (std::size_t i = 0; i < text.size(); ++i) {
    pasted += i % 2 == 0 ? static_cast<char>(std::tolower(text[i])) : text[i];
    if (i % 7 == 6) pasted += "\r\n\t ";
  }
  const auto back = bech32m::decode("LANYARD", pasted);
  REQUIRE(back);
  CHECK(*back == payload);
}

TEST_CASE("bech32m: every single mistyped character and every prefix is refused") {
  const std::string text = bech32m::encode("LANYARD", Buffer(40, 7));
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (const char c : std::string_view("QPZ9B1!")) {
      if (c == text[i]) continue;
      std::string wrong = text;
      wrong[i] = c;
      CHECK_FALSE(bech32m::decode("LANYARD", wrong));
    }
    CHECK_FALSE(bech32m::decode("LANYARD", text.substr(0, i)));
  }
  const auto error = bech32m::decode("LANYARD", "LANYARD1QQQBQQQQQQQ").error();
  CHECK(error.message.find("character 12") != std::string::npos);
  CHECK_FALSE(bech32m::decode("LANYARD", std::string(1 << 20, 'Q')));
}
