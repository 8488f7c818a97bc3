// SPDX-License-Identifier: Apache-2.0
#include "core/base/bencode.h"

#include <doctest/doctest.h>

using namespace lanyard;
using bencode::Order;

namespace {

bool accepts(std::string_view text, Order order = Order::canonical) {
  return bencode::parse(as_bytes(text), {.order = order}).has_value();
}

}  // namespace

TEST_CASE("bencode: what BEP 3 allows is accepted, all else is not") {
  for (const char* good : {"i0e", "i-1e", "i9223372036854775807e", "i-9223372036854775808e",
                           "0:", "3:abc", "le", "de", "l1:ai1ee", "d1:ai1e1:bd1:cleee"}) {
    CAPTURE(good);
    CHECK(accepts(good));
  }
  for (const char* bad : {"",
                          "i",
                          "ie",
                          "i-e",
                          "i-0e",
                          "i01e",
                          "i+1e",
                          "i1",
                          "i1x",
                          "i9223372036854775808e",
                          "i99999999999999999999999e",
                          "1:",
                          "01:a",
                          "-1:a",
                          "2:a",
                          "99999999999:a",
                          "l",
                          "li1e",
                          "d",
                          "d1:ae",
                          "di1ei1ee",
                          "d1:a",
                          "d1:bi1e1:ai1ee",
                          "d1:ai1e1:ai1ee",
                          "i1ei1e",
                          "x",
                          "e",
                          "4294967297:a"}) {
    CAPTURE(bad);
    CHECK_FALSE(accepts(bad));
  }
  CHECK(accepts("d1:bi1e1:ai1ee", Order::lenient));
}

TEST_CASE("bencode: depth and token limits hold") {
  const auto nested = [](std::size_t n) { return std::string(n, 'l') + std::string(n, 'e'); };
  CHECK(accepts(nested(10)));
  CHECK_FALSE(accepts(nested(11)));
  CHECK_FALSE(accepts(nested(1'000'000)));
  const auto wide = [](std::size_t n) {
    std::string out = "l";
    for (std::size_t i = 0; i < n; ++i) out += "0:";
    return out + "e";
  };
  CHECK(accepts(wide(499)));
  CHECK_FALSE(accepts(wide(500)));
}

TEST_CASE("bencode: the writer's output parses back to the same values and bytes") {
  bencode::Writer writer;
  writer.begin_dict().integer("a", -7).key("b").begin_list().string("x").integer(3).end();
  writer.string("c", "data").end();
  const Buffer encoded = writer.take();
  CHECK(as_text(encoded) == "d1:ai-7e1:bl1:xi3ee1:c4:datae");
  const auto value = bencode::parse(encoded);
  REQUIRE(value);
  CHECK(value->integer("a") == -7);
  CHECK(value->list("b")->items().size() == 2);
  CHECK(as_text(value->list("b")->raw()) == "l1:xi3ee");
  CHECK(as_text(*value->string("c")) == "data");
  CHECK_FALSE(value->string("a"));
  CHECK(value->find("z") == nullptr);
  CHECK(value->array<4>("c").has_value());
  CHECK_FALSE(value->array<5>("c").has_value());
}

TEST_CASE("bencode: no prefix of a message and no flipped bit crashes the parser") {
  const std::string message =
      "d1:ad2:id20:abcdefghij01234567896:target20:mnopqrstuvwxyz123456e1:q9:find_node1:t2:aa1:y1:"
      "qe";
  for (std::size_t n = 0; n < message.size(); ++n) CHECK_FALSE(accepts(message.substr(0, n)));
  for (std::size_t bit = 0; bit < message.size() * 8; ++bit) {
    Buffer flipped = to_buffer(as_bytes(message));
    flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ (1U << bit % 8));
    const auto value = bencode::parse(flipped);
    if (value) CHECK(value->raw().size() == message.size());
  }
}
