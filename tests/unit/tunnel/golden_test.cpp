// SPDX-License-Identifier: Apache-2.0
// The bytes on the wire, against those of an independent implementation (make_golden.py).
#include "tests/unit/tunnel/golden.h"

#include <doctest/doctest.h>

#include "core/crypto/hash.h"
#include "core/tunnel/handshakes.h"

using namespace lanyard;
using namespace lanyard::tunnel;

namespace {

// Consecutive bytes from a first one on.
class CountingRng final : public Rng {
 public:
  explicit CountingRng(std::uint8_t first) : next_(first) {}
  void fill(MutableBytes out) override {
    for (std::uint8_t& byte : out) byte = next_++;
  }

 private:
  std::uint8_t next_;
};

std::vector<Credentials> credentials(std::uint8_t key, std::string_view membership) {
  const auto secret = [](std::uint8_t fill) {
    return *crypto::Secret<32>::from_bytes(Buffer(32, fill));
  };
  std::array<std::uint8_t, 16> network_id;
  network_id.fill(5);
  std::vector<Credentials> out;
  out.push_back({.id = 1,
                 .scope = Scope::member,
                 .side = Side::member,
                 .network_id = network_id,
                 .mac_key = secret(4),
                 .cookie_key = secret(6),
                 .psk = secret(3),
                 .static_key = *crypto::NoiseKey::from_bytes(Buffer(32, key)),
                 .membership = to_buffer(as_bytes(membership))});
  return out;
}

void check_handshake(crypto::AeadMask mask, const test::GoldenHandshake& golden) {
  HandshakeSettings settings;
  settings.aead_mask = mask;
  CountingRng rng_a(0x10);
  CountingRng rng_b(0x80);
  Handshakes a(settings, rng_a);
  Handshakes b(settings, rng_b);
  a.set_credentials(credentials(1, "membership of A"));
  b.set_credentials(credentials(2, "membership of B"));
  const Endpoint at_a = *Endpoint::parse("192.0.2.1:4001");
  const Endpoint at_b = *Endpoint::parse("198.51.100.2:4002");
  const Instant now;
  Datagrams out;
  HandshakeEvents events;

  a.start(now, 1, {&at_b, 1});
  a.handle_timeout(now, out, events);
  REQUIRE(out.size() == 1);
  CHECK(to_hex(crypto::blake2b_256({out[0].payload})) == golden.message_1_hash);
  b.handle_datagram(now, at_a, Buffer(out[0].payload), out, events);
  REQUIRE(out.size() == 2);
  CHECK(to_hex(out[1].payload) == golden.message_2);
  a.handle_datagram(now, at_b, Buffer(out[1].payload), out, events);
  REQUIRE(out.size() == 3);
  CHECK(to_hex(out[2].payload) == golden.message_3);
  REQUIRE(events.size() == 1);
  Session& session = *std::get<Established>(events[0]).session;
  REQUIRE(session.seal_message(BodyKind::empty, {}));
  const auto data = session.seal_message(BodyKind::control, as_bytes("hello"));
  REQUIRE(data);
  CHECK(to_hex(*data) == golden.data);
}

}  // namespace

TEST_CASE("golden bytes: ChaCha20-Poly1305") { check_handshake(1, test::kGoldenChaCha); }

TEST_CASE("golden bytes: AES-256-GCM") {
  if ((crypto::supported_aeads() & 2) == 0) return;
  check_handshake(3, test::kGoldenAes);
}
