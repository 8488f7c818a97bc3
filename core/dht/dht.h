// SPDX-License-Identifier: Apache-2.0
// Dht: one node of a Kademlia DHT that speaks BitTorrent's mainline protocol (BEP 5), over IPv4 and
// IPv6: those are two DHTs that know of each other (BEP 32), and a lookup walks both. It finds the
// peers announced under an info-hash, announces us there, and does its share for others: it answers
// them and stores their peers and items, within limits. It also finds and stores items (BEP 44).
//
// Owned and called by one thread. Datagrams to send and events are appended to the caller's lists;
// afterwards the caller asks next_timeout() and calls handle_timeout() at that time. All memory is
// bounded. A miss proves nothing: peers may be stored where no answer came from.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/datagram.h"
#include "core/base/endpoint.h"
#include "core/base/rng.h"
#include "core/base/time.h"
#include "core/dht/counters.h"
#include "core/dht/item.h"
#include "core/dht/node_id.h"
#include "core/dht/outside_address.h"
#include "core/dht/settings.h"

namespace lanyard::dht {

// Host names with ports ("router.example:6881") of well-known nodes to begin with in Mode::public_.
// Resolving them is the owner's matter, who hands the addresses to add_bootstrap().
std::span<const std::string_view> bootstrap_names();

// Never reused within one Dht.
enum class LookupId : std::uint64_t {};

enum class Announce : std::uint8_t { no, yes };

// As soon as they are heard of, each endpoint once per lookup, our own not once we know where
// we are seen. Also comes after LookupDone, up to an hour later, for a peer that has just announced
// itself at this very node under a hash that it looked up: the other end is active now.
struct PeersFound {
  LookupId lookup{};
  InfoHash info_hash;
  std::vector<Endpoint> peers;
};

// Ends every lookup that was not cancelled, within 30 s; also one that no node answered.
struct LookupDone {
  LookupId lookup{};
  InfoHash info_hash;
  std::size_t answered = 0;   // nodes that answered; 0: the DHT cannot be reached at present
  std::size_t stored_at = 0;  // nodes that took our announcement
  std::size_t peers = 0;      // endpoints reported
};

// A genuine item, newer than all that this lookup found before. While it is put, a newer version of
// it that somebody else put: ours is not stored any more then.
struct ItemFound {
  LookupId lookup{};
  ItemTarget target;
  Item item;
};

// Why an item was not stored, at some nodes at least.
enum class Conflict : std::uint8_t {
  none,
  newer,          // a newer version is there, or another one of the same sequence
  other_version,  // another one than that to be replaced
};

// Ends every lookup for an item and every put, as LookupDone does those for peers.
struct ItemDone {
  LookupId lookup{};
  ItemTarget target;
  std::size_t answered = 0;   // nodes that answered; 0: the DHT cannot be reached at present
  std::size_t stored_at = 0;  // nodes that took the item
  Conflict conflict = Conflict::none;
};

// How the DHT sees this node has changed. At least two nodes agree on the address.
struct OutsideAddress {
  Endpoint endpoint;
};

// How this node stands in the DHT of one family.
struct FamilyStatus {
  NodeId own_id;
  Reachability reachability = Reachability::read_only;
  std::optional<Endpoint> outside;  // at least two nodes agree on it
  MappingKind mapping = MappingKind::unknown;
  std::size_t nodes = 0;            // that are not known to be gone
  std::size_t answered_lately = 0;  // within the last 15 min
};

using Event = std::variant<PeersFound, LookupDone, ItemFound, ItemDone, OutsideAddress>;
using Events = std::vector<Event>;

class Dht {
 public:
  // rng must outlive the node.
  Dht(const Settings& settings, Rng& rng);
  Dht(const Dht&) = delete;
  Dht& operator=(const Dht&) = delete;
  ~Dht();

