// SPDX-License-Identifier: Apache-2.0
// The envelope of signed records: exact body bytes and one signature. What the body says, and whose
// signature it has to be, is the business of each kind of record.
//
//   d 1:b <bencoded dict, as a string> 1:s <64-byte signature> e
#pragma once

#include <optional>

#include "core/base/bencode.h"
#include "core/base/bytes.h"
#include "core/crypto/signing.h"

namespace lanyard::network {

struct SignedRecord {
  Buffer body;
  crypto::Signature signature{};

  // Just these two keys: whatever a newer version adds, it adds inside the body, under the
  // signature. So there is one encoding of a record, and its hash names it.
  static std::optional<SignedRecord> parse(const bencode::Value& value);
  void write(bencode::Writer& out) const;
  Buffer encode() const;

  friend bool operator==(const SignedRecord&, const SignedRecord&) = default;
};

}  // namespace lanyard::network
