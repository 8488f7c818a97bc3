// SPDX-License-Identifier: Apache-2.0
#include "core/vswitch/offload/offload_header.h"

#include <bit>

#include <doctest/doctest.h>

#include "tests/unit/vswitch/frames.h"

namespace lanyard::vswitch::test {

TEST_CASE("an offload header is the kernel's, byte for byte") {
  if constexpr (std::endian::native != std::endian::little) return;  // the bytes below are
  const OffloadHeader header{.gso = OffloadHeader::Gso::tcp_v6,
                             .needs_checksum = true,
                             .ecn = true,
                             .header_length = 0x56,
                             .segment_size = 0x05a0,
                             .checksum_start = 0x36,
                             .checksum_offset = 0x10};
  Buffer out(OffloadHeader::kSize);
  header.write(out);
  CHECK(to_hex(out) == "01845600a00536001000");
  CHECK(OffloadHeader::parse(out) == header);
  CHECK(OffloadHeader::parse(hex("00000000000000000000")) == OffloadHeader());
}

TEST_CASE("flags that say nothing to us are passed over") {
  // VIRTIO_NET_HDR_F_DATA_VALID and others; no checksum is missing.
  CHECK(OffloadHeader::parse(hex("fe000000000000000000")) == OffloadHeader());
}

TEST_CASE("a type that is none of ours, or too few bytes, are no offload header") {
  for (unsigned type = 0; type < 256; ++type) {
    Buffer bytes(OffloadHeader::kSize);
    bytes[1] = static_cast<std::uint8_t>(type);
    const unsigned bare = type & 0x7f;
    CAPTURE(type);
    CHECK(OffloadHeader::parse(bytes).has_value() ==
          (bare == 0 || bare == 1 || bare == 4 || bare == 5));
  }
  for (std::size_t size = 0; size < OffloadHeader::kSize; ++size) {
    CHECK_FALSE(OffloadHeader::parse(Buffer(size)));
  }
}

}  // namespace lanyard::vswitch::test
