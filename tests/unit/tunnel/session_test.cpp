// SPDX-License-Identifier: Apache-2.0
#include "core/tunnel/session.h"

#include <memory>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "core/crypto/aead.h"

using namespace lanyard;
using namespace lanyard::tunnel;

namespace {

crypto::Secret<32> key_of(std::uint8_t fill) {
  return *crypto::Secret<32>::from_bytes(Buffer(32, fill));
}

struct Ends {
  std::unique_ptr<Session> a;
  std::unique_ptr<Session> b;
};

Ends make_ends(crypto::Aead aead, SessionLimits limits = {}, std::uint64_t first_counter = 0) {
  const auto setup = [&](SessionIndex local, SessionIndex remote) {
    SessionSetup out;
    out.local_index = local;
    out.remote_index = remote;
    out.credentials_id = 7;
    out.aead = aead;
    out.send_key = key_of(static_cast<std::uint8_t>(local));
    out.receive_key = key_of(static_cast<std::uint8_t>(remote));
    out.limits = limits;
    out.first_counter = first_counter;
    return out;
  };
  return {std::make_unique<Session>(setup(0x0a0b0c, 0x010203)),
          std::make_unique<Session>(setup(0x010203, 0x0a0b0c))};
}

constexpr crypto::Aead kChaCha = crypto::Aead::chacha20_poly1305;

bool is_supported(crypto::Aead aead) {
  return (crypto::supported_aeads() & static_cast<crypto::AeadMask>(aead)) != 0;
}

std::optional<DataDrop> drop_of(const OpenOutcome& outcome) {
  const DataDrop* reason = std::get_if<DataDrop>(&outcome);
  return reason == nullptr ? std::nullopt : std::optional(*reason);
}

Buffer message(Session& from, std::string_view text = "payload") {
  return *from.seal_message(BodyKind::control, as_bytes(text));
}

// Opens a copy: the datagram stays sealed.
std::optional<DataDrop> try_open(Session& at, Buffer datagram) {
  return drop_of(at.open(datagram));
}

}  // namespace

TEST_CASE("Session: seals and opens in place, both ciphers, both ways") {
  for (const crypto::Aead aead : {kChaCha, crypto::Aead::aes_256_gcm}) {
    if (!is_supported(aead)) continue;
    Ends ends = make_ends(aead);
    CHECK(ends.a->aead() == aead);
    CHECK(ends.a->credentials_id() == 7);
    for (const auto& [from, to] :
         {std::pair(ends.a.get(), ends.b.get()), std::pair(ends.b.get(), ends.a.get())}) {
      for (std::size_t size = 0; size < 70; ++size) {
        Buffer datagram(kDataHeaderSize + 1 + size + kTagSize, 0x77);
        datagram[kDataHeaderSize] = body_first_byte(BodyKind::ipv6, Checksum::pending);
        REQUIRE(from->seal(datagram));
        const OpenOutcome outcome = to->open(datagram);
        const Body* body = std::get_if<Body>(&outcome);
        REQUIRE(body != nullptr);
        CHECK(body->kind == BodyKind::ipv6);
        CHECK(body->checksum == Checksum::pending);
        CHECK(body->payload.data() == datagram.data() + kDataHeaderSize + 1);
        CHECK(to_buffer(body->payload) == Buffer(size, 0x77));
      }
      CHECK(from->packets_sent() == 70);
      CHECK(to->packets_received() == 70);
      CHECK(from->bytes_sent() == to->bytes_received());
      CHECK(from->bytes_sent() == 70 * 25 + 69 * 70 / 2);
    }
  }
}

TEST_CASE("Session: forged, cut and foreign datagrams are refused and change nothing") {
  Ends ends = make_ends(kChaCha);
  const Buffer datagram = message(*ends.a);
  for (std::size_t size = 0; size < datagram.size(); ++size) {
    Buffer cut = datagram;
    cut.resize(size);
    CHECK(try_open(*ends.b, cut) == (size < kMinDataSize ? DataDrop::malformed : DataDrop::forged));
  }
  for (std::size_t bit = 0; bit < datagram.size() * 8; ++bit) {
    Buffer flipped = datagram;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    const bool is_index = bit < 32;
    const bool is_past_limit = bit >= 36 && bit < 40;  // bits 28 to 31 of the counter
    const DataDrop expected = is_index        ? DataDrop::malformed
                              : is_past_limit ? DataDrop::key_exhausted
                                              : DataDrop::forged;
    CHECK(try_open(*ends.b, flipped) == expected);
  }
  Buffer longer = datagram;
  longer.push_back(0);
  CHECK(try_open(*ends.b, longer) == DataDrop::forged);
  CHECK(try_open(*ends.a, datagram) == DataDrop::malformed);  // reflected to its sender
  CHECK(ends.b->dropped(DataDrop::malformed) == kMinDataSize + 32);
  CHECK(ends.b->dropped(DataDrop::forged) ==
        datagram.size() - kMinDataSize + datagram.size() * 8 - 32 - 4 + 1);
  CHECK(ends.b->packets_received() == 0);
  CHECK_FALSE(try_open(*ends.b, datagram));
}

