// SPDX-License-Identifier: Apache-2.0
#include "cli/exit_code.h"

#include <set>

#include <doctest/doctest.h>

namespace lanyard::cli {
namespace {

TEST_CASE("the table that scripts rely on") {
  const std::pair<Errc, int> table[] = {
      {Errc::failure, 1},    {Errc::invalid, 2},     {Errc::permission, 4}, {Errc::not_found, 5},
      {Errc::exists, 1},     {Errc::unreachable, 6}, {Errc::timeout, 124},  {Errc::expired, 1},
      {Errc::used_up, 1},    {Errc::revoked, 1},     {Errc::corrupt, 1},    {Errc::conflict, 1},
      {Errc::overloaded, 1}, {Errc::unavailable, 1}};
  std::set<Errc> seen;
  for (const auto& [code, status] : table) {
    CHECK(static_cast<int>(exit_code(code)) == status);
    seen.insert(code);
  }
  CHECK(seen.size() == static_cast<std::size_t>(Errc::unavailable) + 1);
  CHECK(static_cast<int>(ExitCode::ok) == 0);
  CHECK(static_cast<int>(ExitCode::daemon_not_running) == 3);
  CHECK(static_cast<int>(ExitCode::relay_only) == 7);
  CHECK(static_cast<int>(ExitCode::degraded) == 8);
}

TEST_CASE("failures carry a word for scripts") {
  const Failure failure = to_failure(make_error(Errc::not_found, "gone", "look"));
  CHECK(failure.exit == ExitCode::not_found);
  CHECK(failure.code == "not_found");
  CHECK(usage_failure("wrong", "read").exit == ExitCode::usage);
  CHECK(usage_failure("wrong", "read").code == "usage");
}

}  // namespace
}  // namespace lanyard::cli
