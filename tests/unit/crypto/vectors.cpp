// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/crypto/vectors.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include <doctest/doctest.h>

namespace lanyard::crypto::vectors {

Json read(const std::filesystem::path& path) {
  CAPTURE(path.string());
  std::ifstream file(path);
  REQUIRE(file.good());
  Json parsed = Json::parse(file, nullptr, false);
  REQUIRE_FALSE(parsed.is_discarded());
  return parsed;
}

Json own(const std::string& file) {
  return read(std::filesystem::path(LANYARD_OWN_VECTORS) / file);
}

std::vector<std::filesystem::path> public_files(const std::string& prefix) {
  const char* const named = std::getenv("LANYARD_VECTORS");
  const std::filesystem::path folder = named != nullptr ? named : LANYARD_PUBLIC_VECTORS;
  std::vector<std::filesystem::path> found;
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator(folder, missing)) {
    const std::string name = entry.path().filename().string();
    if (name.rfind(prefix, 0) == 0 && entry.path().extension() == ".json") {
      found.push_back(entry.path());
    }
  }
  std::sort(found.begin(), found.end());
  if (found.empty()) {
    std::fprintf(stderr, "*** NO PUBLIC VECTORS: no %s*.json in %s (set LANYARD_VECTORS) ***\n",
                 prefix.c_str(), folder.c_str());
  }
  return found;
}

std::optional<Buffer> optional_hex(const Json& object, const char* field) {
  if (!object.contains(field)) return std::nullopt;
  return from_hex(object.at(field).get<std::string>());
}

Buffer hex(const Json& object, const char* field) {
  CAPTURE(field);
  auto bytes = optional_hex(object, field);
  REQUIRE(bytes);
  return std::move(*bytes);
}

}  // namespace lanyard::crypto::vectors
