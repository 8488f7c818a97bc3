// SPDX-License-Identifier: Apache-2.0
#include "core/control/json_io.h"

#include "core/control/json.h"

namespace lanyard::control {
namespace {

// Looked at before parsing, so that depth never costs memory.
bool nests_too_deep(std::string_view text) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxDepth) return true;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return false;
}

}  // namespace

std::optional<Json> parse_json(std::string_view text, std::size_t max_bytes) {
  if (text.size() > max_bytes || nests_too_deep(text)) return std::nullopt;
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return std::nullopt;
  return json;
}

std::string dump(const OrderedJson& json) {
  return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

const Json* JsonReader::find(const char* key) const {
  if (problem_) return nullptr;
  const auto found = object_.find(key);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

void JsonReader::complain(const char* key, std::string_view what) {
  if (!problem_) problem_ = "\"" + std::string(key) + "\" " + std::string(what);
}

void JsonReader::adopt(const char* key, const JsonReader& inner) {
  if (!problem_ && inner.problem_) problem_ = "in \"" + std::string(key) + "\": " + *inner.problem_;
}

void JsonReader::read(const char* key, const Json& json, std::string& value) {
  const auto* text = json.get_ptr<const Json::string_t*>();
  if (!text) return complain(key, "must be a text");
  value = *text;
}

void JsonReader::read(const char* key, const Json& json, bool& value) {
  const auto* truth = json.get_ptr<const Json::boolean_t*>();
  if (!truth) return complain(key, "must be true or false");
  value = *truth;
}

void JsonReader::read(const char* key, const Json& json, double& value) {
  if (!json.is_number()) return complain(key, "must be a number");
  value = json.get<double>();
}

void JsonReader::counters(const char* key,
                          std::vector<std::pair<std::string, std::uint64_t>>& values) {
  const Json* found = find(key);
  if (!found) return;
  if (!found->is_object()) return complain(key, "must be an object");
  values.clear();
  for (const auto& [reason, count] : found->items()) {
    std::uint64_t number = 0;
    read(key, count, number);
    values.emplace_back(reason, number);
  }
}

}  // namespace lanyard::control
