// SPDX-License-Identifier: Apache-2.0
#include "core/dht/limit_names.h"

#include <algorithm>
#include <array>
#include <string>

namespace lanyard::dht {

namespace {

struct NamedLimit {
  std::string_view name;
  void (*set)(Limits& limits, std::uint32_t value);
};

constexpr std::array<NamedLimit, 8> kNamedLimits{{
    {"queries-per-second",
     [](Limits& limits, std::uint32_t value) { limits.query_interval = seconds(1) / value; }},
    {"queries-per-minute-and-address",
     [](Limits& limits, std::uint32_t value) {
       limits.query_interval_per_address = minutes(1) / value;
     }},
    {"destinations", [](Limits& limits, std::uint32_t value) { limits.destinations = value; }},
    {"answer-bytes-per-second",
     [](Limits& limits, std::uint32_t value) { limits.answer_bytes_per_second = value; }},
    {"answers-per-second-and-address",
     [](Limits& limits, std::uint32_t value) {
       limits.answer_interval_per_address = seconds(1) / value;
     }},
    {"stored-hashes", [](Limits& limits, std::uint32_t value) { limits.stored_hashes = value; }},
    {"peers-per-hash", [](Limits& limits, std::uint32_t value) { limits.peers_per_hash = value; }},
    {"stored-items", [](Limits& limits, std::uint32_t value) { limits.stored_items = value; }},
}};

constexpr auto names_only() {
  std::array<std::string_view, kNamedLimits.size()> out;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = kNamedLimits[i].name;
  return out;
}
constexpr auto kNames = names_only();

}  // namespace

std::span<const std::string_view> limit_names() { return kNames; }

Result<void> set_limit(Limits& limits, std::string_view name, std::uint32_t value) {
  const auto found = std::find_if(kNamedLimits.begin(), kNamedLimits.end(),
                                  [name](const NamedLimit& limit) { return limit.name == name; });
  if (found == kNamedLimits.end()) {
    std::string known;
    for (const std::string_view other : kNames) {
      known += (known.empty() ? "" : ", ") + std::string(other);
    }
    return make_error(Errc::invalid, "the DHT has no limit \"" + std::string(name) + "\"",
                      "there are: " + known);
  }
  if (value < 1 || value > kMaxLimit) {
    return make_error(Errc::invalid,
                      std::string(name) + " must be from 1 to " + std::to_string(kMaxLimit));
  }
  found->set(limits, value);
  return {};
}

}  // namespace lanyard::dht
