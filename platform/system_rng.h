// SPDX-License-Identifier: Apache-2.0
// The operating system's random numbers, fit for keys.
#pragma once

#include "core/base/rng.h"

namespace lanyard::platform {

// Any thread. Ends the process if the system has none to give, for there is no safe way on.
class SystemRng final : public Rng {
 public:
  void fill(MutableBytes out) override;
};

}  // namespace lanyard::platform
