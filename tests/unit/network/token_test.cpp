// SPDX-License-Identifier: Apache-2.0
#include "core/network/token.h"

#include "core/base/bech32m.h"
#include "tests/unit/network/network_fixture.h"

using namespace lanyard;
using namespace lanyard::network;

namespace {

InviteWish wish() { return {.uses = 1, .not_after = after(kNow, kDay), .name = {}, .address = {}}; }

// The bytes of a token with a right inner checksum after a change.
std::string resealed(const std::string& text, void (*change)(Buffer&)) {
  const Buffer sealed = *bech32m::decode("LANYARD", text);
  Buffer bytes = to_buffer(Bytes(sealed).first(sealed.size() - 4));
  change(bytes);
  const crypto::Hash256 hash = crypto::blake2b_256({bytes});
  append(bytes, Bytes(hash).first(4));
  return bech32m::encode("LANYARD", bytes);
}

bool says(const Result<Token>& result, std::string_view what) {
  return !result && result.error().message.find(what) != std::string::npos;
}

}  // namespace

TEST_CASE("token: everything that was put in comes out") {
  TestNetwork net;
  InviteWish wanted = wish();
  wanted.name = "bob";
  wanted.address = address("10.77.1.2");
  const std::vector<Endpoint> hints = {endpoint("20.0.1.7:4000"), endpoint("[2001:db8::7]:65535")};
  const auto made = make_token(net.charter, net.admin, net.secret, wanted, hints, net.rng);
  REQUIRE(made);
  const auto token = Token::parse(made->to_text());
  REQUIRE(token);
  CHECK(equal(token->seed.bytes(), made->seed.bytes()));
  CHECK(equal(token->join_secret.bytes(), join_secret(net.secret).bytes()));
  CHECK(token->network() == net.id());
  CHECK(token->hints == hints);
  CHECK(token->grant == made->grant);
  CHECK(token->grant.terms().name == "bob");
  CHECK(token->grant.terms().address == wanted.address);
  CHECK(token->grant.terms().not_after == wanted.not_after);
  CHECK(token->grant.signature_holds(net.admin.public_key()));
  CHECK(token->to_text() == made->to_text());
}

