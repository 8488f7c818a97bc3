// SPDX-License-Identifier: Apache-2.0
#include "core/network/token.h"

#include <algorithm>

#include "core/base/bech32m.h"
#include "core/base/endian.h"
#include "core/network/name.h"

namespace lanyard::network {

namespace {

constexpr std::string_view kPrefix = "LANYARD";
constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kNameFollows = 1;
constexpr std::uint8_t kAddressFollows = 2;
constexpr std::size_t kChecksumSize = 4;

std::array<std::uint8_t, kChecksumSize> inner_checksum(Bytes content) {
  const crypto::Hash256 hash = crypto::blake2b_256({content});
  return *to_array<kChecksumSize>(Bytes(hash).first(kChecksumSize));
}

template <typename Integer>
void append_be(Buffer& out, Integer value) {
  std::array<std::uint8_t, sizeof(Integer)> bytes{};
  store_be(bytes.data(), value);
  append(out, bytes);
}

// Takes fields off the front; after a field that was not there, everything else is missing too.
class Cursor {
 public:
  explicit Cursor(Bytes rest) : rest_(rest) {}

  std::optional<Bytes> take(std::size_t size) {
    if (size > rest_.size()) {
      rest_ = {};
      return std::nullopt;
    }
    const Bytes out = rest_.first(size);
    rest_ = rest_.subspan(size);
    return out;
  }
  template <typename Integer>
  std::optional<Integer> integer() {
    const auto bytes = take(sizeof(Integer));
    if (!bytes) return std::nullopt;
    return load_be<Integer>(bytes->data());
  }
  template <typename T>
  std::optional<T> value() {
    const auto bytes = take(T::kSize);
    if (!bytes) return std::nullopt;
    return T::from_bytes(*bytes);
  }
  bool at_end() const { return rest_.empty(); }

 private:
  Bytes rest_;
};

Error malformed() { return make_error(Errc::invalid, "the token is malformed"); }

Error newer(const std::string& what) {
  return make_error(Errc::invalid, "this token was made by a newer Lanyard (" + what + ")",
                    "update Lanyard on this machine, then join again");
}

std::optional<Endpoint> take_hint(Cursor& cursor) {
  const auto family = cursor.integer<std::uint8_t>();
  if (family != 4 && family != 6) return std::nullopt;
  const auto compact = cursor.take(family == 4 ? 6 : 18);
  if (!compact) return std::nullopt;
  return Endpoint::from_compact(*compact);
}

std::optional<std::vector<Endpoint>> take_hints(Cursor& cursor) {
  const auto count = cursor.integer<std::uint8_t>();
  if (!count || *count > kMaxHints) return std::nullopt;
  std::vector<Endpoint> out;
  for (std::size_t i = 0; i < *count; ++i) {
    const auto hint = take_hint(cursor);
    if (!hint) return std::nullopt;
    out.push_back(*hint);
  }
  return out;
}

std::optional<std::string> take_name(Cursor& cursor) {
  const auto size = cursor.integer<std::uint8_t>();
  if (!size) return std::nullopt;
  const auto bytes = cursor.take(*size);
  if (!bytes || !is_member_name(as_text(*bytes))) return std::nullopt;
  return to_string(*bytes);
}

// The layout of protocol.md section 3, without the inner checksum.
Result<Token> parse_content(Bytes content) {
  Cursor cursor(content.subspan(1));  // the version has been looked at
  const auto flags = cursor.integer<std::uint8_t>();
  auto seed = cursor.value<InviteSeed>();
  auto join_secret = cursor.value<JoinSecret>();
  const auto network = cursor.value<NetworkId>();
  const auto admin = cursor.value<AdminId>();
  const auto not_after = cursor.integer<std::uint32_t>();
  const auto uses = cursor.integer<std::uint16_t>();
  const auto role = cursor.integer<std::uint8_t>();
  const auto signature = cursor.take(crypto::kSignatureSize);
  if (!signature) return malformed();
  if (*role != 0) return newer("role " + std::to_string(*role));
  if ((*flags & ~(kNameFollows | kAddressFollows)) != 0) return newer("unknown fields");

  GrantTerms terms = {.address = {},
                      .network = *network,
                      .invite = invite_key(*seed).public_key(),
                      .name = {},
                      .admin = *admin,
                      .role = MemberRole::member,
                      .uses = *uses,
                      .not_after = {*not_after}};
  if ((*flags & kNameFollows) != 0) {
    terms.name = take_name(cursor);
    if (!terms.name) return malformed();
  }
  if ((*flags & kAddressFollows) != 0) {
    const auto address = cursor.take(4);
    if (!address) return malformed();
    terms.address = IpAddress::from_bytes(*address);
  }
  auto hints = take_hints(cursor);
  if (!hints || !cursor.at_end() || !terms.is_valid()) return malformed();
  return Token{*std::move(seed), *std::move(join_secret),
               Grant::rebuild(std::move(terms), *to_array<crypto::kSignatureSize>(*signature)),
               *std::move(hints)};
}

}  // namespace

crypto::InviteKey invite_key(const InviteSeed& seed) {
  return *crypto::InviteKey::from_seed(crypto::derive(seed.bytes(), "invite key", {}).bytes());
}

std::string Token::to_text() const {
  const GrantTerms& terms = grant.terms();
  Buffer out;
  out.reserve(512);  // never moved, so that wiping it at the end leaves no copy
  out.push_back(kVersion);
  out.push_back(static_cast<std::uint8_t>((terms.name ? kNameFollows : 0) |
                                          (terms.address ? kAddressFollows : 0)));
  append(out, seed.bytes());
  append(out, join_secret.bytes());
  append(out, terms.network.bytes);
  append(out, terms.admin.bytes);
  append_be(out, static_cast<std::uint32_t>(terms.not_after.seconds));
  append_be(out, static_cast<std::uint16_t>(terms.uses));
  out.push_back(static_cast<std::uint8_t>(terms.role));
  append(out, grant.record().signature);
  if (terms.name) {
    out.push_back(static_cast<std::uint8_t>(terms.name->size()));
    append(out, *terms.name);
  }
  if (terms.address) append(out, terms.address->bytes());
  const std::size_t count = std::min(hints.size(), kMaxHints);
  out.push_back(static_cast<std::uint8_t>(count));
  for (std::size_t i = 0; i < count; ++i) {
    out.push_back(hints[i].address.is_v4() ? 4 : 6);
    append(out, hints[i].compact());
  }
  append(out, inner_checksum(out));
  const crypto::WipeOnExit wipe(out);
  return bech32m::encode(kPrefix, out);
}

Result<Token> Token::parse(std::string_view text) {
  auto decoded = bech32m::decode(kPrefix, text);
  if (!decoded) return decoded.error();
  const crypto::WipeOnExit wipe(*decoded);
  const Bytes payload = *decoded;
  if (payload.size() <= kChecksumSize) return malformed();
  if (payload[0] > kVersion) return newer("token version " + std::to_string(payload[0]));
  const Bytes content = payload.first(payload.size() - kChecksumSize);
  if (!equal(inner_checksum(content), payload.subspan(content.size()))) {
    return make_error(Errc::invalid, "the token is mistyped: its inner checksum does not match",
                      "copy the whole token again");
  }
  if (payload[0] != kVersion) return malformed();
  return parse_content(content);
}

Result<void> Token::check_time(UnixTime now) const {
  if (!grant.has_ended(now)) return {};
  return make_error(Errc::expired, "the token has expired",
                    "ask for a new one (lanyard invite), and check this machine's clock");
}

}  // namespace lanyard::network
