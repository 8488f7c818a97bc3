// SPDX-License-Identifier: Apache-2.0
// Hosts with nothing but a Handshakes each, on a wire without latency in virtual time. A test
// decides per packet what is lost, and sees all that was sent.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <string_view>
#include <variant>
#include <vector>

#include "core/crypto/hash.h"
#include "core/tunnel/handshakes.h"

namespace lanyard::tunnel::test {

inline Endpoint endpoint(std::string_view text) { return *Endpoint::parse(text); }

// The same access secret for everybody who says the same network and scope.
inline Credentials make_credentials(
    std::uint32_t id, std::uint64_t network, Scope scope, Side side, std::uint64_t key_seed) {
  SeededRng access(network * 2 + static_cast<std::uint64_t>(scope));
  SeededRng network_id(1000 + network);
  SeededRng key(key_seed);
  return {
      .id = id,
      .scope = scope,
      .side = side,
      .network_id = network_id.array<16>(),
      .mac_key = crypto::Secret<32>::random(access),
      .cookie_key = crypto::Secret<32>::random(access),
      .psk = crypto::Secret<32>::random(access),
      .static_key = crypto::NoiseKey::generate(key),
      .membership =
          side == Side::member ? Buffer(300, static_cast<std::uint8_t>(key_seed)) : Buffer(),
  };
}

struct Packet {
  Endpoint from;
  Endpoint to;
  Buffer payload;

  DatagramKind kind() const { return classify(payload); }
};

struct Host {
  Host(std::string_view at, std::uint64_t seed, const HandshakeSettings& settings = {})
      : address(endpoint(at)), rng(seed), handshakes(settings, rng) {}

  void be_member(std::uint64_t network, std::uint64_t key_seed) {
    std::vector<Credentials> list;
    list.push_back(make_credentials(1, network, Scope::member, Side::member, key_seed));
    list.push_back(make_credentials(2, network, Scope::join, Side::member, key_seed));
    handshakes.set_credentials(std::move(list));
  }
  void be_joiner(std::uint64_t network, std::uint64_t key_seed) {
    std::vector<Credentials> list;
    list.push_back(make_credentials(2, network, Scope::join, Side::joiner, key_seed));
    handshakes.set_credentials(std::move(list));
  }

  std::vector<const Established*> established() const {
    std::vector<const Established*> out;
    for (const HandshakeEvent& event : events) {
      if (const auto* one = std::get_if<Established>(&event)) out.push_back(one);
    }
    return out;
  }
  std::vector<Failed> failed() const {
    std::vector<Failed> out;
    for (const HandshakeEvent& event : events) {
      if (const auto* one = std::get_if<Failed>(&event)) out.push_back(*one);
    }
    return out;
  }
  std::uint64_t dropped(HandshakeDrop reason) const { return handshakes.dropped(reason); }

  Endpoint address;
  SeededRng rng;
  Handshakes handshakes;
  HandshakeEvents events;
};

struct World {
  explicit World(std::vector<Host*> all) : hosts(std::move(all)) {}

  AttemptId start(Host& host, std::uint32_t credentials_id, std::vector<Endpoint> to) {
    return host.handshakes.start(now, credentials_id, to);
  }

  void send(const Host& host, Datagrams& out) {
    for (Datagram& datagram : out) {
      Packet packet{host.address, datagram.to, std::move(datagram.payload)};
      sent.push_back(packet);
      if (!is_lost || !is_lost(packet)) wire.push_back(std::move(packet));
    }
    out.clear();
  }
  void deliver(const Packet& packet) {
    for (Host* host : hosts) {
      if (host->address != packet.to) continue;
      Datagrams out;
      host->handshakes.handle_datagram(now, packet.from, packet.payload, out, host->events);
      send(*host, out);
    }
  }
  void deliver_all() {
    while (!wire.empty()) {
      const Packet packet = std::move(wire.front());
      wire.pop_front();
      deliver(packet);
    }
  }
  // Everything that is due until then, in virtual time.
  void run(Duration time) {
    const Instant end = now + time;
    for (;;) {
      for (Host* host : hosts) {
        Datagrams out;
        host->handshakes.handle_timeout(now, out, host->events);
        send(*host, out);
      }
      deliver_all();
      Instant next = Instant::never();
      for (Host* host : hosts) next = earlier(next, host->handshakes.next_timeout());
      if (next > end) break;
      now = std::max(now, next);
    }
    now = end;
  }
  // The first that was sent of this kind; there is one.
  const Packet& first(DatagramKind kind) const {
    return *std::find_if(sent.begin(), sent.end(),
                         [kind](const Packet& packet) { return packet.kind() == kind; });
  }
  std::size_t count(DatagramKind kind) const {
    return static_cast<std::size_t>(std::count_if(
        sent.begin(), sent.end(), [kind](const Packet& packet) { return packet.kind() == kind; }));
  }

  std::vector<Host*> hosts;
  Instant now{seconds(1000).nanoseconds};
  std::deque<Packet> wire;
  std::vector<Packet> sent;  // lost ones too
  std::function<bool(const Packet&)> is_lost;
};

// Whether what one seals the other opens, both ways.
inline bool talk(Session& a, Session& b) {
  const auto crosses = [](Session& from, Session& to) {
    auto datagram = from.seal_message(BodyKind::control, as_bytes("hello"));
    if (!datagram) return false;
    const OpenOutcome outcome = to.open(*datagram);
    const Body* body = std::get_if<Body>(&outcome);
    return body != nullptr && body->kind == BodyKind::control && as_text(body->payload) == "hello";
  };
  return crosses(a, b) && crosses(b, a);
}

}  // namespace lanyard::tunnel::test
