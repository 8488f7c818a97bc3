// SPDX-License-Identifier: Apache-2.0
#include "core/base/bencode.h"

#include <algorithm>
#include <cassert>
#include <charconv>

namespace lanyard::bencode {

class Parser {
 public:
  Parser(Bytes input, const Limits& limits) : input_(input), limits_(limits) {}

  std::optional<Value> run() {
    Value root;
    if (!value(root, 0) || at_ != input_.size()) return std::nullopt;
    return root;
  }

 private:
  bool value(Value& out, std::size_t depth) {
    if (depth >= limits_.depth || ++tokens_ > limits_.tokens || at_ >= input_.size()) return false;
    const std::size_t start = at_;
    const bool ok = body(out, depth);
    if (ok) out.raw_ = input_.subspan(start, at_ - start);
    return ok;
  }

  bool body(Value& out, std::size_t depth) {
    switch (input_[at_]) {
      case 'i': ++at_; return integer(out);
      case 'l': ++at_; return list(out, depth);
      case 'd': ++at_; return dict(out, depth);
      default: out.kind_ = Value::Kind::string; return string(out.string_);
    }
  }

  // "i" is consumed. BEP 3: no leading zeros, no "-0".
  bool integer(Value& out) {
    out.kind_ = Value::Kind::integer;
    const std::string_view rest = as_text(input_.subspan(at_));
    const std::size_t end = rest.substr(0, 21).find('e');
    if (end == std::string_view::npos || end == 0) return false;
    const std::string_view digits = rest.substr(0, end);
    const std::string_view magnitude = digits[0] == '-' ? digits.substr(1) : digits;
    if (magnitude.empty() || (magnitude[0] == '0' && digits.size() > 1)) return false;
    const char* const last = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), last, out.integer_);
    if (error != std::errc{} || stop != last) return false;
    at_ += end + 1;
    return true;
  }

  bool string(Bytes& out) {
    const std::string_view rest = as_text(input_.subspan(at_));
    const std::size_t colon = rest.substr(0, 11).find(':');
    if (colon == std::string_view::npos || colon == 0) return false;
    const std::string_view digits = rest.substr(0, colon);
    if (digits[0] == '0' && digits.size() > 1) return false;
    std::uint64_t size = 0;
    const auto [stop, error] = std::from_chars(digits.data(), digits.data() + colon, size);
    if (error != std::errc{} || stop != digits.data() + colon) return false;
    if (digits[0] < '0' || digits[0] > '9' || size > rest.size() - colon - 1) return false;
    out = input_.subspan(at_ + colon + 1, size);
    at_ += colon + 1 + size;
    return true;
  }

  bool list(Value& out, std::size_t depth) {
    out.kind_ = Value::Kind::list;
    while (!at_end()) {
      Value& item = out.items_.emplace_back();
      if (!value(item, depth + 1)) return false;
    }
    return consume_end();
  }

  bool dict(Value& out, std::size_t depth) {
    out.kind_ = Value::Kind::dict;
    while (!at_end()) {
      Bytes key;
      if (at_ >= input_.size() || !string(key)) return false;
      if (limits_.order == Order::canonical && !out.entries_.empty() &&
          out.entries_.back().first >= as_text(key)) {
        return false;
      }
      Value& item = out.entries_.emplace_back(as_text(key), Value{}).second;
      if (!value(item, depth + 1)) return false;
    }
    return consume_end();
  }

  bool at_end() const { return at_ < input_.size() && input_[at_] == 'e'; }
  bool consume_end() {
    if (!at_end()) return false;
    ++at_;
    return true;
  }

  Bytes input_;
  const Limits& limits_;
  std::size_t at_ = 0;
  std::size_t tokens_ = 0;
};

std::optional<Value> parse(Bytes input, const Limits& limits) {
  return Parser(input, limits).run();
}

std::optional<std::int64_t> Value::integer() const {
  if (kind_ != Kind::integer) return std::nullopt;
  return integer_;
}

std::optional<Bytes> Value::string() const {
  if (kind_ != Kind::string) return std::nullopt;
  return string_;
}

const Value* Value::find(std::string_view key) const {
  const auto it = std::find_if(entries_.begin(), entries_.end(),
                               [key](const Entry& entry) { return entry.first == key; });
  return it == entries_.end() ? nullptr : &it->second;
}

std::optional<std::int64_t> Value::integer(std::string_view key) const {
  const Value* value = find(key);
  if (value == nullptr) return std::nullopt;
  return value->integer();
}

std::optional<Bytes> Value::string(std::string_view key) const {
  const Value* value = find(key);
  if (value == nullptr) return std::nullopt;
  return value->string();
}

const Value* Value::list(std::string_view key) const {
  const Value* value = find(key);
  return value != nullptr && value->kind_ == Kind::list ? value : nullptr;
}

const Value* Value::dict(std::string_view key) const {
  const Value* value = find(key);
  return value != nullptr && value->kind_ == Kind::dict ? value : nullptr;
}

Writer& Writer::integer(std::int64_t value) {
  append(out_, "i");
  append(out_, std::to_string(value));
  append(out_, "e");
  return *this;
}

void Writer::text(Bytes value) {
  append(out_, std::to_string(value.size()));
  append(out_, ":");
  append(out_, value);
}

Writer& Writer::string(Bytes value) {
  text(value);
  return *this;
}

Writer& Writer::raw(Bytes encoded) {
  append(out_, encoded);
  return *this;
}

Writer& Writer::begin_list() {
  append(out_, "l");
  levels_.push_back({});
  return *this;
}

Writer& Writer::begin_dict() {
  append(out_, "d");
  levels_.push_back({.is_dict = true, .has_key = false, .last_key = {}});
  return *this;
}

Writer& Writer::end() {
  assert(!levels_.empty());
  levels_.pop_back();
  append(out_, "e");
  return *this;
}

Writer& Writer::key(std::string_view key) {
  assert(!levels_.empty() && levels_.back().is_dict);
  Level& level = levels_.back();
  assert(!level.has_key || level.last_key < key);
  level.has_key = true;
  level.last_key = key;
  text(as_bytes(key));
  return *this;
}

Writer& Writer::integer(std::string_view k, std::int64_t value) { return key(k).integer(value); }
Writer& Writer::string(std::string_view k, Bytes value) { return key(k).string(value); }
Writer& Writer::string(std::string_view k, std::string_view value) {
  return key(k).string(as_bytes(value));
}

Buffer Writer::take() {
  assert(levels_.empty());
  return std::exchange(out_, {});
}

}  // namespace lanyard::bencode
