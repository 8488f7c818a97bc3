// SPDX-License-Identifier: Apache-2.0
#include "cli/checks_text.h"

#include <doctest/doctest.h>

namespace lanyard::cli {
namespace {

using control::Check;
using control::CheckState;

const Check kFine{"dht", CheckState::ok, "87 nodes answered", ""};
const Check kSmall{"udp_send_buffer", CheckState::warning, "it is small", "make it larger"};
const Check kBroken{"network", CheckState::failure, "it is broken", "mend it"};

TEST_CASE("a line for each check, its remedy, and the sum") {
  CHECK(checks_text({kFine, kSmall, kBroken, kSmall}, Colour::off) ==
        R"(ok       87 nodes answered
warning  it is small
         make it larger
failure  it is broken
         mend it
warning  it is small
         make it larger
1 failure, 2 warnings
)");
  CHECK(checks_text({kFine}, Colour::off) == "ok       87 nodes answered\nall is well\n");
  CHECK(checks_text({kSmall}, Colour::off).ends_with("\n1 warning\n"));
  CHECK(checks_text({kBroken, kBroken}, Colour::off).ends_with("\n2 failures\n"));
}

TEST_CASE("colour marks the state alone, and names cannot drive the terminal") {
  CHECK(checks_text({kFine}, Colour::on).starts_with("\033[32mok\033[0m       87 nodes"));
  CHECK(checks_text({kSmall}, Colour::on).starts_with("\033[33mwarning\033[0m  it"));
  CHECK(checks_text({kBroken}, Colour::on).starts_with("\033[31mfailure\033[0m  it"));
  const Check hostile{"network", CheckState::failure, "\033[2Jhome", "\007"};
  CHECK(checks_text({hostile}, Colour::off) == "failure  ?[2Jhome\n         ?\n1 failure\n");
}

}  // namespace
}  // namespace lanyard::cli
