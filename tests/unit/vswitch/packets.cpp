// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/vswitch/packets.h"

#include <algorithm>

#include "core/vswitch/ethernet.h"
#include "tests/unit/vswitch/twins.h"

namespace lanyard::vswitch::test {

namespace {

void append_be(Buffer& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = bytes; i-- > 0;) out.push_back(static_cast<std::uint8_t>(value >> 8 * i));
}

Buffer transport_header(const Recipe& recipe) {
  Buffer out;
  append_be(out, recipe.source_port, 2);
  append_be(out, recipe.destination_port, 2);
  if (recipe.transport == Transport::udp) {
    append_be(out, 8 + recipe.payload.size(), 2);
    append_be(out, 0, 2);
    return out;
  }
  append_be(out, recipe.sequence, 4);
  append_be(out, recipe.acknowledgment, 4);
  append_be(out, (20 + recipe.tcp_options.size()) / 4 << 4, 1);
  append_be(out, recipe.flags, 1);
  append_be(out, recipe.window, 2);
  append_be(out, 0, 2);
  append_be(out, recipe.urgent, 2);
  append(out, recipe.tcp_options);
  return out;
}

// Padding, as options or as a route that has been travelled (RFC 8200 sections 4.2 and 4.4).
Buffer extension_header(std::uint8_t next, std::uint8_t type, std::size_t size) {
  Buffer out(size);
  out[0] = next;
  out[1] = static_cast<std::uint8_t>(size / 8 - 1);
  if (type == 43) {
    out[2] = 253;  // experiments (RFC 4727 section 8)
    return out;
  }
  // PadN has room for 255 bytes.
  out[2] = 1;
  out[3] = static_cast<std::uint8_t>(std::min<std::size_t>(size - 4, 255));
  return out;
}

Buffer network_header(const Recipe& recipe, std::size_t transport_size) {
  const std::uint8_t protocol = recipe.transport == Transport::tcp ? 6 : 17;
  Buffer out;
  if (recipe.family == IpFamily::v6) {
    append_be(out, 0x60000000 | std::uint32_t{recipe.traffic_class} << 20 | recipe.flow_label, 4);
    Buffer extensions;
    for (std::size_t i = 0; i < recipe.extensions.size(); ++i) {
      const bool is_last = i + 1 == recipe.extensions.size();
      append(extensions, extension_header(is_last ? protocol : recipe.extensions[i + 1].first,
                                          recipe.extensions[i].first, recipe.extensions[i].second));
    }
    append_be(out, extensions.size() + transport_size, 2);
    append_be(out, recipe.extensions.empty() ? protocol : recipe.extensions[0].first, 1);
    append_be(out, recipe.hop_limit, 1);
    append_be(out, 0xfd00000000000000, 8);
    append_be(out, recipe.source_host, 8);
    append_be(out, 0xfd00000000000000, 8);
    append_be(out, 2, 8);
    append(out, extensions);
    return out;
  }
  const std::size_t size = 20 + recipe.ip_options.size();
  append_be(out, 0x40 | size / 4, 1);
  append_be(out, recipe.traffic_class, 1);
  append_be(out, size + transport_size, 2);
  append_be(out, recipe.identification, 2);
  append_be(out, recipe.fragment, 2);
  append_be(out, recipe.hop_limit, 1);
  append_be(out, protocol, 1);
  append_be(out, 0, 2);
  append_be(out, 0x0a4d0000 | recipe.source_host, 4);
  append_be(out, 0x0a4d0002, 4);
  append(out, recipe.ip_options);
  return out;
}

Parts parts_of(const Recipe& recipe) {
  Parts parts;
  parts.family = recipe.family;
  parts.transport = recipe.transport;
  append_be(parts.link, 0x020000000002, 6);
  append_be(parts.link, 0x020000000001, 6);
  for (const std::uint32_t tag : recipe.tags) append_be(parts.link, tag, 4);
  append_be(parts.link, recipe.family == IpFamily::v4 ? kEtherTypeIpv4 : kEtherTypeIpv6, 2);
  parts.transport_header = transport_header(recipe);
  parts.payload = recipe.payload;
  parts.network_header =
      network_header(recipe, parts.transport_header.size() + parts.payload.size());
  set_ipv4_checksum(parts);
  return parts;
}

}  // namespace

Buffer numbered(std::size_t size, std::uint8_t first) {
  Buffer out(size);
  for (std::size_t i = 0; i < size; ++i) {
    out[i] = static_cast<std::uint8_t>(first + i * 7 + i / 256);
  }
  return out;
}

Buffer timestamps() { return {1, 1, 8, 10, 0, 0, 0x12, 0x34, 0, 0, 0x56, 0x78}; }

Buffer pending_frame(const Recipe& recipe) {
  Parts parts = parts_of(recipe);
  set_checksum(parts, pending_sum(parts));
  return put_together(parts);
}

Buffer complete_frame(const Recipe& recipe) {
  Parts parts = parts_of(recipe);
  set_checksum(parts, pending_sum(parts));
  complete(parts);
  return put_together(parts);
}

OffloadHeader offload_of(const Recipe& recipe, std::size_t segment_size) {
  const Parts parts = parts_of(recipe);
  OffloadHeader offload;
  offload.needs_checksum = true;
  offload.checksum_start =
      static_cast<std::uint16_t>(parts.link.size() + parts.network_header.size());
  offload.checksum_offset = recipe.transport == Transport::tcp ? 16 : 6;
  if (segment_size == 0) return offload;
  offload.header_length =
      static_cast<std::uint16_t>(offload.checksum_start + parts.transport_header.size());
  offload.segment_size = static_cast<std::uint16_t>(segment_size);
  offload.ecn = recipe.transport == Transport::tcp && (recipe.flags & kCwr) != 0;
  offload.gso = recipe.transport == Transport::udp ? OffloadHeader::Gso::udp
                : recipe.family == IpFamily::v4    ? OffloadHeader::Gso::tcp_v4
                                                   : OffloadHeader::Gso::tcp_v6;
  return offload;
}

Buffer written(const OffloadHeader& offload) {
  Buffer out(OffloadHeader::kSize);
  offload.write(out);
  return out;
}

}  // namespace lanyard::vswitch::test
