// SPDX-License-Identifier: Apache-2.0
// Which back end does the work of each cipher on this machine. Decided once, at the daemon's start:
// each back end must pass a test on known vectors, and the fastest of those that do is taken,
// unless the user names one. Takes a few milliseconds.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/base/log.h"
#include "core/base/result.h"
#include "core/base/time.h"
#include "core/crypto/aead_backends.h"

namespace lanyard::platform {

// How one back end did with one cipher.
struct AeadTrial {
  enum class SelfTest { passed, failed };

  crypto::AeadBackend backend = crypto::AeadBackend::libsodium;
  SelfTest self_test = SelfTest::failed;
  Duration time;  // for a mix of small and large packets; zero when it was not measured
};

// Tests every back end that is here for this cipher, and measures those that pass, by turns.
std::vector<AeadTrial> try_aead_backends(crypto::Aead aead);
// Nothing when none passed.
std::optional<crypto::AeadBackend> fastest(std::span<const AeadTrial> trials);

// The one that is asked for is used for both ciphers; nothing: the fastest for each. An error when
// the one that is asked for is not here or computes wrongly; one that is not asked for and computes
// wrongly is left out, with a warning. A cipher that this machine does not have at all
// (crypto::supported_aeads) plays no part.
Result<crypto::AeadBackends> choose_aead_backends(std::optional<crypto::AeadBackend> asked_for,
                                                  LogSink& log);

}  // namespace lanyard::platform
