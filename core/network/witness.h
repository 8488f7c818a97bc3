// SPDX-License-Identifier: Apache-2.0
// Witness: a member's word that it saw a claim in time and found it good.
//
//   body  c  BLAKE2b-256 of the claim's body    e  identity public key of the witness    t  time
#pragma once

#include <optional>

#include "core/base/time.h"
#include "core/network/claim.h"
#include "core/network/signed_record.h"

namespace lanyard::network {

class Witness {
 public:
  static Witness make(const Claim& claim, UnixTime time, const crypto::IdentityKey& witness);
  static std::optional<Witness> parse(const bencode::Value& value);
  static std::optional<Witness> parse(Bytes encoded);
  Buffer encode() const { return record_.encode(); }

  const crypto::Hash256& claim_hash() const { return claim_hash_; }
  const crypto::IdentityPublicKey& identity() const { return identity_; }
  MemberId member() const { return member_id(identity_); }
  UnixTime time() const { return time_; }
  bool signature_holds() const;
  const SignedRecord& record() const { return record_; }

 private:
  Witness() = default;

  crypto::Hash256 claim_hash_{};
  crypto::IdentityPublicKey identity_;
  UnixTime time_;
  SignedRecord record_;
};

}  // namespace lanyard::network
