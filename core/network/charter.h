// SPDX-License-Identifier: Apache-2.0
// Charter: the document of a network, signed by its first admin. The network id is the hash of that
// admin's key, so a charter proves itself to whoever knows the id. The newest version counts.
//
//   body  a  admin public keys, 1 to 16; the first never changes     n  name of the network
//         s  IPv4 subnet: address 4, prefix length 1                 t  time of creation
//         v  version, from 1                                         x  IPv6 ULA prefix 8
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/endpoint.h"
#include "core/base/time.h"
#include "core/crypto/signing.h"
#include "core/network/addresses.h"
#include "core/network/identifiers.h"
#include "core/network/signed_record.h"

namespace lanyard::network {

// More would not fit a `welc` message together with a witness (protocol.md section 6).
inline constexpr std::size_t kMaxAdmins = 16;

struct CharterTerms {
  std::vector<crypto::AdminPublicKey> admins;
  std::string name;
  IpPrefix subnet;
  UnixTime created;
  std::int64_t version = 1;
  UlaPrefix ula_prefix{};

  // Every limit of the record holds.
  bool is_valid() const;
};

class Charter {
 public:
  // terms must be valid and the key that of terms.admins[0]; both are asserted.
  static Charter make(CharterTerms terms, const crypto::AdminKey& first_admin);
  // The form alone; whether the signature holds is another question, and a costly one.
  static std::optional<Charter> parse(const bencode::Value& value);
  static std::optional<Charter> parse(Bytes encoded);
  Buffer encode() const { return record_.encode(); }

  bool signature_holds() const;

  const CharterTerms& terms() const { return terms_; }
  const NetworkId& network() const { return network_; }
  // The admin of that short id, or nullptr.
  const crypto::AdminPublicKey* find_admin(const AdminId& id) const;
  const SignedRecord& record() const { return record_; }

  // Replaces the other: a higher version or, at equal ones, a lower hash.
  bool supersedes(const Charter& other) const;

 private:
  Charter(CharterTerms terms, SignedRecord record);

  CharterTerms terms_;
  NetworkId network_;
  SignedRecord record_;
};

}  // namespace lanyard::network
