// SPDX-License-Identifier: Apache-2.0
// Grant: what an admin allows the holder of an invite. Its body is a function of its terms, so that
// a token carries just the terms and the signature.
//
//   body  a  fixed IPv4 address (optional)    i  network id       k  invite public key
//         n  name of the member (optional)    o  admin id         r  role (0 member)
//         u  uses, 1 to 65535                 x  not after, unix seconds
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/endpoint.h"
#include "core/base/time.h"
#include "core/network/identifiers.h"
#include "core/network/signed_record.h"

namespace lanyard::network {

// Clocks of members may differ by this much before an invite ends too early or a witness too late.
inline constexpr std::int64_t kClockSlackSeconds = 300;
inline constexpr std::uint32_t kMaxUses = 65535;  // two bytes of a token

enum class MemberRole : std::uint8_t { member = 0 };

struct GrantTerms {
  std::optional<IpAddress> address;  // IPv4
  NetworkId network;
  crypto::InvitePublicKey invite;
  std::optional<std::string> name;
  AdminId admin;
  MemberRole role = MemberRole::member;
  std::uint32_t uses = 1;
  UnixTime not_after;

  bool is_valid() const;
};

class Grant {
 public:
  // Sets terms.admin; the rest must be valid (asserted).
  static Grant make(GrantTerms terms, const crypto::AdminKey& admin);
  // From the fields of a token. terms must be valid (asserted).
  static Grant rebuild(GrantTerms terms, const crypto::Signature& signature);
  static std::optional<Grant> parse(const bencode::Value& value);
  static std::optional<Grant> parse(Bytes encoded);
  Buffer encode() const { return record_.encode(); }

  const GrantTerms& terms() const { return terms_; }
  InviteId id() const { return invite_id(terms_.invite); }
  bool signature_holds(const crypto::AdminPublicKey& admin) const;
  // By the clock of whoever asks: nobody is let in any more.
  bool has_ended(UnixTime at) const { return at > terms_.not_after; }
  // By every clock that is right enough: for words of others.
  bool has_expired(UnixTime at) const;
  const SignedRecord& record() const { return record_; }

  friend bool operator==(const Grant& a, const Grant& b) { return a.record_ == b.record_; }

 private:
  Grant(GrantTerms terms, SignedRecord record);

  GrantTerms terms_;
  SignedRecord record_;
};

}  // namespace lanyard::network
