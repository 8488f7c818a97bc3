// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdio>

#include <doctest/doctest.h>
#include <libtorrent/bdecode.hpp>

#include "core/base/bencode.h"
#include "core/base/rng.h"

// Differential: libtorrent's decoder, which shares nothing with ours, reads the same documents.
//
// It takes more than BEP 3 allows (leading zeros, "-0", whatever follows the value, integers past
// 64 bits as 0), but what it understood, written down again in the same order, is the document
// itself exactly when that is right. So for every document:
//
//   lenient accepts    <=>  libtorrent decodes it, and rewriting gives the document
//   canonical accepts  <=>  that, and the keys of each dictionary ascend strictly
//
// But for the least of all integers, which libtorrent, negating a magnitude, cannot read.

using namespace lanyard;

namespace {

constexpr int kDocuments = 100'000;
// Past every document made here: the two count depth and tokens each in a way of its own.
constexpr int kDepth = 100;
constexpr int kTokens = 100'000;
constexpr std::string_view kUnreadable = "i-9223372036854775808e";

// What libtorrent understood, in the order of the document.
struct Rewritten {
  std::string text;
  bool ascends = true;
};

void write(std::string_view text, Rewritten& out) {
  out.text += std::to_string(text.size()) + ":";
  out.text += text;
}

void write(const lt::bdecode_node& node, Rewritten& out);

void write_entries(const lt::bdecode_node& dict, Rewritten& out) {
  out.text += 'd';
  std::string last;
  for (int i = 0; i < dict.dict_size(); ++i) {
    const auto [key, value] = dict.dict_at(i);
    const std::string name(key.data(), key.size());
    if (i > 0 && name <= last) out.ascends = false;
    last = name;
    write(name, out);
    write(value, out);
  }
  out.text += 'e';
}

void write(const lt::bdecode_node& node, Rewritten& out) {
  switch (node.type()) {
    case lt::bdecode_node::int_t: out.text += 'i' + std::to_string(node.int_value()) + 'e'; break;
    case lt::bdecode_node::string_t: {
      const auto text = node.string_value();
      write(std::string_view(text.data(), text.size()), out);
      break;
    }
    case lt::bdecode_node::list_t:
      out.text += 'l';
      for (int i = 0; i < node.list_size(); ++i) write(node.list_at(i), out);
      out.text += 'e';
      break;
    case lt::bdecode_node::dict_t: write_entries(node, out); break;
    case lt::bdecode_node::none_t: break;
  }
}

// The same value, and not only the same bytes.
bool agree(const bencode::Value& ours, const lt::bdecode_node& theirs) {
  switch (ours.kind()) {
    case bencode::Value::Kind::integer:
      return theirs.type() == lt::bdecode_node::int_t && ours.integer() == theirs.int_value();
    case bencode::Value::Kind::string: {
      if (theirs.type() != lt::bdecode_node::string_t) return false;
      const auto text = theirs.string_value();
      return as_text(*ours.string()) == std::string_view(text.data(), text.size());
    }
    case bencode::Value::Kind::list: {
      if (theirs.type() != lt::bdecode_node::list_t) return false;
      if (static_cast<int>(ours.items().size()) != theirs.list_size()) return false;
      int i = 0;
      for (const bencode::Value& item : ours.items()) {
        if (!agree(item, theirs.list_at(i++))) return false;
      }
      return true;
    }
    case bencode::Value::Kind::dict: {
      if (theirs.type() != lt::bdecode_node::dict_t) return false;
      if (static_cast<int>(ours.entries().size()) != theirs.dict_size()) return false;
      int i = 0;
      for (const auto& [key, value] : ours.entries()) {
        const auto [name, node] = theirs.dict_at(i++);
        if (key != std::string_view(name.data(), name.size()) || !agree(value, node)) return false;
      }
      return true;
    }
  }
  return false;
}

// Documents, most of them nearly right, and the ways in which a document goes wrong.
class Author {
 public:
  std::string document() {
    std::string text;
    value(text, 0);
    // One in four stays as it is.
    for (std::uint64_t i = rng_.below(4); i > 0; --i) spoil(text);
    return text;
  }

