// SPDX-License-Identifier: Apache-2.0
// Secret<N>: N bytes that nobody else should see. Wiped when destroyed and when moved from, copied
// only by the word clone(), compared only by constant_time_equal (hash.h), never printed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/base/bytes.h"
#include "core/base/rng.h"

namespace lanyard::crypto {

// Overwrites with zeros in a way that no optimiser removes.
void wipe(MutableBytes bytes);

// Wipes what it was given when it goes out of scope: for secrets in a buffer of the caller's, which
// must outlive it and keep its place.
class WipeOnExit {
 public:
  explicit WipeOnExit(MutableBytes bytes) : bytes_(bytes) {}
  WipeOnExit(const WipeOnExit&) = delete;
  WipeOnExit& operator=(const WipeOnExit&) = delete;
  ~WipeOnExit() { wipe(bytes_); }

 private:
  MutableBytes bytes_;
};

// A value; all zero until filled and after being moved from. Like any value: one thread at a time.
template <std::size_t N>
class Secret {
 public:
  static constexpr std::size_t kSize = N;

  Secret() = default;
  Secret(Secret&& other) noexcept : bytes_(other.bytes_) { wipe(other.bytes_); }
  Secret& operator=(Secret&& other) noexcept {
    if (this == &other) return *this;
    bytes_ = other.bytes_;
    wipe(other.bytes_);
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { wipe(bytes_); }

  static Secret random(Rng& rng) {
    Secret out;
    rng.fill(out.bytes_);
    return out;
  }
  // Nothing unless there are exactly N bytes. The source remains the caller's to wipe.
  static std::optional<Secret> from_bytes(Bytes bytes) {
    if (bytes.size() != N) return std::nullopt;
    Secret out;
    std::memcpy(out.bytes_.data(), bytes.data(), N);
    return out;
  }

  Secret clone() const {
    Secret out;
    out.bytes_ = bytes_;
    return out;
  }

  // Borrowed from the secret: as long-lived as it, and zero once it is moved from.
  std::span<const std::uint8_t, N> bytes() const { return bytes_; }
  std::span<std::uint8_t, N> mutable_bytes() { return bytes_; }

 private:
  std::array<std::uint8_t, N> bytes_{};
};

}  // namespace lanyard::crypto
