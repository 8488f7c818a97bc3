// SPDX-License-Identifier: Apache-2.0
// For the .cpp files of this room alone: the one place where libsodium comes in.
#pragma once

#include <sodium.h>

namespace lanyard::crypto {

// Lets libsodium find out what the processor can do and choose its code accordingly. Called by
// whatever is about to use a cipher or a curve; costs nothing worth counting once it has been done,
// and any thread may call it at any time. Ends the process if libsodium cannot be used at all.
void require_sodium();

}  // namespace lanyard::crypto
