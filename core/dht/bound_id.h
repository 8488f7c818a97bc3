// SPDX-License-Identifier: Apache-2.0
// Ids that are bound to the address of their node (BEP 42), so that nobody chooses where in the
// space he sits: the first 21 bits follow from the address and three bits of the last byte. Each
// address can have eight such places.
#pragma once

#include <cstdint>

#include "core/base/bytes.h"
#include "core/base/endpoint.h"
#include "core/base/rng.h"
#include "core/dht/node_id.h"

namespace lanyard::dht {

// Addresses of a local network are exempt: any id fits them, for one machine has several.
bool fits(const NodeId& id, const IpAddress& address);
// Random within what the address leaves open.
NodeId random_id_for(const IpAddress& address, Rng& rng);

// Castagnoli's polynomial (RFC 3720 appendix B.4).
std::uint32_t crc32c(Bytes bytes);

}  // namespace lanyard::dht
