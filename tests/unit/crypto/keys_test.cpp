// SPDX-License-Identifier: Apache-2.0
// Secrets, hashes, and the keys of both curves.
#include <type_traits>

#include <doctest/doctest.h>

#include "core/crypto/hash.h"
#include "core/crypto/item_key.h"
#include "core/crypto/noise_key.h"
#include "core/crypto/secret.h"
#include "core/crypto/signing.h"

using namespace lanyard;
using namespace lanyard::crypto;

static_assert(!std::is_copy_constructible_v<Secret<32>>);
static_assert(!std::is_copy_assignable_v<Secret<32>>);
static_assert(std::is_nothrow_move_constructible_v<Secret<32>>);
static_assert(!std::is_copy_constructible_v<IdentityKey>);
static_assert(!std::is_copy_constructible_v<NoiseKey>);
static_assert(!std::is_convertible_v<InvitePublicKey, IdentityPublicKey>);
static_assert(!std::is_constructible_v<AdminKey, IdentityKey>);
static_assert(!std::is_copy_constructible_v<ItemKey>);
static_assert(!std::is_convertible_v<ItemPublicKey, IdentityPublicKey>);

TEST_CASE("Secret: moving wipes the source, cloning does not") {
  SeededRng rng(1);
  Secret<32> first = Secret<32>::random(rng);
  const Buffer bytes = to_buffer(first.bytes());
  const Buffer zeros(32);
  CHECK(bytes != zeros);

  const Secret<32> copy = first.clone();
  CHECK(equal(copy.bytes(), first.bytes()));
  Secret<32> second = std::move(first);
  CHECK(equal(first.bytes(), zeros));  // NOLINT(bugprone-use-after-move): what this is about
  CHECK(equal(second.bytes(), bytes));
  Secret<32> third;
  third = std::move(second);
  CHECK(equal(second.bytes(), zeros));  // NOLINT(bugprone-use-after-move)
  CHECK(equal(third.bytes(), bytes));
  Secret<32>& alias = third;
  third = std::move(alias);
  CHECK(equal(third.bytes(), bytes));

  CHECK_FALSE(Secret<32>::from_bytes(Buffer(31)));
  CHECK_FALSE(Secret<32>::from_bytes(Buffer(33)));
}

TEST_CASE("Secret: destruction wipes, and so does WipeOnExit") {
  alignas(Secret<16>) std::array<std::uint8_t, sizeof(Secret<16>)> place;
  SeededRng rng(1);
  auto* const secret = new (place.data()) Secret<16>(Secret<16>::random(rng));
  CHECK(equal(place, secret->bytes()));
  CHECK_FALSE(equal(place, Buffer(16)));
  secret->~Secret<16>();
  CHECK(equal(place, Buffer(16)));

  Buffer buffer{1, 2, 3};
  { const WipeOnExit wiper(buffer); }
  CHECK(buffer == Buffer(3));
}