TEST_CASE("Session: authentic bodies without sense are malformed") {
  Ends ends = make_ends(kChaCha);
  Buffer datagram(kDataHeaderSize + 2 + kTagSize);
  datagram[kDataHeaderSize] = kOptionsFollow | 1;
  datagram[kDataHeaderSize + 1] = 1;
  REQUIRE(ends.a->seal(datagram));
  CHECK(try_open(*ends.b, datagram) == DataDrop::malformed);
  CHECK(try_open(*ends.b, datagram) == DataDrop::replayed);
}

TEST_CASE("Session: reordered is fine, replayed and too old are not") {
  Ends ends = make_ends(kChaCha);
  const Buffer oldest = message(*ends.a);
  const Buffer old = message(*ends.a);
  REQUIRE(ends.a->reserve(ReplayWindow::kSize - 3, 0));
  const Buffer before_last = message(*ends.a);
  const Buffer last = message(*ends.a);  // counter kSize
  CHECK_FALSE(try_open(*ends.b, last));
  CHECK(try_open(*ends.b, oldest) == DataDrop::too_old);
  CHECK_FALSE(try_open(*ends.b, old));
  CHECK_FALSE(try_open(*ends.b, before_last));
  for (const Buffer& datagram : {old, before_last, last}) {
    CHECK(try_open(*ends.b, datagram) == DataDrop::replayed);
  }
  CHECK(ends.b->dropped(DataDrop::replayed) == 3);
  CHECK(ends.b->dropped(DataDrop::too_old) == 1);
}

TEST_CASE("Session: a batch, with a duplicate, a forgery and junk in it") {
  Ends ends = make_ends(kChaCha);
  const auto first = ends.a->reserve(3, 3 * 32);
  REQUIRE(first);
  CHECK(ends.a->bytes_sent() == 96);
  std::vector<Buffer> datagrams(3, Buffer(32));
  const Buffer body(32 - kDataHeaderSize - kTagSize);
  for (std::size_t i = 0; i < 3; ++i) ends.a->seal_with(*first + i, body, datagrams[i]);
  datagrams.push_back(datagrams[1]);
  datagrams.push_back(datagrams[2]);
  datagrams[4][20] ^= 1;
  datagrams.push_back(Buffer(5));
  std::vector<Incoming> batch(datagrams.size());
  for (std::size_t i = 0; i < batch.size(); ++i) batch[i].datagram = datagrams[i];
  ends.b->open(batch);
  for (std::size_t i = 0; i < 3; ++i) CHECK_FALSE(drop_of(batch[i].outcome));
  CHECK(drop_of(batch[3].outcome) == DataDrop::replayed);
  CHECK(drop_of(batch[4].outcome) == DataDrop::forged);
  CHECK(drop_of(batch[5].outcome) == DataDrop::malformed);
  CHECK(ends.b->packets_received() == 3);
  CHECK(ends.b->bytes_received() == 96);
}

TEST_CASE("Session: the counter goes on past 32 bits") {
  SessionLimits limits;
  limits.max_packets = std::uint64_t{1} << 40;
  constexpr std::uint64_t turn = std::uint64_t{1} << 32;
  Ends ends = make_ends(kChaCha, limits, turn - 3);
  std::vector<Buffer> datagrams;
  for (int i = 0; i < 6; ++i) datagrams.push_back(message(*ends.a));
  CHECK(to_hex(Bytes(datagrams[0]).subspan(4, 4)) == "fffffffd");
  CHECK(to_hex(Bytes(datagrams[4]).subspan(4, 4)) == "00000001");
  for (const std::size_t i : {0U, 4U, 1U, 5U, 3U, 2U}) CHECK_FALSE(try_open(*ends.b, datagrams[i]));
  for (const Buffer& datagram : datagrams) CHECK(try_open(*ends.b, datagram) == DataDrop::replayed);
}

