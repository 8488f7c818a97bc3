// SPDX-License-Identifier: Apache-2.0
#include "core/node/network_file.h"

#include <utility>

#include "core/base/bencode.h"

namespace lanyard::node {

namespace {

constexpr std::int64_t kFormat = 1;
constexpr std::string_view kFolder = "networks/";
constexpr std::string_view kNetworkSuffix = ".network";
constexpr std::string_view kRosterSuffix = ".roster";
// A roster of 4,096 members; each string counts as one token.
constexpr std::size_t kMaxTokens = 100'000;

Error corrupt(std::string_view what) {
  return make_error(Errc::corrupt, "the file does not hold " + std::string(what));
}

std::optional<network::Charter> find_charter(const std::vector<Buffer>& chain,
                                             const network::NetworkId& id) {
  for (const Buffer& entry : chain) {
    auto item = network::parse_item(entry);
    auto* charter = item ? std::get_if<network::Charter>(&*item) : nullptr;
    if (charter != nullptr && charter->network() == id && charter->signature_holds()) {
      return std::move(*charter);
    }
  }
  return std::nullopt;
}

}  // namespace

std::string network_file_name(const network::NetworkId& id) {
  return std::string(kFolder) + id.to_hex() + std::string(kNetworkSuffix);
}

std::string roster_file_name(const network::NetworkId& id) {
  return std::string(kFolder) + id.to_hex() + std::string(kRosterSuffix);
}

std::optional<NetworkFileKind> network_file_kind(std::string_view name) {
  if (!name.starts_with(kFolder)) return std::nullopt;
  if (name.ends_with(kNetworkSuffix)) return NetworkFileKind::network;
  if (name.ends_with(kRosterSuffix)) return NetworkFileKind::roster;
  return std::nullopt;
}

Buffer encode_network_file(const NetworkKeys& keys,
                           const NetworkPreferences& preferences,
                           const network::Membership& membership,
                           const std::vector<Buffer>& chain) {
  bencode::Writer out;
  out.begin_dict();
  if (keys.admin) out.string("admin", keys.admin->seed());
  out.key("chain").begin_list();
  for (const Buffer& item : chain) out.string(item);
  out.end();
  out.integer("epoch", keys.epoch).integer("format", kFormat);
  out.string("identity", keys.identity.seed()).string("interface", preferences.interface);
  out.string("membership", membership.encode()).integer("mtu", preferences.mtu.value_or(0));
  out.string("name", preferences.member_name).string("noise", keys.noise.private_bytes());
  out.string("secret", keys.secret.bytes());
  out.integer("up", preferences.wanted == Wanted::up ? 1 : 0);
  return out.end().take();
}

Result<NetworkFile> parse_network_file(Bytes contents) {
  const auto dict = bencode::parse(contents, {.depth = 4, .tokens = 1000});
  if (!dict || dict->integer("format") != kFormat) return corrupt("a network of this version");
  const auto identity_seed = dict->string("identity");
  const auto noise_bytes = dict->string("noise");
  const auto secret_bytes = dict->string("secret");
  const auto membership_bytes = dict->string("membership");
  const auto epoch = dict->integer("epoch");
  const auto up = dict->integer("up");
  const auto name = dict->string("name");
  const auto interface = dict->string("interface");
  const auto mtu = dict->integer("mtu");
  const bencode::Value* chain = dict->list("chain");
  if (!identity_seed || !noise_bytes || !secret_bytes || !membership_bytes || !epoch || !up ||
      !name || !interface || !mtu || *mtu < 0 || *mtu > 65535 || chain == nullptr) {
    return corrupt("all parts of a network");
  }
  auto identity = crypto::IdentityKey::from_seed(*identity_seed);
  auto noise = crypto::NoiseKey::from_bytes(*noise_bytes);
  auto secret = network::NetworkSecret::from_bytes(*secret_bytes);
  auto membership = network::Membership::parse(*membership_bytes);
  if (!identity || !noise || !secret || !membership) return corrupt("usable keys");
  std::optional<crypto::AdminKey> admin;
  if (const auto seed = dict->string("admin")) {
    admin = crypto::AdminKey::from_seed(*seed);
    if (!admin) return corrupt("a usable admin key");
  }
  if (membership->identity() != identity->public_key() ||
      membership->noise_key() != noise->public_key()) {
    return corrupt("keys that belong to its membership");
  }
  NetworkFile file{NetworkKeys{*std::move(identity), *std::move(noise), std::move(admin),
                               *std::move(secret), *epoch},
                   NetworkPreferences{to_string(*interface), std::nullopt, to_string(*name),
                                      *up != 0 ? Wanted::up : Wanted::down},
                   *std::move(membership),
                   {}};
  if (*mtu != 0) file.preferences.mtu = static_cast<std::uint32_t>(*mtu);
  for (const bencode::Value& entry : chain->items()) {
    if (const auto bytes = entry.string()) file.chain.push_back(to_buffer(*bytes));
  }
  const auto charter = find_charter(file.chain, file.membership.network());
  if (!charter) return corrupt("the network's charter");
  const auto& key = file.keys.admin;
  if (key && charter->find_admin(network::admin_id(key->public_key())) == nullptr) {
    return corrupt("an admin key of its network");
  }
  return file;
}

Buffer encode_roster_file(const network::Roster& roster, const std::vector<RememberedPath>& paths) {
  bencode::Writer out;
  out.begin_dict().integer("format", kFormat).key("paths").begin_list();
  for (const RememberedPath& path : paths) {
    out.begin_dict().string("e", path.endpoint.compact()).string("m", path.member.bytes);
    out.integer("t", path.last_seen.seconds).end();
  }
  return out.end().string("roster", roster.encode()).end().take();
}

Result<RosterFile> parse_roster_file(Bytes contents) {
  const auto dict = bencode::parse(contents, {.depth = 4, .tokens = kMaxTokens});
  if (!dict || dict->integer("format") != kFormat) return corrupt("a roster of this version");
  const auto roster_bytes = dict->string("roster");
  const bencode::Value* paths = dict->list("paths");
  if (!roster_bytes || paths == nullptr) return corrupt("all parts of a roster");
  auto roster = network::Roster::decode(*roster_bytes);
  if (!roster) return roster.error();
  RosterFile file{*std::move(roster), {}};
  for (const bencode::Value& path : paths->items()) {
    const auto member = path.array<16>("m");
    const auto compact = path.string("e");
    const auto time = path.integer("t");
    if (!member || !compact || !time) continue;
    const auto endpoint = Endpoint::from_compact(*compact);
    if (endpoint) file.paths.push_back({{*member}, *endpoint, {*time}});
  }
  return file;
}

}  // namespace lanyard::node
