// SPDX-License-Identifier: Apache-2.0
// Test vectors in JSON: our own (tests/vectors, always there) and the public ones (a folder named
// by $LANYARD_VECTORS; when it is missing, the tests that need it say so aloud and pass).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/bytes.h"
#include "core/base/rng.h"
#include "core/crypto/noise_key.h"
#include "core/crypto/secret.h"

namespace lanyard::crypto::vectors {

using Json = nlohmann::json;

// A file of tests/vectors; fails the test when it cannot be read.
Json own(const std::string& file);

// Files of the public folder, sorted by name, whose names begin with `prefix` and end with ".json".
// Prints a line to stderr when there is no such folder or file.
std::vector<std::filesystem::path> public_files(const std::string& prefix);
Json read(const std::filesystem::path& path);

// A field in hexadecimal; fails the test when it is absent or malformed.
Buffer hex(const Json& object, const char* field);
// Nothing when the field is absent.
std::optional<Buffer> optional_hex(const Json& object, const char* field);

// Fails the test when the field is not of that size.
template <std::size_t N>
std::array<std::uint8_t, N> array(const Json& object, const char* field) {
  return to_array<N>(hex(object, field)).value();
}
template <std::size_t N>
Secret<N> secret(const Json& object, const char* field) {
  return std::move(Secret<N>::from_bytes(hex(object, field)).value());
}

}  // namespace lanyard::crypto::vectors

namespace lanyard::crypto {

// Deals out given bytes in order, then zeros: for what a test must know of randomness beforehand.
class ScriptedRng final : public Rng {
 public:
  explicit ScriptedRng(Buffer bytes) : bytes_(std::move(bytes)) {}
  void fill(MutableBytes out) override {
    for (std::uint8_t& byte : out) byte = next_ < bytes_.size() ? bytes_[next_++] : std::uint8_t{0};
  }

 private:
  Buffer bytes_;
  std::size_t next_ = 0;
};

}  // namespace lanyard::crypto
