// SPDX-License-Identifier: Apache-2.0
// Which back ends of AeadKey there are on this machine, their names in settings, and a proof that
// one computes what it should. Which of them is the fastest is measured elsewhere: there is no
// clock here.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/crypto/aead.h"

namespace lanyard::crypto {

// As settings and status call it: "libsodium", "ipsec-mb".
std::string_view name(AeadBackend backend);
// Nothing for a name of none that is built in or could be.
std::optional<AeadBackend> parse_aead_backend(std::string_view name);

bool is_built_in(AeadBackend backend);
// Built in, and the processor has what it needs for this cipher.
bool is_available(Aead aead, AeadBackend backend);
// Those that may be chosen without being asked for, libsodium first when it is among them.
std::vector<AeadBackend> available_backends(Aead aead);

// Seals and opens known vectors, and tries forgeries. False when any result is wrong: the back end
// must not be used then. Takes microseconds; the back end must be available.
bool self_test(Aead aead, AeadBackend backend);

// Some back ends keep memory for each thread that uses them, and take it when it first does. A
// thread that is not to allocate later calls this at its start.
void warm_up_aeads_of_this_thread();

}  // namespace lanyard::crypto