 private:
  void value(std::string& out, int depth) {
    switch (rng_.below(depth < 6 ? 4 : 2)) {
      case 0: out += 'i' + number() + 'e'; break;
      case 1: string(out, rng_.below(12)); break;
      case 2:
        out += 'l';
        for (std::uint64_t i = rng_.below(5); i > 0; --i) value(out, depth + 1);
        out += 'e';
        break;
      default: dict(out, depth); break;
    }
  }

  void dict(std::string& out, int depth) {
    out += 'd';
    // Mostly ascending, now and then equal or descending.
    char letter = 'a';
    for (std::uint64_t i = rng_.below(5); i > 0; --i) {
      out += "1:";
      out += letter;
      value(out, depth + 1);
      if (rng_.below(16) != 0) ++letter;
    }
    out += 'e';
  }

  std::string number() {
    static constexpr std::array<const char*, 12> kEdges{"0",
                                                        "-0",
                                                        "00",
                                                        "01",
                                                        "-1",
                                                        "-01",
                                                        "+1",
                                                        "9223372036854775807",
                                                        "9223372036854775808",
                                                        "-9223372036854775807",
                                                        "-9223372036854775809",
                                                        "99999999999999999999999"};
    if (rng_.below(8) == 0) return kEdges[rng_.below(kEdges.size())];
    return std::to_string(static_cast<std::int64_t>(rng_.next_u64()) >> rng_.below(64));
  }

  void string(std::string& out, std::uint64_t length) {
    out += std::to_string(length) + ":";
    for (; length > 0; --length) out += static_cast<char>(rng_.below(256));
  }

  void spoil(std::string& text) {
    static constexpr std::string_view kMeaningful = "0123456789-+:ilde ";
    const std::size_t at = rng_.below(text.size() + 1);
    const char letter = rng_.below(2) == 0 ? kMeaningful[rng_.below(kMeaningful.size())]
                                           : static_cast<char>(rng_.below(256));
    switch (rng_.below(5)) {
      case 0: text.insert(at, 1, letter); break;
      case 1: text.erase(at, 1 + rng_.below(3)); break;
      case 2:
        if (at < text.size()) text[at] = letter;
        break;
      case 3: text.insert(at, text.substr(rng_.below(text.size() + 1), rng_.below(8))); break;
      default: text.resize(at); break;
    }
  }

  SeededRng rng_{20};
};

}  // namespace

TEST_CASE("bencode: an independent decoder takes the same documents for the same values") {
  Author author;
  int lenient_ones = 0;
  int canonical_ones = 0;
  for (int i = 0; i < kDocuments; ++i) {
    const std::string text = author.document();
    if (text.find(kUnreadable) != std::string::npos) continue;
    lt::error_code error;
    lt::bdecode_node theirs;
    lt::bdecode(text.data(), text.data() + text.size(), theirs, error, nullptr, kDepth, kTokens);
    Rewritten rewritten;
    if (!error) write(theirs, rewritten);
    const bool is_right = !error && rewritten.text == text;

    bencode::Limits limits{.depth = kDepth, .tokens = kTokens, .order = bencode::Order::lenient};
    const auto lenient = bencode::parse(as_bytes(text), limits);
    limits.order = bencode::Order::canonical;
    const auto canonical = bencode::parse(as_bytes(text), limits);

    const bool same = lenient.has_value() == is_right &&
                      canonical.has_value() == (is_right && rewritten.ascends) &&
                      (!lenient || agree(*lenient, theirs)) &&
                      (!canonical || agree(*canonical, theirs));
    if (!same) FAIL("they differ about ", to_hex(as_bytes(text)));
    lenient_ones += lenient ? 1 : 0;
    canonical_ones += canonical ? 1 : 0;
  }
  // Enough of either kind, or nothing was compared.
  CHECK(lenient_ones > kDocuments / 4);
  CHECK(lenient_ones < kDocuments * 3 / 4);
  CHECK(canonical_ones > kDocuments / 4);
  CHECK(canonical_ones < lenient_ones);
}
