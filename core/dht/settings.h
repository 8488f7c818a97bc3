// SPDX-License-Identifier: Apache-2.0
// What a DHT node is told at its start, with the limits that it keeps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/base/endpoint.h"
#include "core/base/time.h"

namespace lanyard::dht {

// public_ and private_ differ in whom they begin with (bootstrap_names() are for public_ alone) and
// in what they take for granted. The nodes of a private swarm are not strangers and may live in one
// subnet or one LAN: there subnets have no limits, each address has a vote on where we are, and
// addresses of local networks count like others. Ids are bound to addresses in both (BEP 42).
// off: not one datagram leaves or is answered.
enum class Mode : std::uint8_t { public_, private_, off };

// Against hostile nodes: ids that do not fit their addresses count last, subnets have few places,
// lookups go by two paths. none: in simulations alone, to show what they are worth.
enum class Defences : std::uint8_t { all, none };

// Each interval is the time in which one more is allowed after the burst. Other implementations
// ignore an address for minutes that sends 50 messages in 10 s, and several members may share one
// behind a NAT; the limits on queries stay below that. The bursts are what a start may take.
struct Limits {
  std::size_t query_burst_per_address = 30;
  Duration query_interval_per_address = seconds(1);
  std::size_t query_burst = 100;  // to all addresses together
  Duration query_interval = milliseconds(50);
  // Cheap NATs have room for a thousand flows, which each new address takes one of.
  std::size_t destinations = 200;
  Duration destination_window = minutes(5);
  // Twenty members behind one NAT that all start at once ask some hundred questions.
  std::size_t answer_burst_per_address = 150;
  Duration answer_interval_per_address = milliseconds(100);
  // 8 kB/s, which libtorrent gives too, are an eightieth of a slow home's uplink (5 Mbit/s). The
  // burst lets a private swarm's only bootstrap node answer when all start at once.
  std::size_t answer_burst_bytes = 320'000;
  std::size_t answer_bytes_per_second = 8'000;
  std::size_t stored_hashes = 2000;       // as libtorrent keeps
  std::size_t peers_per_hash = 100;       // an answer holds fewer
  std::size_t entries_per_address = 200;  // one address fills a small part of the store at most
  Duration peer_lifetime = minutes(45);   // three announcements of BitTorrent clients' 15 min
  std::size_t stored_items = 700;         // as libtorrent keeps: some 800 kB
  std::size_t items_per_address = 100;
  Duration item_lifetime = hours(2);  // BEP 44; they are put again every hour
  // Puts that one address may have looked at: members behind one NAT start together.
  std::size_t put_burst_per_address = 60;
  Duration put_interval_per_address = seconds(6);
  // Signatures checked for others, all together: a fiftieth of a slow core, where one takes 1 ms.
  std::size_t verify_burst = 100;
  Duration verify_interval = milliseconds(50);
  // Items told to addresses that have not proven to be the asker's: ten times what it sent. So many
  // to all together, and to each.
  std::size_t unproven_burst = 60;
  Duration unproven_interval = milliseconds(500);
  std::size_t unproven_burst_per_address = 10;
  Duration unproven_interval_per_address = seconds(2);
};

struct Settings {
  Mode mode = Mode::public_;
  Defences defences = Defences::all;
  std::vector<Endpoint> bootstrap;
  Limits limits;
};

}  // namespace lanyard::dht
