// SPDX-License-Identifier: Apache-2.0
// Membership: why a node belongs to a network. A founder has the word of an admin; everyone else a
// grant, a claim and a witness. What can be said of one membership alone is said here; whether its
// witness is a member, and whether uses were left, only the roster knows.
//
//   founder  d 1:b <body, as a string> 1:k i0e 1:s <signature by an admin> e
//     body   e  identity public key    f  fixed IPv4 address (optional)    i  network id    n  name
//            t  time    x  Noise public key
//   invited  d 1:c <claim> 1:g <grant> 1:k i1e 1:w <witness> e
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "core/network/charter.h"
#include "core/network/claim.h"
#include "core/network/grant.h"
#include "core/network/witness.h"

namespace lanyard::network {

// A handshake carries one in a datagram that is padded to 1,100 bytes.
inline constexpr std::size_t kMaxMembershipSize = 900;

struct FounderTerms {
  crypto::IdentityPublicKey identity;
  std::optional<IpAddress> address;
  NetworkId network;
  std::string name;
  UnixTime time;
  crypto::NoisePublicKey noise_key;

  bool is_valid() const;
};

struct Founding {
  FounderTerms terms;
  SignedRecord record;
};

struct Invitation {
  Grant grant;
  Claim claim;
  Witness witness;
};

class Membership {
 public:
  // terms must be valid (asserted).
  static Membership found(FounderTerms terms, const crypto::AdminKey& admin);
  static Membership invited(Grant grant, Claim claim, Witness witness);
  static std::optional<Membership> parse(const bencode::Value& value);
  static std::optional<Membership> parse(Bytes encoded);
  const Buffer& encode() const { return encoded_; }

  bool is_founder() const { return std::holds_alternative<Founding>(basis_); }
  // nullptr for the other kind.
  const Founding* founding() const { return std::get_if<Founding>(&basis_); }
  const Invitation* invitation() const { return std::get_if<Invitation>(&basis_); }

  const NetworkId& network() const;
  const crypto::IdentityPublicKey& identity() const;
  const MemberId& member() const { return member_; }
  const crypto::NoisePublicKey& noise_key() const;
  // The founder's or the witness's time.
  UnixTime admitted() const;
  // A name that a grant fixed, else the one wished for.
  const std::string& name() const;
  bool has_fixed_name() const;
  std::optional<IpAddress> fixed_address() const;

  // All that needs neither charter nor roster: claim, witness and grant belong together, the
  // witness was in time and is another than the claimant, and their signatures hold.
  bool holds_together() const;
  // The founder's or the grant's signature is by this admin.
  bool signed_by(const Charter& charter) const;

 private:
  explicit Membership(std::variant<Founding, Invitation> basis);

  std::variant<Founding, Invitation> basis_;
  MemberId member_;
  Buffer encoded_;
};

}  // namespace lanyard::network
