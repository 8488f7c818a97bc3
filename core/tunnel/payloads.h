// SPDX-License-Identifier: Apache-2.0
// What the two ends tell each other inside the Noise messages of a handshake (protocol.md section
// 4): bencoded dicts. Memberships pass through unread.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/bytes.h"
#include "core/base/endpoint.h"
#include "core/crypto/aead.h"
#include "core/tunnel/credentials.h"
#include "core/tunnel/wire.h"

namespace lanyard::tunnel {

// In message 1 and 2. All but the features keep their place in every version, so that two versions
// can at least tell each other that they differ.
struct Hello {
  crypto::AeadMask aead_mask = 0;
  SessionIndex index = 0;  // the sender's
  Side side = Side::member;
  std::int64_t version = 0;
  Features features = 0;
};

// In message 2 and 3.
struct Introduction {
  Buffer membership;                 // empty for a joiner
  std::optional<Endpoint> observed;  // the receiver's address as the sender sees it
};

struct Payload2 {
  Hello hello;
  Introduction introduction;
};

// Padded to exactly `size` bytes, which is far more than a Hello needs.
Buffer encode_payload_1(const Hello& hello, std::size_t size);
std::optional<Hello> parse_payload_1(Bytes payload);

Buffer encode_payload_2(const Payload2& content);
std::optional<Payload2> parse_payload_2(Bytes payload);

Buffer encode_payload_3(const Introduction& introduction);
std::optional<Introduction> parse_payload_3(Bytes payload);

}  // namespace lanyard::tunnel
