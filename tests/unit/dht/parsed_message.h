// SPDX-License-Identifier: Apache-2.0
// A KRPC message that a test knows the kind of.
#pragma once

#include <string_view>
#include <variant>

#include <doctest/doctest.h>

#include "core/dht/krpc.h"

namespace lanyard::dht {

// Its byte views live as long as the text.
template <typename T>
T parsed(std::string_view text) {
  const auto message = parse_message(as_bytes(text));
  REQUIRE(message.has_value());
  const T* const out = std::get_if<T>(&*message);
  REQUIRE(out != nullptr);
  return *out;
}

}  // namespace lanyard::dht