  // A node is read-only (BEP 43: it answers no queries, and nobody learns of it) until strangers'
  // queries arrive, or others see it at an address of this very machine, which these are. Before
  // start() and before handle_network_change().
  void set_own_addresses(std::span<const IpAddress> addresses);
  // The owner knows that strangers can reach us, for instance by a port mapping. Holds until the
  // network changes.
  void set_reachable(IpFamily family);
  // Our owner has sent to this address: that a query comes from there proves nothing for a while.
  void note_contact(Instant now, const IpAddress& address);
  // Nodes of the last run, best first, before start(): asked at the start, trusted once they
  // answer.
  void restore_nodes(std::span<const Contact> nodes);
  // Our id of the last run, before start(): others have us in their tables under it. Given up as
  // any other that does not fit the address that the world sees us at (BEP 42).
  void restore_own_id(IpFamily family, const NodeId& id);
  // port is the UDP port that everything sent leaves from; families, what its socket has. Asks the
  // bootstrap endpoints and the restored nodes, then looks for its own neighbourhood.
  void start(Instant now, std::uint16_t port, Families families, Datagrams& out);
  // More nodes to begin with: resolved names, members, hints of a token. At any time; those not yet
  // known are asked at once if the node has started.
  void add_bootstrap(Instant now, std::span<const Endpoint> endpoints, Datagrams& out);
  // The underlay's addresses changed: what was learned about the outside is void, and who is there
  // must be asked anew.
  void handle_network_change(Instant now, Datagrams& out);

  // Looks for peers; with Announce::yes also stores us at the nodes closest to the hash, under the
  // port that they see. Begins as soon as any node is known. Without a node, with the DHT off or
  // before start(), LookupDone says so.
  LookupId get_peers(
      Instant now, const InfoHash& info_hash, Announce announce, Datagrams& out, Events& events);
  // Looks for an immutable item, until the first node returns it.
  LookupId get_item(Instant now, const ItemTarget& target, Datagrams& out, Events& events);
  // Looks for the newest version of a mutable one; of those newer than one that is known, if such a
  // sequence is given.
  LookupId get_item(Instant now,
                    const crypto::ItemPublicKey& key,
                    Bytes salt,
                    std::optional<std::int64_t> known_sequence,
                    Datagrams& out,
                    Events& events);
  // Stores an item, once, at the eight nodes closest to its target that take items. With replaces,
  // only where the version stored is of that sequence, or where there is none (BEP 44's cas).
  LookupId put_item(Instant now,
                    const Item& item,
                    std::optional<std::int64_t> replaces,
                    Datagrams& out,
                    Events& events);
  // Stores it, at once and again every 45 min, until release_item(): before start() too. A new
  // version takes the place of the one that is kept, and is stored at once, but no sooner than 60 s
  // after that was. Each time ends with an ItemDone of the lookup returned, the same for all
  // versions; if nobody took the item, it is tried again after some minutes.
  LookupId keep_item(Instant now, const Item& item, Datagrams& out, Events& events);
  // Others forget it within two hours. No event of it comes any more.
  void release_item(const ItemTarget& target);

  // No event of this lookup comes any more. Not for kept items.
  void cancel(LookupId lookup);

  // A datagram whose first byte is 'd' and whose last is 'e'; borrowed for the call.
  void handle_datagram(
      Instant now, const Endpoint& from, Bytes payload, Datagrams& out, Events& events);
  void handle_timeout(Instant now, Datagrams& out, Events& events);
  Instant next_timeout() const;

  // Nothing: the DHT is off, or the socket lacks that family.
  std::optional<FamilyStatus> status(Instant now, IpFamily family) const;
  const NodeId& own_id(IpFamily family = IpFamily::v4) const;
  // Nodes of both families that are not known to be gone.
  std::size_t node_count() const;
  // For the state file: up to 200 of each family that answered lately, the surest first.
  std::vector<Contact> good_nodes(Instant now) const;
  const Counters& counters() const;

 private:
  class Engine;     // of one family
  class DualStack;  // both as one
  std::unique_ptr<DualStack> stack_;
};

}  // namespace lanyard::dht
