// SPDX-License-Identifier: Apache-2.0
// Claim: a newcomer's keys, signed with the invite key from its token and with its own.
//
//   d 1:b <body, as a string> 1:j <signature by the invite key> 1:s <signature by the identity> e
//   body  e  identity public key    k  invite public key    n  wished name    t  time
//         x  Noise public key
#pragma once

#include <optional>
#include <string>

#include "core/base/bencode.h"
#include "core/base/time.h"
#include "core/crypto/noise_key.h"
#include "core/crypto/signing.h"
#include "core/network/identifiers.h"

namespace lanyard::network {

struct ClaimTerms {
  crypto::IdentityPublicKey identity;
  crypto::InvitePublicKey invite;
  std::string name;  // a valid member name
  UnixTime time;
  crypto::NoisePublicKey noise_key;
};

class Claim {
 public:
  // The keys of terms are set from the private ones.
  static Claim make(ClaimTerms terms,
                    const crypto::InviteKey& invite,
                    const crypto::IdentityKey& identity);
  static std::optional<Claim> parse(const bencode::Value& value);
  static std::optional<Claim> parse(Bytes encoded);
  void write(bencode::Writer& out) const;
  Buffer encode() const;

  const ClaimTerms& terms() const { return terms_; }
  MemberId member() const { return member_id(terms_.identity); }
  // What a witness signs.
  const crypto::Hash256& hash() const { return hash_; }
  bool signatures_hold() const;

 private:
  Claim(ClaimTerms terms, Buffer body);

  ClaimTerms terms_;
  Buffer body_;
  crypto::Hash256 hash_{};
  crypto::Signature invite_signature_{};
  crypto::Signature identity_signature_{};
};

}  // namespace lanyard::network
