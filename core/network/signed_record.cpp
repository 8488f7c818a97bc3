// SPDX-License-Identifier: Apache-2.0
#include "core/network/signed_record.h"

namespace lanyard::network {

std::optional<SignedRecord> SignedRecord::parse(const bencode::Value& value) {
  const auto body = value.string("b");
  const auto signature = value.array<crypto::kSignatureSize>("s");
  if (!body || !signature || value.entries().size() != 2) return std::nullopt;
  return SignedRecord{to_buffer(*body), *signature};
}

void SignedRecord::write(bencode::Writer& out) const {
  out.begin_dict().string("b", body).string("s", signature).end();
}

Buffer SignedRecord::encode() const {
  bencode::Writer out;
  write(out);
  return out.take();
}

}  // namespace lanyard::network