TEST_CASE("Session: limits") {
  SessionLimits limits;
  limits.max_packets = 20;
  limits.rekey_packets = 10;
  Ends ends = make_ends(kChaCha, limits);
  REQUIRE(ends.a->reserve(9, 0));
  CHECK_FALSE(ends.a->needs_rekey());
  const Buffer tenth = message(*ends.a);
  CHECK(ends.a->needs_rekey());
  CHECK_FALSE(try_open(*ends.b, tenth));
  CHECK_FALSE(ends.a->reserve(11, 0));
  CHECK(ends.a->dropped(DataDrop::key_exhausted) == 11);
  CHECK_FALSE(ends.a->is_exhausted());
  REQUIRE(ends.a->reserve(10, 0));
  CHECK(ends.a->is_exhausted());
  Buffer datagram(64);
  CHECK_FALSE(ends.a->seal(datagram));
  CHECK_FALSE(ends.a->seal_message(BodyKind::empty, {}));
  CHECK(ends.a->packets_sent() == 20);

  SUBCASE("a peer without limits is not followed past ours") {
    Ends lawless = make_ends(kChaCha, {}, 19);
    CHECK_FALSE(try_open(*ends.b, message(*lawless.a)));
    CHECK(try_open(*ends.b, message(*lawless.a)) == DataDrop::key_exhausted);
  }
  SUBCASE("received packets and bytes of either direction count") {
    for (int i = 0; i < 9; ++i) {
      CHECK_FALSE(ends.b->needs_rekey());
      Ends again = make_ends(kChaCha, {}, static_cast<std::uint64_t>(i));
      CHECK_FALSE(try_open(*ends.b, message(*again.a)));
    }
    CHECK(ends.b->needs_rekey());
    limits.rekey_bytes = 40;
    Ends by_bytes = make_ends(kChaCha, limits);
    const Buffer one = message(*by_bytes.a, "0123456789012345");
    CHECK(one.size() == 41);
    CHECK(by_bytes.a->needs_rekey());
    CHECK_FALSE(by_bytes.b->needs_rekey());
    CHECK_FALSE(try_open(*by_bytes.b, one));
    CHECK(by_bytes.b->needs_rekey());
  }
}

TEST_CASE("Session: the usual limits") {
  Ends ends = make_ends(kChaCha, {}, (1U << 26) - 1);
  CHECK_FALSE(ends.a->needs_rekey());
  message(*ends.a);
  CHECK(ends.a->needs_rekey());
  Ends full = make_ends(kChaCha, {}, (1U << 28) - 1);
  message(*full.a);
  CHECK_FALSE(full.a->seal_message(BodyKind::empty, {}));
  Ends heavy = make_ends(kChaCha);
  REQUIRE(heavy.a->reserve(1, (std::uint64_t{1} << 36) - 1));
  CHECK_FALSE(heavy.a->needs_rekey());
  REQUIRE(heavy.a->reserve(1, 1));
  CHECK(heavy.a->needs_rekey());
}

// Run under the thread sanitizer too. All packets are handed to both receiving threads: each is
// accepted by exactly one of them.
TEST_CASE("Session: two threads seal and two open") {
  constexpr std::size_t packets_per_thread = 1000;
  Ends ends = make_ends(kChaCha);
  std::array<std::vector<Buffer>, 2> sealed;
  const auto seal = [&](std::size_t which) {
    for (std::size_t i = 0; i < packets_per_thread; ++i) {
      sealed[which].push_back(message(*ends.a));
    }
  };
  std::thread other_sealer(seal, 1);
  seal(0);
  other_sealer.join();
  CHECK(ends.a->packets_sent() == 2 * packets_per_thread);

  std::array<std::size_t, 2> accepted{};
  const auto open = [&](std::size_t which) {
    for (std::size_t i = 0; i < packets_per_thread; ++i) {
      std::array<Buffer, 2> copies = {sealed[0][i], sealed[1][i]};
      std::array<Incoming, 2> batch;
      for (std::size_t j = 0; j < 2; ++j) batch[j].datagram = copies[j];
      ends.b->open(batch);
      for (const Incoming& incoming : batch) {
        if (!drop_of(incoming.outcome)) ++accepted[which];
      }
      message(*ends.b);  // as a worker that receives and sends
    }
  };
  std::thread other_opener(open, 1);
  open(0);
  other_opener.join();
  CHECK(accepted[0] + accepted[1] == 2 * packets_per_thread);
  CHECK(ends.b->packets_received() == 2 * packets_per_thread);
  CHECK(ends.b->dropped(DataDrop::replayed) == 2 * packets_per_thread);
}
