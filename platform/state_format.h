// SPDX-License-Identifier: Apache-2.0
// What is put around the contents of a state file, so that damage is seen before anything is made
// of them. It tells accidents, not forgery: the directory is the daemon's alone.
#pragma once

#include "core/base/bytes.h"
#include "core/base/result.h"

namespace lanyard::platform {

Buffer wrap_state(Bytes contents);
// The contents again. Errc::corrupt says in which way the file is damaged.
Result<Buffer> unwrap_state(Bytes file);

}  // namespace lanyard::platform
