// SPDX-License-Identifier: Apache-2.0
// Bencoding (BEP 3): the one encoding of all control records and of the DHT. Parsing is bounded in
// depth, tokens and size, allocates in proportion to the tokens read, and never recurses deeper
// than the limit. Values view the input: they live as long as the bytes they were parsed from.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/bytes.h"

namespace lanyard::bencode {

// canonical: keys strictly ascending, as signatures need it. lenient: any order of keys, as BEP 5
// peers in the wild send (the first of two equal keys wins). Integers are canonical in both.
enum class Order : std::uint8_t { canonical, lenient };

struct Limits {
  // libtorrent's for KRPC; enough for every record of ours.
  std::size_t depth = 10;
  std::size_t tokens = 500;
  Order order = Order::canonical;
};

class Value {
 public:
  enum class Kind : std::uint8_t { integer, string, list, dict };
  using Entry = std::pair<std::string_view, Value>;

  Kind kind() const { return kind_; }
  // The bytes that encode this very value, for signatures over exact bytes.
  Bytes raw() const { return raw_; }

  // Nothing when the value is of another kind.
  std::optional<std::int64_t> integer() const;
  std::optional<Bytes> string() const;
  // Empty when the value is of another kind.
  const std::vector<Value>& items() const { return items_; }
  const std::vector<Entry>& entries() const { return entries_; }

  // Of a dict; nullptr when the key is absent or this is no dict.
  const Value* find(std::string_view key) const;
  // The value under key when it is present and of that kind; list() and dict() nullptr otherwise.
  std::optional<std::int64_t> integer(std::string_view key) const;
  std::optional<Bytes> string(std::string_view key) const;
  const Value* list(std::string_view key) const;
  const Value* dict(std::string_view key) const;
  // A string of exactly N bytes.
  template <std::size_t N>
  std::optional<std::array<std::uint8_t, N>> array(std::string_view key) const {
    const auto bytes = string(key);
    if (!bytes) return std::nullopt;
    return to_array<N>(*bytes);
  }

 private:
  friend class Parser;

  Kind kind_ = Kind::integer;
  std::int64_t integer_ = 0;
  Bytes string_;
  Bytes raw_;
  std::vector<Value> items_;
  std::vector<Entry> entries_;
};

// The whole input must be one value. Nothing for any violation of BEP 3 or of the limits.
std::optional<Value> parse(Bytes input, const Limits& limits = {});

// Builds one canonical value front to back. Keys of a dict must be given in ascending order, which
// is asserted: a caller writes them so.
class Writer {
 public:
  Writer& integer(std::int64_t value);
  Writer& string(Bytes value);
  Writer& string(std::string_view value) { return string(as_bytes(value)); }
  // An already encoded value, copied as it is.
  Writer& raw(Bytes encoded);
  Writer& begin_list();
  Writer& begin_dict();
  Writer& end();
  Writer& key(std::string_view key);

  Writer& integer(std::string_view key, std::int64_t value);
  Writer& string(std::string_view key, Bytes value);
  Writer& string(std::string_view key, std::string_view value);

  // The finished value; the writer is empty afterwards. All lists and dicts must be ended.
  Buffer take();

 private:
  void text(Bytes value);

  Buffer out_;
  struct Level {
    bool is_dict = false;
    bool has_key = false;
    std::string last_key;
  };
  std::vector<Level> levels_;
};

}  // namespace lanyard::bencode
