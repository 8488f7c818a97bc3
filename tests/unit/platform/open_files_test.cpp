// SPDX-License-Identifier: Apache-2.0
#include "platform/open_files.h"

#include <sys/resource.h>

#include <doctest/doctest.h>

namespace lanyard::platform {
namespace {

TEST_CASE("as many files may be open as the system allows at all") {
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit low{before.rlim_max / 2, before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_NOFILE, &low) == 0);
  CHECK(open_file_limit() == before.rlim_max / 2);
  raise_open_file_limit();
  CHECK(open_file_limit() == before.rlim_max);
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
}

}  // namespace
}  // namespace lanyard::platform
