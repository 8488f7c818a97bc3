// SPDX-License-Identifier: Apache-2.0
#include "platform/system_error.h"

#include <string>
#include <system_error>

namespace lanyard::platform {
namespace {

Errc classify(int error_number) {
  switch (error_number) {
    case EACCES:
    case EPERM: return Errc::permission;
    case ENOENT: return Errc::not_found;
    case EEXIST: return Errc::exists;
    case EADDRINUSE:
    case EBUSY: return Errc::conflict;
    case ENODEV:
    case ENXIO:
    case ENOSYS:
    case EAFNOSUPPORT: return Errc::unavailable;
    default: return Errc::failure;
  }
}

}  // namespace

Error system_error(int error_number, std::string_view what, std::string_view hint) {
  std::string message(what);
  message += ": ";
  message += std::generic_category().message(error_number);
  return make_error(classify(error_number), std::move(message), std::string(hint));
}

}  // namespace lanyard::platform