TEST_CASE("hashes: the specifications' own examples") {
  // RFC 7693 gives BLAKE2b-512 only; these are the well-known digests of the empty input.
  CHECK(to_hex(blake2b_256({})) ==
        "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
  CHECK(to_hex(sha512({as_bytes("a"), {}, as_bytes("bc")})) ==
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
  // RFC 4231, test cases 2 and 6 (a key longer than a block).
  CHECK(to_hex(hmac_sha512(as_bytes("Jefe"), {as_bytes("what do ya want for nothing?")}).bytes()) ==
        "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
        "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
  CHECK(to_hex(hmac_sha512(Buffer(131, 0xaa),
                           {as_bytes("Test Using Larger Than Block-Size Key - Hash Key First")})
                   .bytes()) ==
        "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
        "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598");
}

TEST_CASE("sha1: RFC 3174's examples, whole and in parts") {
  CHECK(to_hex(sha1({})) == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  CHECK(to_hex(sha1({as_bytes("a"), {}, as_bytes("bc")})) ==
        "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(to_hex(sha1({Buffer(1'000'000, 'a')})) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

TEST_CASE("derive: secret, label and context all count") {
  SeededRng rng(1);
  const auto secret = Secret<32>::random(rng);
  const auto key = derive(secret.bytes(), "label", as_bytes("context"));
  CHECK_FALSE(constant_time_equal(key.bytes(),
                                  derive(secret.bytes(), "labe", as_bytes("lcontext")).bytes()));
  CHECK_FALSE(constant_time_equal(key.bytes(),
                                  derive(secret.bytes(), "label", as_bytes("contexu")).bytes()));
  CHECK_FALSE(constant_time_equal(
      key.bytes(), derive(secret.bytes().first<16>(), "label", as_bytes("context")).bytes()));
  CHECK(constant_time_equal(key.bytes(),
                            derive(secret.bytes(), "label", as_bytes("context")).bytes()));
  CHECK_FALSE(constant_time_equal(as_bytes("ab"), as_bytes("abc")));
  CHECK(constant_time_equal({}, {}));
}

TEST_CASE("signatures: any other bit, label, body or key is refused") {
  SeededRng rng(1);
  const AdminKey key = AdminKey::generate(rng);
  const Buffer body = to_buffer(as_bytes("d1:v1:1e"));
  const Signature signature = key.sign("charter", body);
  CHECK(verify(key.public_key(), "charter", body, signature));
  CHECK_FALSE(verify(key.public_key(), "grant", body, signature));
  CHECK_FALSE(verify(key.public_key(), "chartes", body, signature));
  CHECK_FALSE(verify(key.public_key(), "charter", Bytes(body).first(7), signature));
  CHECK_FALSE(verify(AdminKey::generate(rng).public_key(), "charter", body, signature));
  // The zero after the label keeps it apart from the body.
  CHECK_FALSE(verify(key.public_key(), "charte", as_bytes("rd1:v1:1e"), signature));
  for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
    Signature changed = signature;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    CHECK_FALSE(verify(key.public_key(), "charter", body, changed));
  }
  for (std::size_t bit = 0; bit < body.size() * 8; ++bit) {
    Buffer changed = body;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    CHECK_FALSE(verify(key.public_key(), "charter", changed, signature));
  }
  // The point of order one, for which a signature of zeros would fit any message.
  AdminPublicKey small;
  small.bytes[0] = 1;
  Signature zeros{};
  zeros[0] = 1;
  CHECK_FALSE(verify(small, "charter", body, zeros));
}

TEST_CASE("signing keys: from a seed and back, cloned, moved") {
  SeededRng rng(1);
  IdentityKey key = IdentityKey::generate(rng);
  const IdentityPublicKey public_key = key.public_key();
  CHECK(IdentityKey::from_seed(key.seed())->public_key() == public_key);
  CHECK(key.clone().public_key() == public_key);
  CHECK_FALSE(IdentityKey::from_seed(Buffer(31)));
  CHECK_FALSE(IdentityPublicKey::from_bytes(Buffer(33)));
  CHECK(IdentityPublicKey::from_bytes(public_key.bytes) == public_key);
  const IdentityKey moved = std::move(key);
  CHECK(equal(key.seed(), Buffer(32)));  // NOLINT(bugprone-use-after-move): it is wiped
  CHECK(moved.public_key() == public_key);
}

TEST_CASE("item keys: plain Ed25519, RFC 8032's third example, wiped when moved from") {
  const Buffer seed = *from_hex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7");
  ItemKey key = *ItemKey::from_seed(seed);
  CHECK(to_hex(key.public_key().bytes) ==
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
  const Buffer message = *from_hex("af82");
  const Signature signature = key.sign(message);
  CHECK(to_hex(signature) ==
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a");
  CHECK(verify(key.public_key(), message, signature));
  CHECK_FALSE(verify(key.public_key(), *from_hex("af83"), signature));
  const ItemKey moved = std::move(key);
  CHECK(moved.sign(message) == signature);
  CHECK(key.sign(message) != signature);  // NOLINT(bugprone-use-after-move): it is wiped
  CHECK_FALSE(ItemKey::from_seed(Buffer(31)));
  CHECK_FALSE(ItemKey::from_seed(Buffer(33)));
}

TEST_CASE("Noise keys: both sides get the same secret; keys of small order give none") {
  SeededRng rng(1);
  NoiseKey left = NoiseKey::generate(rng);
  const NoiseKey right = NoiseKey::generate(rng);
  CHECK(left.public_key() != right.public_key());
  const auto one = dh(left, right.public_key());
  const auto other = dh(right, left.public_key());
  REQUIRE(one);
  REQUIRE(other);
  CHECK(constant_time_equal(one->bytes(), other->bytes()));

  CHECK_FALSE(dh(left, NoisePublicKey{}));
  NoisePublicKey one_point;
  one_point.bytes[0] = 1;
  CHECK_FALSE(dh(left, one_point));

  CHECK(NoiseKey::from_bytes(left.private_bytes())->public_key() == left.public_key());
  CHECK(left.clone().public_key() == left.public_key());
  CHECK_FALSE(NoiseKey::from_bytes(Buffer(31)));
  CHECK_FALSE(NoisePublicKey::from_bytes(Buffer(31)));
  const NoiseKey moved = std::move(left);
  CHECK(equal(left.private_bytes(), Buffer(32)));  // NOLINT(bugprone-use-after-move): it is wiped
  CHECK(dh(moved, right.public_key()).has_value());
}