TEST_CASE("token: 250 characters hold two IPv4 hints") {
  TestNetwork net;
  const auto token = make_token(net.charter, net.admin, net.secret, wish(),
                                {endpoint("20.0.1.7:4000"), endpoint("20.0.2.7:4001")}, net.rng);
  REQUIRE(token);
  const std::string text = token->to_text();
  CHECK(text.size() <= 250);
  CHECK(text.size() == 245);
  for (const char c : text) CHECK(((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')));
}

TEST_CASE("token: more hints than there is room for are left out") {
  TestNetwork net;
  const std::vector<Endpoint> hints(9, endpoint("20.0.1.7:4000"));
  const auto token = make_token(net.charter, net.admin, net.secret, wish(), hints, net.rng);
  REQUIRE(token);
  CHECK(Token::parse(token->to_text())->hints.size() == kMaxHints);
}

TEST_CASE("token: pasted text may be lower, mixed, wrapped or spaced") {
  TestNetwork net;
  const std::string text = net.token().to_text();
  std::string lower = text;
  for (char& c : lower) c = static_cast<char>(std::tolower(c));
  std::string mixed = text;
  for (std::size_t i = 0; i < mixed.size(); i += 2) mixed[i] = lower[i];
  std::string wrapped = "\n  ";
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i % 60 == 59) wrapped += "\r\n\t ";
    wrapped += text[i];
  }
  wrapped += "  \n";
  for (const std::string& variant : {lower, mixed, wrapped}) {
    CAPTURE(variant);
    const auto token = Token::parse(variant);
    REQUIRE(token);
    CHECK(token->to_text() == text);
  }
}

TEST_CASE("token: any mistyped character is called mistyped") {
  TestNetwork net;
  const std::string text = net.token().to_text();
  for (std::size_t i = 8; i < text.size(); ++i) {  // after the prefix
    std::string wrong = text;
    wrong[i] = text[i] == 'Q' ? 'P' : 'Q';
    CAPTURE(wrong);
    CHECK(says(Token::parse(wrong), "mistyped"));
    wrong[i] = 'B';  // not in the alphabet
    CHECK(says(Token::parse(wrong), "character " + std::to_string(i + 1)));
    if (i > 8) {
      std::string swapped = text;
      std::swap(swapped[i - 1], swapped[i]);
      if (swapped != text) CHECK(says(Token::parse(swapped), "mistyped"));
    }
  }
}

TEST_CASE("token: every prefix, and other text, is refused") {
  TestNetwork net;
  const std::string text = net.token().to_text();
  for (std::size_t n = 0; n < text.size(); ++n) CHECK_FALSE(Token::parse(text.substr(0, n)));
  CHECK_FALSE(Token::parse(text + text));
  CHECK_FALSE(Token::parse(std::string(100'000, 'Q')));
  CHECK(says(Token::parse("hello"), "does not begin with LANYARD1"));
  CHECK(says(Token::parse("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7K"), "does not begin with"));
  CHECK_FALSE(Token::parse(bech32m::encode("LANYARD", {})));
}

TEST_CASE("token: the inner checksum guards what bech32m may miss") {
  TestNetwork net;
  const std::string text = net.token().to_text();
  Buffer bytes = *bech32m::decode("LANYARD", text);
  for (std::size_t i = 1; i < bytes.size(); ++i) {
    bytes[i] ^= 0x10;
    CHECK(says(Token::parse(bech32m::encode("LANYARD", bytes)), "mistyped"));
    bytes[i] ^= 0x10;
  }
}

TEST_CASE("token: one of a newer Lanyard is recognised as such") {
  TestNetwork net;
  const std::string text = net.token().to_text();
  CHECK(says(Token::parse(resealed(text, [](Buffer& b) { b[0] = 2; })), "newer Lanyard"));
  CHECK(says(Token::parse(resealed(text, [](Buffer& b) { b[1] |= 4; })), "newer Lanyard"));
  CHECK(says(Token::parse(resealed(text, [](Buffer& b) { b[60] = 1; })), "newer Lanyard"));
  CHECK(says(Token::parse(resealed(text, [](Buffer& b) { b[0] = 0; })), "malformed"));
  CHECK(says(Token::parse(resealed(text, [](Buffer& b) { b.push_back(0); })), "malformed"));
  CHECK(says(Token::parse(resealed(text, [](Buffer& b) { b.erase(b.end() - 1); })), "malformed"));
  CHECK(says(Token::parse(resealed(text, [](Buffer& b) { b[1] = 1; })), "malformed"));
  CHECK(says(Token::parse(resealed(text, [](Buffer& b) { b[58] = b[59] = 0; })), "malformed"));
  CHECK(says(Token::parse(resealed(text, [](Buffer& b) { b.back() = 200; })), "malformed"));
  CHECK(Token::parse(resealed(text, [](Buffer&) {})));
}

TEST_CASE("token: it ends with its time") {
  TestNetwork net;
  const Token token = net.token();
  CHECK(token.check_time(kNow));
  CHECK(token.check_time(after(kNow, kDay)));
  const auto late = token.check_time(after(kNow, kDay + 1));
  REQUIRE_FALSE(late);
  CHECK(late.error().code == Errc::expired);
}

TEST_CASE("token: what cannot be granted is refused when it is made") {
  TestNetwork net;
  const auto refused = [&net](const InviteWish& wanted) {
    const auto made = make_token(net.charter, net.admin, net.secret, wanted, {}, net.rng);
    return !made && !made.error().message.empty();
  };
  for (const char* outside : {"10.78.0.1", "10.77.0.0", "10.77.255.255", "fd00::1"}) {
    InviteWish wanted = wish();
    wanted.address = address(outside);
    CHECK(refused(wanted));
  }
  InviteWish wanted = wish();
  wanted.uses = 0;
  CHECK(refused(wanted));
  wanted.uses = 65536;
  CHECK(refused(wanted));
  wanted = wish();
  wanted.name = "no name";
  CHECK(refused(wanted));
  wanted = wish();
  wanted.address = address("10.77.1.2");
  wanted.uses = 2;
  CHECK(refused(wanted));
  wanted = wish();
  wanted.not_after = {std::int64_t{1} << 32};
  CHECK(refused(wanted));
  const crypto::AdminKey stranger = crypto::AdminKey::generate(net.rng);
  const auto foreign = make_token(net.charter, stranger, net.secret, wish(), {}, net.rng);
  REQUIRE_FALSE(foreign);
  CHECK(foreign.error().code == Errc::permission);
}
