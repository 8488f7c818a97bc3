// SPDX-License-Identifier: Apache-2.0
// Two data workers on loopback, with a pair of sockets in the place of each TAP device.
#include "platform/worker.h"

#include <array>
#include <thread>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "core/base/endian.h"
#include "core/tunnel/wire.h"
#include "platform/tap_device.h"
#include "tests/unit/platform/network_namespace.h"
#include "tests/unit/platform/refused_calls.h"

namespace lanyard::platform {
namespace {

constexpr node::DeviceId kDevice = 3;
constexpr std::uint16_t kEtherType = 0x88b5;  // IEEE 802: for local experiments
constexpr int kPatienceMilliseconds = 5000;

bool becomes_readable(int descriptor) {
  pollfd poll_for{descriptor, POLLIN, 0};
  return poll(&poll_for, 1, kPatienceMilliseconds) == 1;
}

MacAddress mac_of(std::uint8_t host) { return {{0x02, 0, 0, 0, 0, host}}; }

Buffer frame(std::uint8_t to, std::uint8_t from, std::string_view text) {
  Buffer out;
  append(out, mac_of(to).bytes());
  append(out, mac_of(from).bytes());
  out.resize(out.size() + 2);
  store_be(out.data() + 12, kEtherType);
  append(out, text);
  return out;
}

std::shared_ptr<tunnel::Session> session(std::uint8_t local, std::uint8_t remote) {
  const auto key = [](std::uint8_t from) { return Buffer(32, from); };
  tunnel::SessionSetup setup;
  setup.local_index = local;
  setup.remote_index = remote;
  setup.send_key = *crypto::Secret<32>::from_bytes(key(local));
  setup.receive_key = *crypto::Secret<32>::from_bytes(key(remote));
  return std::make_shared<tunnel::Session>(std::move(setup));
}

// One machine: a worker on a port, and what the kernel would see of its TAP device.
struct Host {
  explicit Host(std::uint8_t number) : id(number), port(*UdpPort::open(0)), worker(port, 0) {
    std::array<int, 2> ends{};
    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) ==
            0);
    device = std::make_shared<const FileDescriptor>(ends[0]);
    kernel = FileDescriptor(ends[1]);
    REQUIRE(worker.start());
  }

  Endpoint endpoint() const { return {*IpAddress::parse("127.0.0.1"), port.port()}; }

  // A snapshot in which the other host is the only peer.
  std::shared_ptr<const node::Forwarding> forwarding_to(const Host& peer) const {
    return forwarding_to(peer, peer.endpoint());
  }
  std::shared_ptr<const node::Forwarding> forwarding_to(const Host& peer,
                                                        const Endpoint& to) const {
    auto out = std::make_shared<node::Forwarding>();
    vswitch::SwitchTables::Contents tables;
    tables.own_mac = mac_of(id);
    tables.members = {mac_of(peer.id)};
    tables.flood = {0};
    node::DeviceForwarding forwarding;
    forwarding.device = kDevice;
    forwarding.tables = vswitch::SwitchTables(std::move(tables));
    forwarding.peers = {{to_peer, to}};
    out->devices.push_back(std::move(forwarding));
    node::SessionEntry entry;
    entry.session = to_peer;
    entry.use = node::SessionUse::frames;
    entry.device = kDevice;
    entry.endpoint = peer.endpoint();
    out->sessions.push_back(entry);
    out->sort();
    return out;
  }

  void send_frame(Bytes bytes) const {
    // The worker takes them as fast as it can; wait while the pair of sockets is full.
    pollfd poll_for{kernel.get(), POLLOUT, 0};
    REQUIRE(poll(&poll_for, 1, kPatienceMilliseconds) == 1);
    REQUIRE(::write(kernel.get(), bytes.data(), bytes.size()) ==
            static_cast<ssize_t>(bytes.size()));
  }
  Buffer receive_frame() const {
    Buffer out(2048);
    REQUIRE(becomes_readable(kernel.get()));
    out.resize(static_cast<std::size_t>(::read(kernel.get(), out.data(), out.size())));
    return out;
  }
  // The next thing that the worker passes on.
  ControlInput next_input() {
    ControlInput out;
    REQUIRE(becomes_readable(worker.control_queue().descriptor()));
    worker.control_queue().drain([&](const ControlInput& input) { out = input; });
    return out;
  }

  std::uint8_t id;
  UdpPort port;
  SharedDescriptor device;
  FileDescriptor kernel;
  std::shared_ptr<tunnel::Session> to_peer;
  Worker worker;
};

