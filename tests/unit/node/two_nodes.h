// SPDX-License-Identifier: Apache-2.0
// Two nodes' data planes with a session between them, for the tests of this folder. The third
// member, Carl, is only known by name: each test decides whether it can be reached.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <vector>

#include "core/base/rng.h"
#include "core/node/data_plane.h"
#include "core/vswitch/ethernet.h"

namespace lanyard::node::test {

inline constexpr MacAddress kAnna{{0x02, 0, 0, 0, 0, 0x0a}};
inline constexpr MacAddress kBert{{0x02, 0, 0, 0, 0, 0x0b}};
inline constexpr MacAddress kCarl{{0x02, 0, 0, 0, 0, 0x0c}};
inline constexpr vswitch::PeerSlot kPartner = 0;  // Anna's slot at Bert's, Bert's slot at Anna's
inline constexpr vswitch::PeerSlot kCarlSlot = 1;
inline constexpr DeviceId kDevice = 3;

inline Endpoint endpoint(std::string_view text) { return *Endpoint::parse(text); }
inline const Endpoint kAnnaEndpoint = endpoint("192.0.2.1:4001");
inline const Endpoint kBertEndpoint = endpoint("[2001:db8::b]:4002");
inline const Endpoint kElsewhere = endpoint("198.51.100.9:9");

struct SessionPair {
  std::shared_ptr<tunnel::Session> at_anna;
  std::shared_ptr<tunnel::Session> at_bert;
};

inline SessionPair make_sessions(tunnel::SessionIndex anna,
                                 tunnel::SessionIndex bert,
                                 tunnel::SessionLimits limits = {},
                                 tunnel::Features features = 0,
                                 crypto::Aead aead = crypto::Aead::chacha20_poly1305,
                                 crypto::AeadBackend backend = crypto::AeadBackend::libsodium) {
  SeededRng rng(anna);
  const auto anna_to_bert = crypto::Secret<32>::random(rng);
  const auto bert_to_anna = crypto::Secret<32>::random(rng);
  const auto make = [&](tunnel::SessionIndex local, tunnel::SessionIndex remote,
                        const crypto::Secret<32>& send, const crypto::Secret<32>& receive) {
    tunnel::SessionSetup setup;
    setup.local_index = local;
    setup.remote_index = remote;
    setup.send_key = send.clone();
    setup.receive_key = receive.clone();
    setup.limits = limits;
    setup.remote_features = features;
    setup.aead = aead;
    setup.backends = {.aes_256_gcm = backend, .chacha20_poly1305 = backend};
    return std::make_shared<tunnel::Session>(std::move(setup));
  };
  return {make(anna, bert, anna_to_bert, bert_to_anna),
          make(bert, anna, bert_to_anna, anna_to_bert)};
}

struct SealedDatagram {
  Endpoint to;
  Bytes payload;
};

struct Delivered {
  DeviceId device = 0;
  Buffer frame;
};

struct TestNode {
  Forwarding forwarding;
  DataPlane plane;
  DataOutput output;

  // What the output holds, one by one.
  std::vector<SealedDatagram> datagrams() const {
    std::vector<SealedDatagram> out;
    for (const SealedRun& run : output.runs()) {
      for (std::size_t i = 0; i < run.datagrams(); ++i) out.push_back({run.to, run.datagram(i)});
    }
    return out;
  }
  std::vector<Delivered> frames() {
    output.frames().finish();
    std::vector<Delivered> out;
    for (const auto& group : output.frames().groups()) {
      std::array<Bytes, vswitch::Coalescer::kMaxPieces> pieces;
      const std::size_t count = output.frames().gather(group, pieces);
      Delivered& delivered = out.emplace_back(Delivered{group.port, {}});
      // The first is the offload header.
      for (std::size_t i = 1; i < count; ++i) append(delivered.frame, pieces[i]);
    }
    return out;
  }

