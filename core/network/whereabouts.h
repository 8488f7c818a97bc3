// SPDX-License-Identifier: Apache-2.0
// Whereabouts: a member's presence as an item of the DHT (BEP 44), for when nobody is left who
// could pass it on (protocol.md 8.3). Sealed, of one size, and under a key that changes every hour,
// so that it tells strangers nothing and they cannot follow it.
//
// All members can make that key: it keeps strangers from writing over the item. What is inside
// holds by the member's own signature, as a presence does wherever it comes from.
#pragma once

#include <optional>

#include "core/base/rng.h"
#include "core/crypto/item_key.h"
#include "core/network/access.h"
#include "core/network/presence.h"

namespace lanyard::network {

// What the item of this member in this hour is signed with.
crypto::ItemKey whereabouts_key(const AccessKeys& access,
                                RendezvousHour hour,
                                const MemberId& member);

// The item's value: bencoded.
Buffer seal_whereabouts(const AccessKeys& access,
                        RendezvousHour hour,
                        const Presence& presence,
                        Rng& rng);
// Nothing for what was not sealed for this member and hour, or not signed by the member.
std::optional<Presence> open_whereabouts(const AccessKeys& access,
                                         RendezvousHour hour,
                                         const MemberId& member,
                                         Bytes value);

}  // namespace lanyard::network
