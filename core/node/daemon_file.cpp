// SPDX-License-Identifier: Apache-2.0
#include "core/node/daemon_file.h"

#include "core/base/bencode.h"

namespace lanyard::node {

namespace {

constexpr std::int64_t kFormat = 1;
constexpr std::size_t kMaxNodes = 200;

}  // namespace

Buffer encode_daemon_file(const DaemonFile& file) {
  bencode::Writer out;
  out.begin_dict()
      .integer("format", kFormat)
      .string("nodes", dht::encode_contacts(file.dht_nodes, IpFamily::v4));
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
  return DaemonFile{static_cast<std::uint16_t>(*port),
                    dht::decode_contacts(*nodes, IpFamily::v4, kMaxNodes)};
}

}  // namespace lanyard::node