struct TwoHosts {
  TwoHosts() : alice(1), bob(2) {
    alice.to_peer = session(1, 2);
    bob.to_peer = session(2, 1);
    for (auto [host, peer] : {std::pair(&alice, &bob), std::pair(&bob, &alice)}) {
      host->worker.add_device(kDevice, {&host->device, 1}, Offloads::none());
      host->worker.set_forwarding(host->forwarding_to(*peer));
    }
  }
  // Sends one datagram from alice's port to bob's worker, past alice's worker.
  void send_to_bob(Bytes payload) const {
    const std::vector<node::SealedRun> one = {run_of_one(bob.endpoint(), payload)};
    REQUIRE(alice.port.send_or_drop(0, one).sent == 1);
  }
  static std::uint64_t dropped(const Host& host, std::string_view reason) {
    for (const auto& [name, packets] : host.worker.dropped()) {
      if (name == reason) return packets;
    }
    return 0;
  }
  std::uint64_t dropped_at_bob(std::string_view reason) const { return dropped(bob, reason); }

  Host alice;
  Host bob;
};

TEST_CASE_FIXTURE(TwoHosts, "frames flow from device to device, both ways and in order") {
  for (int i = 0; i < 500; ++i) {
    const std::string text = "frame " + std::to_string(i);
    alice.send_frame(frame(2, 1, text));
    CHECK(bob.receive_frame() == frame(2, 1, text));
    bob.send_frame(frame(1, 2, text));
    CHECK(alice.receive_frame() == frame(1, 2, text));
  }
  const Buffer broadcast = frame(0, 1, "to all");
  Buffer flooded = broadcast;
  std::fill_n(flooded.begin(), 6, std::uint8_t{0xff});
  alice.send_frame(flooded);
  CHECK(bob.receive_frame() == flooded);
  CHECK(alice.worker.dropped().empty());
  CHECK(bob.worker.dropped().empty());
}

TEST_CASE_FIXTURE(TwoHosts, "what is not data goes to the control thread") {
  const Buffer krpc = to_buffer(as_bytes("d1:y1:qe"));
  send_to_bob(krpc);
  const ControlInput query = bob.next_input();
  CHECK(query.kind == ControlInput::Kind::datagram);
  CHECK(equal(query.body(), krpc));
  CHECK(query.from == alice.endpoint());

  send_to_bob(*alice.to_peer->seal_message(tunnel::BodyKind::control, as_bytes("d1:k4:pinge")));
  const ControlInput ping = bob.next_input();
  CHECK(ping.kind == ControlInput::Kind::control_frame);
  CHECK(ping.session_index == 2);
  CHECK(as_text(ping.body()) == "d1:k4:pinge");

  send_to_bob(as_bytes("neither the one nor the other"));
  send_to_bob(as_bytes("\x01"));
  send_to_bob(krpc);
  bob.next_input();
  CHECK(dropped_at_bob("unknown_datagram") == 2);
}

TEST_CASE_FIXTURE(TwoHosts, "a peer that speaks from a new address is reported once") {
  const auto elsewhere = UdpPort::open(0);
  REQUIRE(elsewhere);
  for (int i = 0; i < 3; ++i) {
    const auto sealed = alice.to_peer->seal_message(tunnel::BodyKind::control, as_bytes("x"));
    const std::vector<node::SealedRun> one = {run_of_one(bob.endpoint(), *sealed)};
    REQUIRE(elsewhere->send_or_drop(0, one).sent == 1);
  }
  std::size_t moved = 0;
  std::size_t control = 0;
  while (control < 3) {
    REQUIRE(becomes_readable(bob.worker.control_queue().descriptor()));
    bob.worker.control_queue().drain([&](const ControlInput& input) {
      if (input.kind == ControlInput::Kind::control_frame) ++control;
      if (input.kind != ControlInput::Kind::new_address) return;
      ++moved;
      CHECK(input.session_index == 2);
      CHECK(input.from == Endpoint{*IpAddress::parse("127.0.0.1"), elsewhere->port()});
    });
  }
  CHECK(moved == 1);
}

TEST_CASE_FIXTURE(TwoHosts, "snapshots and devices change while frames flow") {
  for (int i = 0; i < 200; ++i) {
    alice.worker.set_forwarding(alice.forwarding_to(bob));
    bob.worker.set_forwarding(bob.forwarding_to(alice));
    alice.worker.add_device(kDevice + 1, {&alice.device, 1}, Offloads::none());
    alice.send_frame(frame(2, 1, "while changing"));
    CHECK(bob.receive_frame() == frame(2, 1, "while changing"));
    alice.worker.remove_device(kDevice + 1);
  }
}

