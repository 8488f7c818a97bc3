// SPDX-License-Identifier: Apache-2.0
#include "core/node/daemon_file.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/bencode.h"
#include "core/base/endian.h"

namespace lanyard::node {

namespace {

constexpr std::int64_t kFormat = 1;
constexpr std::size_t kMaxNodes = 200;  // of each family

//   0  protocol 1 | nonce 12 | internal port 2 | external port 2 | router 4 or 16 | own 4 or 16
constexpr std::size_t kMappingPorts = 13;
constexpr std::size_t kMappingAddresses = 17;

Buffer encode_mapping(const nat::RememberedMapping& mapping) {
  Buffer out{static_cast<std::uint8_t>(mapping.protocol)};
  append(out, mapping.nonce);
  out.resize(kMappingAddresses);
  store_be(&out[kMappingPorts], mapping.internal_port);
  store_be(&out[kMappingPorts + 2], mapping.external_port);
  append(out, mapping.route.router.bytes());
  append(out, mapping.route.own.bytes());
  return out;
}

// Nothing for what is damaged: then the router forgets the mapping by itself, in two hours.
std::optional<nat::RememberedMapping> parse_mapping(Bytes bytes) {
  constexpr auto kLast = static_cast<std::uint8_t>(nat::MappingProtocol::upnp);
  if (bytes.size() < kMappingAddresses || bytes[0] > kLast) return std::nullopt;
  const Bytes addresses = bytes.subspan(kMappingAddresses);
  if (addresses.size() % 2 != 0) return std::nullopt;
  const auto router = IpAddress::from_bytes(addresses.first(addresses.size() / 2));
  const auto own = IpAddress::from_bytes(addresses.last(addresses.size() / 2));
  if (!router || !own || router->family() != own->family()) return std::nullopt;
  nat::RememberedMapping out;
  out.protocol = static_cast<nat::MappingProtocol>(bytes[0]);
  out.nonce = *to_array<12>(bytes.subspan(1, 12));
  out.internal_port = load_be<std::uint16_t>(&bytes[kMappingPorts]);
  out.external_port = load_be<std::uint16_t>(&bytes[kMappingPorts + 2]);
  out.route = {*router, *own};
  return out;
}

}  // namespace

void DaemonFile::note_nodes(std::vector<dht::Contact> good) {
  std::array<std::size_t, 2> counts{};  // by family
  const auto may_add = [&counts](const dht::Contact& node) {
    return ++counts[node.endpoint.address.is_v4() ? 0 : 1] <= kMaxNodes;
  };
  std::erase_if(good, [&](const dht::Contact& node) { return !may_add(node); });
  for (const dht::Contact& node : dht_nodes) {
    const bool is_there = std::any_of(good.begin(), good.end(), [&node](const dht::Contact& other) {
      return other.endpoint == node.endpoint;
    });
    if (!is_there && may_add(node)) good.push_back(node);
  }
  dht_nodes = std::move(good);
}

Buffer encode_daemon_file(const DaemonFile& file) {
  bencode::Writer out;
  out.begin_dict().integer("format", kFormat);
  if (file.dht_id) out.string("id", file.dht_id->bytes);
  if (file.dht_id6) out.string("id6", file.dht_id6->bytes);
  if (file.mapping) out.string("mapping", encode_mapping(*file.mapping));
  out.string("nodes", dht::encode_contacts(file.dht_nodes, IpFamily::v4));
  out.string("nodes6", dht::encode_contacts(file.dht_nodes, IpFamily::v6));
  return out.integer("port", file.port).end().take();
}

Result<DaemonFile> parse_daemon_file(Bytes contents) {
  const auto dict = bencode::parse(contents);
  if (!dict || dict->integer("format") != kFormat) {
    return make_error(Errc::corrupt, "the file does not hold a daemon's state of this version");
  }
  const auto port = dict->integer("port");
  const auto nodes = dict->string("nodes");
  if (!port || *port < 0 || *port > 65535 || !nodes) {
    return make_error(Errc::corrupt, "the file does not hold all parts of a daemon's state");
  }
  DaemonFile file;
  file.port = static_cast<std::uint16_t>(*port);
  file.dht_nodes = dht::decode_contacts(*nodes, IpFamily::v4, kMaxNodes);
  if (const auto nodes6 = dict->string("nodes6")) {
    const auto more = dht::decode_contacts(*nodes6, IpFamily::v6, kMaxNodes);
    file.dht_nodes.insert(file.dht_nodes.end(), more.begin(), more.end());
  }
  if (const auto id = dict->array<dht::kIdBytes>("id")) file.dht_id = dht::NodeId{*id};
  if (const auto id = dict->array<dht::kIdBytes>("id6")) file.dht_id6 = dht::NodeId{*id};
  if (const auto mapping = dict->string("mapping")) file.mapping = parse_mapping(*mapping);
  return file;
}

}  // namespace lanyard::node
