// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/vswitch/twins.h"

#include <algorithm>

namespace lanyard::vswitch::test {

namespace {

std::size_t get16(const Buffer& from, std::size_t at) {
  return std::size_t{from[at]} << 8 | from[at + 1];
}

std::size_t get32(const Buffer& from, std::size_t at) {
  return get16(from, at) << 16 | get16(from, at + 2);
}

void put16(Buffer& to, std::size_t at, std::size_t value) {
  to[at] = static_cast<std::uint8_t>(value >> 8);
  to[at + 1] = static_cast<std::uint8_t>(value);
}

void put32(Buffer& to, std::size_t at, std::size_t value) {
  put16(to, at, value >> 16);
  put16(to, at + 2, value);
}

// In one's complement, which is counting modulo 0xffff; 0 only for zeros.
std::size_t slow_sum(const Buffer& bytes) {
  std::size_t sum = 0;
  bool is_high = true;
  for (const std::uint8_t byte : bytes) {
    sum += is_high ? std::size_t{byte} << 8 : byte;
    is_high = !is_high;
  }
  return sum == 0 ? 0 : (sum - 1) % 0xffff + 1;
}

// Takes size bytes off the front of rest.
std::optional<Buffer> take(Bytes& rest, std::size_t size) {
  if (size > rest.size()) return std::nullopt;
  Buffer out = to_buffer(rest.first(size));
  rest = rest.subspan(size);
  return out;
}

std::optional<Buffer> take_link(Bytes& rest) {
  std::size_t size = 14;
  while (size <= rest.size()) {
    const Buffer header = to_buffer(rest.first(size));
    const std::size_t type = get16(header, size - 2);
    if (type != 0x8100 && type != 0x88a8) return take(rest, size);
    size += 4;
    if (size > 14 + 7 * 4) return std::nullopt;
  }
  return std::nullopt;
}

// Takes the network header, and leaves in rest what IP says is behind it.
bool take_network(Bytes& rest, Parts& parts, std::size_t type) {
  std::size_t protocol = 0;
  if (type == 0x0800) {
    parts.family = IpFamily::v4;
    if (rest.size() < 20 || rest[0] / 16 != 4) return false;
    const Buffer start = to_buffer(rest.first(20));
    const std::size_t header_size = std::size_t{4} * (rest[0] % 16);
    const std::size_t total = get16(start, 2);
    const bool has_more_fragments = (start[6] & 0x20) != 0;
    const std::size_t fragment_offset = get16(start, 6) % 0x2000;
    if (header_size < 20 || header_size > total || total > rest.size()) return false;
    if (has_more_fragments || fragment_offset != 0) return false;
    protocol = start[9];
    parts.padding = to_buffer(rest.subspan(total));
    rest = rest.first(total);
    parts.network_header = *take(rest, header_size);
  } else if (type == 0x86dd) {
    parts.family = IpFamily::v6;
    if (rest.size() < 40 || rest[0] / 16 != 6) return false;
    parts.network_header = *take(rest, 40);
    const std::size_t length = get16(parts.network_header, 4);
    if (length > rest.size()) return false;
    protocol = parts.network_header[6];
    parts.padding = to_buffer(rest.subspan(length));
    rest = rest.first(length);
    // Hop-by-hop options, routing header, destination options.
    while (protocol == 0 || protocol == 43 || protocol == 60) {
      if (rest.size() < 8) return false;
      protocol = rest[0];
      const auto extension = take(rest, 8 + 8 * std::size_t{rest[1]});
      if (!extension) return false;
      append(parts.network_header, *extension);
      if (parts.network_header.size() > 40 + 256) return false;
    }
  } else {
    return false;
  }
  parts.transport = protocol == 6 ? Transport::tcp : Transport::udp;
  return protocol == 6 || protocol == 17;
}

void set_lengths(Parts& parts) {
  const std::size_t transport = parts.transport_header.size() + parts.payload.size();
  if (parts.family == IpFamily::v4) {
    put16(parts.network_header, 2, parts.network_header.size() + transport);
  } else {
    put16(parts.network_header, 4, parts.network_header.size() - 40 + transport);
  }
  if (parts.transport == Transport::udp) put16(parts.transport_header, 4, transport);
}

std::size_t checksum_place(const Parts& parts) {
  return parts.transport == Transport::tcp ? 16 : 6;
}

bool is_lie(const Parts& parts, const OffloadHeader& offload) {
  using Gso = OffloadHeader::Gso;
  const bool is_tcp = parts.transport == Transport::tcp;
  const bool is_v4 = parts.family == IpFamily::v4;
  if (offload.gso == Gso::none) return true;
  if (offload.gso == Gso::tcp_v4 && !(is_tcp && is_v4)) return true;
  if (offload.gso == Gso::tcp_v6 && !(is_tcp && !is_v4)) return true;
  if (offload.gso == Gso::udp && is_tcp) return true;
  if (offload.ecn && !is_tcp) return true;
  if (!offload.needs_checksum) return true;
  if (offload.checksum_start != parts.link.size() + parts.network_header.size()) return true;
  if (offload.checksum_offset != checksum_place(parts)) return true;
  if (offload.segment_size == 0 || offload.segment_size == 65'535) return true;
  if ((parts.payload.size() + offload.segment_size - 1) / offload.segment_size > 1366) return true;
  return !parts.padding.empty();
}

}  // namespace

std::optional<Parts> take_apart(Bytes frame) {
  Parts parts;
  const auto link = take_link(frame);
  if (!link) return std::nullopt;
  parts.link = *link;
  if (!take_network(frame, parts, get16(parts.link, parts.link.size() - 2))) return std::nullopt;
  std::size_t header_size = 8;
  if (parts.transport == Transport::tcp) {
    if (frame.size() < 20) return std::nullopt;
    header_size = std::size_t{4} * (frame[12] / 16);
    if (header_size < 20) return std::nullopt;
  } else if (frame.size() < 8 || frame[4] * 256U + frame[5] != frame.size()) {
    return std::nullopt;
  }
  const auto header = take(frame, header_size);
  if (!header) return std::nullopt;
  parts.transport_header = *header;
  parts.payload = to_buffer(frame);
  return parts;
}

Buffer put_together(const Parts& parts) {
  Buffer out = parts.link;
  append(out, parts.network_header);
  append(out, parts.transport_header);
  append(out, parts.payload);
  append(out, parts.padding);
  return out;
}

void set_ipv4_checksum(Parts& parts) {
  if (parts.family != IpFamily::v4) return;
  put16(parts.network_header, 10, 0);
  put16(parts.network_header, 10, 0xffff - slow_sum(parts.network_header));
}

void set_checksum(Parts& parts, std::uint16_t value) {
  put16(parts.transport_header, checksum_place(parts), value);
}

std::uint16_t checksum_of(const Parts& parts) {
  return static_cast<std::uint16_t>(get16(parts.transport_header, checksum_place(parts)));
}

std::uint16_t pending_sum(const Parts& parts) {
  const bool is_v4 = parts.family == IpFamily::v4;
  const std::size_t length = parts.transport_header.size() + parts.payload.size();
  // RFC 9293 section 3.1; RFC 8200 section 8.1 has the same bytes but for zeros.
  Buffer pseudo_header =
      to_buffer(Bytes(parts.network_header).subspan(is_v4 ? 12 : 8, is_v4 ? 8 : 32));
  pseudo_header.push_back(0);
  pseudo_header.push_back(parts.transport == Transport::tcp ? 6 : 17);
  pseudo_header.resize(pseudo_header.size() + 2);
  put16(pseudo_header, pseudo_header.size() - 2, length);
  return static_cast<std::uint16_t>(slow_sum(pseudo_header));
}

void complete(Parts& parts) {
  Buffer summed = parts.transport_header;
  append(summed, parts.payload);
  append(summed, parts.padding);
  std::size_t checksum = 0xffff - slow_sum(summed);
  if (checksum == 0 && parts.transport == Transport::udp) checksum = 0xffff;
  set_checksum(parts, static_cast<std::uint16_t>(checksum));
}

Buffer completed(Bytes frame) {
  Parts parts = take_apart(frame).value();
  complete(parts);
  return put_together(parts);
}

std::optional<std::vector<Buffer>> cut(Bytes super_frame, const OffloadHeader& offload) {
  const auto whole = take_apart(super_frame);
  if (!whole || is_lie(*whole, offload)) return std::nullopt;
  const std::size_t size = offload.segment_size;
  if (whole->payload.size() <= size) return std::vector<Buffer>{to_buffer(super_frame)};

  // A pending sum that is wrong stays wrong by as much.
  const std::size_t wrong_by = checksum_of(*whole) + 0xffff - pending_sum(*whole);
  std::vector<Buffer> out;
  for (std::size_t at = 0; at < whole->payload.size(); at += size) {
    const bool is_first = at == 0;
    const bool is_last = at + size >= whole->payload.size();
    Parts part = *whole;
    const Bytes rest = Bytes(whole->payload).subspan(at);
    part.payload = to_buffer(rest.first(std::min(size, rest.size())));
    set_lengths(part);
    if (part.family == IpFamily::v4) {
      put16(part.network_header, 4, get16(whole->network_header, 4) + out.size());
      set_ipv4_checksum(part);
    }
    if (part.transport == Transport::tcp) {
      put32(part.transport_header, 4, get32(whole->transport_header, 4) + at);
      if (!is_last) part.transport_header[13] &= 0xff - 0x01 - 0x08;  // FIN, PSH
      if (!is_first) part.transport_header[13] &= 0xff - 0x80;        // CWR
    }
    const std::size_t sum = pending_sum(part) + wrong_by;
    set_checksum(part, static_cast<std::uint16_t>(sum % 0xffff));
    out.push_back(put_together(part));
  }
  return out;
}

std::optional<std::vector<Buffer>> on_the_wire(Bytes offload_header, Bytes frame) {
  const auto offload = OffloadHeader::parse(offload_header);
  if (!offload) return std::nullopt;
  if (offload->gso != OffloadHeader::Gso::none) {
    const auto segments = cut(frame, *offload);
    if (!segments) return std::nullopt;
    std::vector<Buffer> out;
    for (const Buffer& segment : *segments) out.push_back(completed(segment));
    return out;
  }
  if (!offload->needs_checksum) return std::vector<Buffer>{to_buffer(frame)};
  auto parts = take_apart(frame);
  if (!parts || offload->checksum_offset != checksum_place(*parts) ||
      offload->checksum_start != parts->link.size() + parts->network_header.size()) {
    return std::nullopt;
  }
  complete(*parts);
  return std::vector<Buffer>{put_together(*parts)};
}

}  // namespace lanyard::vswitch::test
