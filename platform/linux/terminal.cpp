// SPDX-License-Identifier: Apache-2.0
#include "platform/terminal.h"

#include <unistd.h>

namespace lanyard::platform {

bool is_terminal(StandardStream stream) {
  switch (stream) {
    case StandardStream::input: return ::isatty(STDIN_FILENO) == 1;
    case StandardStream::output: return ::isatty(STDOUT_FILENO) == 1;
    case StandardStream::error: return ::isatty(STDERR_FILENO) == 1;
  }
  return false;
}

}  // namespace lanyard::platform
