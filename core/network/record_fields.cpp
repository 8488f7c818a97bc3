// SPDX-License-Identifier: Apache-2.0
#include "core/network/record_fields.h"

#include "core/network/name.h"

namespace lanyard::network {

std::optional<UnixTime> read_time(const bencode::Value& body, std::string_view field) {
  const auto seconds = body.integer(field);
  if (!seconds || *seconds < 0) return std::nullopt;
  return UnixTime{*seconds};
}

std::optional<std::string> read_member_name(const bencode::Value& body, std::string_view field) {
  const auto bytes = body.string(field);
  if (!bytes || !is_member_name(as_text(*bytes))) return std::nullopt;
  return to_string(*bytes);
}

OptionalField<IpAddress> read_optional_ipv4(const bencode::Value& body, std::string_view field) {
  if (body.find(field) == nullptr) return {.is_sound = true, .value = {}};
  const auto bytes = body.array<4>(field);
  if (!bytes) return {};
  return {.is_sound = true, .value = IpAddress::from_v4(*bytes)};
}

OptionalField<std::string> read_optional_name(const bencode::Value& body, std::string_view field) {
  if (body.find(field) == nullptr) return {.is_sound = true, .value = {}};
  auto name = read_member_name(body, field);
  const bool is_sound = name.has_value();
  return {.is_sound = is_sound, .value = std::move(name)};
}

}  // namespace lanyard::network