  std::uint64_t dropped(DropReason reason) const {
    return plane.drops()[static_cast<std::size_t>(reason)];
  }
  std::uint64_t dropped() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t count : plane.drops()) sum += count;
    return sum;
  }
  SessionEntry& only_session() { return forwarding.sessions.at(0); }
  std::vector<PeerPath>& peers() { return forwarding.devices.at(0).peers; }
};

inline Forwarding make_forwarding(const MacAddress& own,
                                  const MacAddress& partner,
                                  std::shared_ptr<tunnel::Session> session,
                                  const Endpoint& partner_endpoint) {
  std::vector<vswitch::Neighbor> neighbors;
  for (const MacAddress& mac : {kAnna, kBert, kCarl}) {
    neighbors.push_back({IpAddress::from_v4({10, 77, 0, mac.octets[5]}), mac});
  }
  Forwarding out;
  DeviceForwarding device;
  device.device = kDevice;
  device.tables = vswitch::SwitchTables({.own_mac = own,
                                         .members = {partner, kCarl},
                                         .neighbors = std::move(neighbors),
                                         .flood = {kPartner, kCarlSlot}});
  device.peers = {{session, partner_endpoint}, {}};
  out.devices.push_back(std::move(device));
  SessionEntry entry;
  entry.session = std::move(session);
  entry.use = SessionUse::frames;
  entry.device = kDevice;
  entry.slot = kPartner;
  entry.endpoint = partner_endpoint;
  out.sessions.push_back(std::move(entry));
  out.sort();
  return out;
}

struct TwoNodes {
  explicit TwoNodes(tunnel::SessionLimits limits = {}) : TwoNodes(tunnel::Features{0}, limits) {}
  explicit TwoNodes(tunnel::Features features, tunnel::SessionLimits limits = {})
      : TwoNodes(make_sessions(17, 99, limits, features)) {}
  explicit TwoNodes(SessionPair pair) : sessions(std::move(pair)) {
    anna.forwarding = make_forwarding(kAnna, kBert, sessions.at_anna, kBertEndpoint);
    bert.forwarding = make_forwarding(kBert, kAnna, sessions.at_bert, kAnnaEndpoint);
  }

  // A datagram from Anna to Bert with any body at all.
  Buffer seal_body(Bytes body) {
    Buffer datagram(tunnel::kDataHeaderSize);
    append(datagram, body);
    datagram.resize(datagram.size() + tunnel::kTagSize);
    return sessions.at_anna->seal(datagram) ? datagram : Buffer();
  }
  void give_anna(Bytes frame, DeviceId device = kDevice, vswitch::OffloadHeader offload = {}) {
    Buffer copy(1);  // the byte before the frame
    append(copy, frame);
    const DeviceFrame one{MutableBytes(copy).subspan(1), offload};
    progress = anna.plane.handle_frames(anna.forwarding, device, {&one, 1}, anna.output);
  }
  // Of its exact size, so that whatever reaches beyond it is caught.
  void give_bert(Bytes datagram, const Endpoint& from = kAnnaEndpoint) {
    Buffer& copy = received.emplace_back(ReceivedRun::kHeadroom);
    append(copy, datagram);
    const MutableBytes run = MutableBytes(copy).subspan(ReceivedRun::kHeadroom);
    bert.plane.handle_run(bert.forwarding, {from, run, run.size()}, bert.output);
  }

  SessionPair sessions;
  Progress progress = Progress::done;  // of what give_anna() gave
  TestNode anna;
  TestNode bert;
  std::deque<Buffer> received;  // what Bert's output borrows from
};

inline Buffer make_frame(const MacAddress& destination,
                         const MacAddress& source,
                         std::uint16_t ether_type,
                         std::size_t payload_size) {
  Buffer out(vswitch::kEthernetHeaderSize + payload_size);
  vswitch::write_ethernet_header(out, destination, source, ether_type);
  for (std::size_t i = 0; i < payload_size; ++i) {
    out[vswitch::kEthernetHeaderSize + i] = static_cast<std::uint8_t>(i * 7 + payload_size);
  }
  return out;
}

}  // namespace lanyard::node::test
