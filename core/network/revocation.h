// SPDX-License-Identifier: Apache-2.0
// Revocation: an admin's word that an invite or a member counts no more. Revocations are records of
// their own, beside the charter, so that two admins can revoke at once and nothing gets lost.
//
//   body  i  network id    k  public key of the invite or the member    o  id of the signing admin
//         t  time
#pragma once

#include <optional>

#include "core/base/time.h"
#include "core/network/charter.h"

namespace lanyard::network {

// An invite's or an identity's public key: a revocation treats them alike.
using RevokedKey = std::array<std::uint8_t, 32>;

class Revocation {
 public:
  static Revocation make(const NetworkId& network,
                         const RevokedKey& key,
                         UnixTime time,
                         const crypto::AdminKey& admin);
  static std::optional<Revocation> parse(const bencode::Value& value);
  static std::optional<Revocation> parse(Bytes encoded);
  Buffer encode() const { return record_.encode(); }

  const NetworkId& network() const { return network_; }
  const RevokedKey& key() const { return key_; }
  UnixTime time() const { return time_; }
  const AdminId& admin() const { return admin_; }
  bool signature_holds(const crypto::AdminPublicKey& admin) const;
  const SignedRecord& record() const { return record_; }

 private:
  Revocation() = default;

  NetworkId network_;
  RevokedKey key_{};
  UnixTime time_;
  AdminId admin_;
  SignedRecord record_;
};

}  // namespace lanyard::network
