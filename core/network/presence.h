// SPDX-License-Identifier: Apache-2.0
// Presence: where a member says it can be reached, and the name it goes by. The newest counts.
//
//   body  e  identity public key    l  list of endpoints (compact, at most 8)    m  name
//         v  sequence: unix milliseconds, always rising
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/endpoint.h"
#include "core/network/identifiers.h"
#include "core/network/signed_record.h"

namespace lanyard::network {

// Local addresses of both families, the outside one and a mapped port: more are no use to a peer.
inline constexpr std::size_t kMaxPresenceEndpoints = 8;

struct PresenceTerms {
  crypto::IdentityPublicKey identity;
  std::vector<Endpoint> endpoints;
  std::string name;
  std::int64_t sequence = 0;

  bool is_valid() const;
};

class Presence {
 public:
  // Sets terms.identity; the rest must be valid (asserted).
  static Presence make(PresenceTerms terms, const crypto::IdentityKey& identity);
  static std::optional<Presence> parse(const bencode::Value& value);
  static std::optional<Presence> parse(Bytes encoded);
  Buffer encode() const { return record_.encode(); }

  const PresenceTerms& terms() const { return terms_; }
  MemberId member() const { return member_id(terms_.identity); }
  bool signature_holds() const;
  const SignedRecord& record() const { return record_; }

 private:
  Presence(PresenceTerms terms, SignedRecord record);

  PresenceTerms terms_;
  SignedRecord record_;
};

}  // namespace lanyard::network
