// SPDX-License-Identifier: Apache-2.0
// Reading and writing the fields of one JSON object. A struct lists its fields once, for both
// directions, in a describe(io, value) (see json_shapes.h); here is what `io` may be.
// Private to this room: the only header with nlohmann-json. Nothing here throws: values are looked
// at by pointer, never converted on trust.
#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace lanyard::control {

using Json = nlohmann::json;                 // for reading: finds a key in logarithmic time
using OrderedJson = nlohmann::ordered_json;  // for writing: keeps the order in which we say things

// Nothing for a text that is no JSON, is longer than max_bytes or nests deeper than kMaxDepth.
std::optional<Json> parse_json(std::string_view text, std::size_t max_bytes);
// One line; bytes that are not UTF-8 are replaced.
std::string dump(const OrderedJson& json);
std::string dump(const Json& json);

template <typename T>
concept Number = std::integral<T> && !std::same_as<T, bool>;

class JsonWriter {
 public:
  template <typename T>
  using Of = const T;

  template <typename T>
  void required(const char* key, const T& value) {
    object_[key] = to_json(value);
  }
  template <typename T>
  void optional(const char* key, const T& value) {
    object_[key] = to_json(value);
  }
  // Left out when absent.
  template <typename T>
  void optional(const char* key, const std::optional<T>& value) {
    if (value) object_[key] = to_json(*value);
  }
  // Written as null when absent: for readers that want every field there.
  template <typename T>
  void nullable(const char* key, const std::optional<T>& value) {
    object_[key] = value ? to_json(*value) : OrderedJson(nullptr);
  }
  // An enumerator, by its name().
  template <typename Enum>
  void word(const char* key, Enum value) {
    object_[key] = std::string(name(value));
  }
  void schema(std::int64_t version) { object_["schema"] = version; }
  template <typename Inner>
  void object(const char* key, const Inner& describe_inner) {
    JsonWriter inner;
    describe_inner(inner);
    object_[key] = std::move(inner.object_);
  }
  void counters(const char* key, const std::vector<std::pair<std::string, std::uint64_t>>& values) {
    OrderedJson& counters = object_[key] = OrderedJson::object();
    for (const auto& [reason, count] : values) counters[reason] = count;
  }

  OrderedJson take() { return std::move(object_); }

 private:
  template <typename T>
  static OrderedJson to_json(const T& value) {
    if constexpr (std::is_arithmetic_v<T> || std::same_as<T, std::string>) {
      return OrderedJson(value);
    } else {
      JsonWriter writer;
      describe(writer, value);
      return writer.take();
    }
  }
  template <typename T>
  static OrderedJson to_json(const std::vector<T>& values) {
    OrderedJson list = OrderedJson::array();
    for (const T& value : values) list.push_back(to_json(value));
    return list;
  }

  OrderedJson object_ = OrderedJson::object();
};

// Reads into a value whose defaults stay where a field is absent or null. The first field that is
// missing or of the wrong kind is kept as problem(); what was read then is not to be used.
class JsonReader {
 public:
  template <typename T>
  using Of = T;

  // The object is borrowed for the life of the reader.
  explicit JsonReader(const Json& object) : object_(object) {
    if (!object.is_object()) problem_ = "an object is expected";
  }

  template <typename T>
  void required(const char* key, T& value) {
    const Json* found = find(key);
    if (!found) return complain(key, "is missing");
    read(key, *found, value);
  }
  template <typename T>
  void optional(const char* key, T& value) {
    if (const Json* found = find(key)) read(key, *found, value);
  }
  template <typename T>
  void optional(const char* key, std::optional<T>& value) {
    const Json* found = find(key);
    if (found) read(key, *found, value.emplace());
  }
  template <typename T>
  void nullable(const char* key, std::optional<T>& value) {
    optional(key, value);
  }
  // A word that is not known here leaves the default: a newer program may say it.
  template <typename Enum>
  void word(const char* key, Enum& value) {
    std::string text;
    optional(key, text);
    if (const auto known = named(text, value)) value = *known;
  }
  void schema(std::int64_t version) {
    std::int64_t found = 0;
    required("schema", found);
    if (found < version) complain("schema", "is of another kind");
  }
  template <typename Inner>
  void object(const char* key, const Inner& describe_inner) {
    const Json* found = find(key);
    if (!found) return;
    JsonReader inner(*found);
    describe_inner(inner);
    adopt(key, inner);
  }
  void counters(const char* key, std::vector<std::pair<std::string, std::uint64_t>>& values);

  const std::optional<std::string>& problem() const { return problem_; }

 private:
  const Json* find(const char* key) const;
  void complain(const char* key, std::string_view what);
  void adopt(const char* key, const JsonReader& inner);

  void read(const char* key, const Json& json, std::string& value);
  void read(const char* key, const Json& json, bool& value);
  void read(const char* key, const Json& json, double& value);

  template <Number T>
  void read(const char* key, const Json& json, T& value) {
    if (const auto* number = json.get_ptr<const Json::number_unsigned_t*>()) {
      if (!std::in_range<T>(*number)) return complain_range<T>(key);
      value = static_cast<T>(*number);
    } else if (const auto* negative = json.get_ptr<const Json::number_integer_t*>()) {
      if (!std::in_range<T>(*negative)) return complain_range<T>(key);
      value = static_cast<T>(*negative);
    } else {
      complain_range<T>(key);
    }
  }
  template <typename T>
  void read(const char* key, const Json& json, std::vector<T>& values) {
    if (!json.is_array()) return complain(key, "must be a list");
    values.clear();
    for (const Json& item : json) {
      if (problem_) return;
      read(key, item, values.emplace_back());
    }
  }
  template <typename T>
  requires std::is_class_v<T>
  void read(const char* key, const Json& json, T& value) {
    JsonReader inner(json);
    describe(inner, value);
    adopt(key, inner);
  }
  template <Number T>
  void complain_range(const char* key) {
    using Limits = std::numeric_limits<T>;
    complain(key, "must be a whole number from " + std::to_string(Limits::min()) + " to " +
                      std::to_string(Limits::max()));
  }

  const Json& object_;
  std::optional<std::string> problem_;
};

}  // namespace lanyard::control