TEST_CASE_FIXTURE(TwoHosts, "a removed device is in use no more when remove_device returns") {
  const SharedDescriptor& device = alice.device;
  CHECK(device.use_count() > 1);
  alice.worker.remove_device(kDevice);
  CHECK(device.use_count() == 1);
  bob.send_frame(frame(1, 2, "to nobody"));
  // Bob's worker still runs, and so does Alice's.
  send_to_bob(as_bytes("d1:y1:qe"));
  bob.next_input();
  alice.worker.add_device(kDevice, {&device, 1}, Offloads::none());
  // The worker takes the device in its own time: frames until one comes through.
  pollfd arrived{alice.kernel.get(), POLLIN, 0};
  do {
    bob.send_frame(frame(1, 2, "to somebody"));
  } while (poll(&arrived, 1, 10) == 0);
  // The first one may have waited at Alice's port until the device was back.
  Buffer received = alice.receive_frame();
  if (received == frame(1, 2, "to nobody")) received = alice.receive_frame();
  CHECK(received == frame(1, 2, "to somebody"));
}

TEST_CASE_FIXTURE(TwoHosts, "a device that takes no more costs its frames and nothing else") {
  // Nobody reads Bob's device; far more than a pair of sockets holds.
  for (int i = 0; i < 2000; ++i) alice.send_frame(frame(2, 1, std::string(1000, 'x')));
  send_to_bob(as_bytes("d1:y1:qe"));
  bob.next_input();
  CHECK(dropped_at_bob("device_congested") > 0);
  CHECK(dropped_at_bob("device_refused") == 0);

  // The other end has gone for good.
  bob.kernel.close();
  alice.send_frame(frame(2, 1, "lost"));
  send_to_bob(as_bytes("d1:y1:qe"));
  bob.next_input();
  CHECK(alice.worker.dropped().empty());
}

TEST_CASE_FIXTURE(TwoHosts,
                  "a device with several queues is read at all, and a flow is written to one") {
  std::array<int, 2> ends{};
  REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
  const FileDescriptor second_kernel(ends[1]);
  const std::array<SharedDescriptor, 2> queues = {alice.device,
                                                  std::make_shared<const FileDescriptor>(ends[0])};
  alice.worker.remove_device(kDevice);
  alice.worker.add_device(kDevice, queues, Offloads::none());

  const Buffer by_second = frame(2, 1, "by the second queue");
  REQUIRE(::write(second_kernel.get(), by_second.data(), by_second.size()) > 0);
  CHECK(bob.receive_frame() == by_second);
  alice.send_frame(frame(2, 1, "by the first queue"));
  CHECK(bob.receive_frame() == frame(2, 1, "by the first queue"));

  constexpr int kFrames = 50;
  for (int i = 0; i < kFrames; ++i) bob.send_frame(frame(1, 2, std::to_string(i)));
  std::array<pollfd, 2> kernels = {pollfd{alice.kernel.get(), POLLIN, 0},
                                   pollfd{second_kernel.get(), POLLIN, 0}};
  std::array<int, 2> received{};
  while (received[0] + received[1] < kFrames) {
    REQUIRE(poll(kernels.data(), kernels.size(), kPatienceMilliseconds) > 0);
    for (std::size_t i = 0; i < kernels.size(); ++i) {
      Buffer out(2048);
      if (kernels[i].revents != 0 && ::read(kernels[i].fd, out.data(), out.size()) > 0) {
        ++received[i];
      }
    }
  }
  CHECK((received[0] == 0 || received[1] == 0));
  alice.worker.remove_device(kDevice);
}

