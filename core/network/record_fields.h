// SPDX-License-Identifier: Apache-2.0
// The field types that several records share, read from their bodies.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/bencode.h"
#include "core/base/endpoint.h"
#include "core/base/time.h"

namespace lanyard::network {

// A public key or identifier: an aggregate of one array of bytes.
template <typename Key>
std::optional<Key> read_key(const bencode::Value& body, std::string_view field) {
  const auto bytes = body.string(field);
  if (!bytes) return std::nullopt;
  return Key::from_bytes(*bytes);
}

// Not negative.
std::optional<UnixTime> read_time(const bencode::Value& body, std::string_view field);
std::optional<std::string> read_member_name(const bencode::Value& body, std::string_view field);

// A field that may be absent but, if present, must be right.
template <typename T>
struct OptionalField {
  bool is_sound = false;
  std::optional<T> value;
};
OptionalField<IpAddress> read_optional_ipv4(const bencode::Value& body, std::string_view field);
OptionalField<std::string> read_optional_name(const bencode::Value& body, std::string_view field);

}  // namespace lanyard::network
