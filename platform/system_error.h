// SPDX-License-Identifier: Apache-2.0
// An operating system's error number as an Error that a user can read.
#pragma once

#include <cerrno>
#include <string_view>

#include "core/base/result.h"

namespace lanyard::platform {

// "what: reason in words". EACCES and EPERM become Errc::permission, ENOENT not_found, EEXIST
// exists, EADDRINUSE and EBUSY conflict, ENODEV and the like unavailable; the rest is failure.
Error system_error(int error_number, std::string_view what, std::string_view hint = {});

}  // namespace lanyard::platform