// The kernel keeps datagrams for a neighbour that does not answer.
TEST_CASE("while a socket is full devices wait, what comes in does not, and all is accounted for") {
  in_network_namespace([] {
    const auto wire = open_tap_device("wire");
    REQUIRE(wire);
    shell("ip link set lo up; ip link set wire up; ip addr add 192.0.2.1/24 dev wire");
    shell("echo 100000000 > /proc/sys/net/ipv4/neigh/wire/unres_qlen_bytes");
    TwoHosts hosts;
    hosts.alice.worker.set_forwarding(
        hosts.alice.forwarding_to(hosts.bob, *Endpoint::parse("192.0.2.2:9")));

    // Until the device takes no more for a while, since its worker takes nothing any more.
    const Buffer one = frame(2, 1, std::string(1000, 'x'));
    std::size_t accepted = 0;
    pollfd room{hosts.alice.kernel.get(), POLLOUT, 0};
    while (poll(&room, 1, 20) == 1) {
      REQUIRE(++accepted < 10'000);
      REQUIRE(::write(room.fd, one.data(), one.size()) == static_cast<ssize_t>(one.size()));
    }
    hosts.bob.send_frame(frame(1, 2, "comes in"));
    CHECK(hosts.alice.receive_frame() == frame(1, 2, "comes in"));

    shell("ip neigh replace 192.0.2.2 lladdr 02:00:00:00:00:02 dev wire nud permanent");
    const std::size_t datagram = one.size() + tunnel::kMinDataSize;
    std::size_t arrived = 0;
    while (arrived + hosts.dropped(hosts.alice, "udp_congested") < accepted) {
      REQUIRE(becomes_readable(wire->queues[0]->get()));
      Buffer out(80'000);
      const ssize_t size = ::read(wire->queues[0]->get(), out.data(), out.size());
      REQUIRE(size > 0);
      // Each is longer than whatever else the kernel says on the wire.
      arrived += static_cast<std::size_t>(size) / datagram;
    }
    CHECK(arrived + hosts.dropped(hosts.alice, "udp_congested") == accepted);
    // What was in the socket has left, whatever was given up behind it.
    CHECK(arrived > 50);
  });
}

// What waits for one that does not answer fills most of the socket, which the kernel then never
// reports as writable.
TEST_CASE("a neighbour that does not answer holds up nobody else") {
  in_network_namespace([] {
    const auto wire = open_tap_device("wire");
    REQUIRE(wire);
    shell("ip link set lo up; ip link set wire up; ip addr add 192.0.2.1/24 dev wire");
    shell("ip neigh replace 192.0.2.3 lladdr 02:00:00:00:00:03 dev wire nud permanent");
    // A slow way out, so that the socket is full of what is on its way, too.
    shell("tc qdisc add dev wire root tbf rate 50mbit burst 128kb limit 64mb");
    // For longer than the test is patient.
    shell("echo 60 > /proc/sys/net/ipv4/neigh/wire/mcast_solicit");
    TwoHosts hosts;
    const auto address_bob = [&](const char* endpoint) {
      hosts.alice.worker.set_forwarding(
          hosts.alice.forwarding_to(hosts.bob, *Endpoint::parse(endpoint)));
      hosts.alice.worker.wait_until_used();
    };
    const Buffer one = frame(2, 1, std::string(1000, 'x'));
    address_bob("192.0.2.2:9");
    for (int i = 0; i < 400; ++i) hosts.alice.send_frame(one);

    address_bob("192.0.2.3:9");
    constexpr std::size_t kFrames = 2000;
    const std::size_t datagram = one.size() + tunnel::kMinDataSize;
    std::size_t given = 0;
    std::size_t arrived = 0;
    while (arrived + hosts.dropped(hosts.alice, "udp_congested") < kFrames) {
      std::array<pollfd, 2> either{pollfd{wire->queues[0]->get(), POLLIN, 0},
                                   pollfd{hosts.alice.kernel.get(), POLLOUT, 0}};
      REQUIRE(poll(either.data(), given < kFrames ? 2 : 1, kPatienceMilliseconds) > 0);
      if (given < kFrames && either[1].revents != 0) {
        hosts.alice.send_frame(one);
        ++given;
      }
      if (either[0].revents == 0) continue;
      Buffer out(80'000);
      const ssize_t size = ::read(either[0].fd, out.data(), out.size());
      REQUIRE(size > 0);
      arrived += static_cast<std::size_t>(size) / datagram;
    }
    CHECK(arrived > kFrames / 2);
    // It was so all the while.
    CHECK(output_of("ip neigh show 192.0.2.2 dev wire").find("INCOMPLETE") != std::string::npos);
  });
}

// As a security policy does that is still being made, in a socket that has room.
TEST_CASE("what is refused without want of room is dropped, and holds up nothing") {
  std::thread([] {
    refuse_single_messages(EAGAIN);
    TwoHosts hosts;
    for (std::uint64_t frames = 1; frames <= 3; ++frames) {
      hosts.alice.send_frame(frame(2, 1, "refused"));
      const DropList expected = {{"udp_congested", frames}};
      pollfd nothing{-1, 0, 0};
      for (int i = 0; i < kPatienceMilliseconds && hosts.alice.worker.dropped() != expected; ++i) {
        poll(&nothing, 1, 1);
      }
      CHECK(hosts.alice.worker.dropped() == expected);
    }
  }).join();
}

TEST_CASE("a worker that has not started can be given work and be destroyed") {
  const auto port = UdpPort::open(0);
  REQUIRE(port);
  Worker worker(*port, 0);
  worker.set_forwarding(std::make_shared<node::Forwarding>());
  const auto device = std::make_shared<const FileDescriptor>();
  worker.add_device(kDevice, {&device, 1}, Offloads::none());
  worker.remove_device(kDevice);
  worker.stop();
}

}  // namespace
}  // namespace lanyard::platform
