// SPDX-License-Identifier: Apache-2.0
#include "core/control/names.h"

#include <array>
#include <utility>

namespace lanyard::control {
namespace {

template <typename Enum, std::size_t N>
using Names = std::array<std::pair<Enum, std::string_view>, N>;

constexpr Names<Errc, 14> kErrcNames{{{Errc::failure, "failure"},
                                      {Errc::invalid, "invalid"},
                                      {Errc::permission, "permission"},
                                      {Errc::not_found, "not_found"},
                                      {Errc::exists, "exists"},
                                      {Errc::unreachable, "unreachable"},
                                      {Errc::timeout, "timeout"},
                                      {Errc::expired, "expired"},
                                      {Errc::used_up, "used_up"},
                                      {Errc::revoked, "revoked"},
                                      {Errc::corrupt, "corrupt"},
                                      {Errc::conflict, "conflict"},
                                      {Errc::overloaded, "overloaded"},
                                      {Errc::unavailable, "unavailable"}}};

constexpr Names<PathKind, 4> kPathNames{{{PathKind::none, "none"},
                                         {PathKind::direct, "direct"},
                                         {PathKind::lan, "lan"},
                                         {PathKind::relay, "relay"}}};

constexpr Names<NetworkState, 5> kStateNames{{{NetworkState::down, "down"},
                                              {NetworkState::starting, "starting"},
                                              {NetworkState::joining, "joining"},
                                              {NetworkState::up, "up"},
                                              {NetworkState::error, "error"}}};

constexpr Names<CheckState, 3> kCheckNames{
    {{CheckState::ok, "ok"}, {CheckState::warning, "warning"}, {CheckState::failure, "failure"}}};

template <typename Enum, std::size_t N>
std::string_view find_name(const Names<Enum, N>& names, Enum value) {
  for (const auto& [known, word] : names) {
    if (known == value) return word;
  }
  return names.front().second;
}

template <typename Enum, std::size_t N>
std::optional<Enum> find_value(const Names<Enum, N>& names, std::string_view wanted) {
  for (const auto& [value, word] : names) {
    if (word == wanted) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view name(Errc code) { return find_name(kErrcNames, code); }
std::string_view name(PathKind path) { return find_name(kPathNames, path); }
std::string_view name(NetworkState state) { return find_name(kStateNames, state); }
std::string_view name(CheckState state) { return find_name(kCheckNames, state); }

std::optional<Errc> errc_named(std::string_view word) { return find_value(kErrcNames, word); }
std::optional<PathKind> path_named(std::string_view word) { return find_value(kPathNames, word); }
std::optional<NetworkState> network_state_named(std::string_view word) {
  return find_value(kStateNames, word);
}
std::optional<CheckState> check_state_named(std::string_view word) {
  return find_value(kCheckNames, word);
}

}  // namespace lanyard::control
