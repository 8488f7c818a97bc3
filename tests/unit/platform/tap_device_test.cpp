// SPDX-License-Identifier: Apache-2.0
// What the kernel hands out and takes at a TAP device, with every combination of offloads and with
// several queues, in a network namespace.
#include "platform/tap_device.h"

#include <algorithm>
#include <array>

#include <linux/ethtool.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "core/base/endian.h"
#include "platform/udp_port.h"
#include "tests/unit/platform/network_namespace.h"
#include "tests/unit/platform/udp_samples.h"

namespace lanyard::platform {
namespace {

constexpr std::array kTapOffloads = {Offload::vnet, Offload::checksum, Offload::tso, Offload::uso};
constexpr std::size_t kHeader = 10;            // virtio_net_hdr
constexpr std::size_t kUdpPort = 14 + 20 + 2;  // of the destination, in an Ethernet frame
const Endpoint kNeighbour = *Endpoint::parse("192.0.2.2:4789");

TapDevice open_wire(const TapOptions& options) {
  auto device = open_tap_device("wire", options);
  REQUIRE(device);
  return std::move(*device);
}

// Gives it an address and a neighbour.
void configure_wire() {
  shell(
      "printf 'link set wire up\\n addr add 192.0.2.1/24 dev wire\\n"
      " neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev wire\\n' | ip -batch -");
}

// Everything that waits at a queue and is UDP for our neighbour, with its virtio header if any.
std::vector<Buffer> read_all(const TapDevice& device, std::size_t queue = 0) {
  const std::size_t header = device.offloads.has(Offload::vnet) ? kHeader : 0;
  std::vector<Buffer> out;
  Buffer frame(70'000);
  while (true) {
    const ssize_t size = ::read(device.queues[queue]->get(), frame.data(), frame.size());
    if (size <= 0) return out;
    const Bytes read = Bytes(frame).first(static_cast<std::size_t>(size));
    // Others are the kernel's own, of IPv6.
    const bool is_ours = read.size() > header + kUdpPort + 2 &&
                         load_be<std::uint16_t>(&read[header + 12]) == 0x0800 &&
                         load_be<std::uint16_t>(&read[header + kUdpPort]) == kNeighbour.port;
    if (is_ours) out.push_back(to_buffer(read));
  }
}

Offloads choice(unsigned bits) {
  Offloads out = Offloads::none();
  for (std::size_t i = 0; i < kTapOffloads.size(); ++i) {
    if ((bits >> i & 1) != 0) out = out.with(kTapOffloads[i]);
  }
  return out;
}

Offloads expected_of(Offloads wanted, bool has_uso) {
  if (!wanted.has(Offload::vnet)) return Offloads::none();
  if (!wanted.has(Offload::checksum)) return Offloads::none().with(Offload::vnet);
  return has_uso ? wanted : wanted.without(Offload::uso);
}

// The flags of TUNSETIFF that the queue has.
short flags_of(const SharedDescriptor& queue) {
  ifreq request{};
  REQUIRE(ioctl(queue->get(), TUNGETIFF, &request) == 0);
  return request.ifr_flags;
}

// What ethtool(8) would say of TCP segmentation.
bool makes_super_frames(const TapDevice& device) {
  const FileDescriptor any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ethtool_value value{ETHTOOL_GTSO, 0};
  ifreq request{};
  device.name.copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_data = reinterpret_cast<char*>(&value);
  REQUIRE(ioctl(any.get(), SIOCETHTOOL, &request) == 0);
  return value.data != 0;
}

// Three datagrams of one run: how they come out of the device.
void check_frames(const TapDevice& device) {
  configure_wire();
  const auto port = UdpPort::open(0);
  REQUIRE(port);
  const SampleRun sample(kNeighbour, 3, 1000, 50);
  CHECK(port->send_or_drop(0, std::span(&sample.run, 1)).sent == 3);
  const std::vector<Buffer> frames = read_all(device);
  REQUIRE(frames.size() == (device.offloads.has(Offload::uso) ? 1 : 3));
  if (!device.offloads.has(Offload::vnet)) return;
  // VIRTIO_NET_HDR_F_NEEDS_CSUM; gso_type VIRTIO_NET_HDR_GSO_UDP_L4.
  CHECK((frames[0][0] & 1) == (device.offloads.has(Offload::checksum) ? 1 : 0));
  CHECK(frames[0][1] == (device.offloads.has(Offload::uso) ? 5 : 0));
}

TEST_CASE("a device does what was wanted of it and no more, in every combination") {
  in_network_namespace([] {
    const auto full = open_tap_device("");
    REQUIRE(full);
    CHECK(full->offloads.has(Offload::tso));
    const bool has_uso = full->offloads.has(Offload::uso);
    if (!has_uso) MESSAGE("this kernel has no UDP segmentation on TAP devices");
    std::vector<Offloads> seen;
    // Without vnet, the first bit, nothing else counts.
    for (const unsigned bits : {0U, 14U, 1U, 3U, 5U, 7U, 9U, 11U, 13U, 15U}) {
      const Offloads wanted = choice(bits);
      CAPTURE(bits);
      const TapDevice device = open_wire({1, wanted});
      CHECK(device.offloads == expected_of(wanted, has_uso));
      const short flags = flags_of(device.queues.front());
      CHECK(((flags & IFF_VNET_HDR) != 0) == device.offloads.has(Offload::vnet));
      CHECK((flags & IFF_MULTI_QUEUE) == 0);
      CHECK(makes_super_frames(device) == device.offloads.has(Offload::tso));
      if (std::count(seen.begin(), seen.end(), device.offloads) != 0) continue;
      seen.push_back(device.offloads);
      check_frames(device);
    }
    CHECK(seen.size() == (has_uso ? 6 : 4));
  });
}

TEST_CASE("each queue carries flows of its own, and the device is gone with the last") {
  in_network_namespace([] {
    constexpr std::size_t kQueues = 3;
    TapDevice device = open_wire({kQueues, {}});
    configure_wire();
    REQUIRE(device.queues.size() == kQueues);
    std::array<std::size_t, kQueues> frames{};
    constexpr std::size_t kFlows = 64;
    for (std::size_t i = 0; i < kFlows; ++i) {
      const auto port = UdpPort::open(0);
      REQUIRE(port);
      const SampleRun sample(kNeighbour, 1, 100);
      REQUIRE(port->send_or_drop(0, std::span(&sample.run, 1)).sent == 1);
    }
    std::size_t sum = 0;
    for (std::size_t i = 0; i < kQueues; ++i) {
      frames[i] = read_all(device, i).size();
      CHECK(frames[i] > 0);
      sum += frames[i];
    }
    CHECK(sum == kFlows);
    for (std::size_t i = 0; i < kQueues; ++i) {
      CHECK(if_nametoindex("wire") == device.index);
      device.queues.pop_back();
    }
    CHECK(if_nametoindex("wire") == 0);
  });
}

// The frame that the kernel made for a neighbour, turned round.
Buffer reply_to(Bytes read) {
  Buffer out = to_buffer(read);
  std::uint8_t* const frame = out.data() + kHeader;
  std::swap_ranges(frame, frame + 6, frame + 6);         // MAC addresses
  std::swap_ranges(frame + 26, frame + 30, frame + 30);  // IPv4 addresses
  std::swap_ranges(frame + 34, frame + 36, frame + 36);  // ports
  return out;
}

TEST_CASE("the kernel takes a super-frame with its checksum pending from any queue") {
  in_network_namespace([] {
    const TapDevice device = open_wire({2, {}});
    configure_wire();
    if (!device.offloads.has(Offload::uso)) {
      MESSAGE("skipped: this kernel has no UDP segmentation on TAP devices");
      return;
    }
    const auto port = UdpPort::open(0);
    REQUIRE(port);
    const SampleRun sample(kNeighbour, 5, 1000, 77);
    for (const SharedDescriptor& queue : device.queues) {
      REQUIRE(port->send_or_drop(0, std::span(&sample.run, 1)).sent == 5);
      std::vector<Buffer> sent = read_all(device, 0);
      if (sent.empty()) sent = read_all(device, 1);
      REQUIRE(sent.size() == 1);
      const Buffer reply = reply_to(sent[0]);
      REQUIRE(::write(queue->get(), reply.data(), reply.size()) ==
              static_cast<ssize_t>(reply.size()));
      CHECK(receive_all(*port) == sample.datagrams);
    }
  });
}

TEST_CASE("a device in use or of another kind is a conflict for several queues too") {
  in_network_namespace([] {
    const auto first = open_tap_device("mine", {2, {}});
    REQUIRE(first);
    for (const char* taken : {"mine", "lo"}) {
      const auto second = open_tap_device(taken, {2, {}});
      REQUIRE_FALSE(second);
      CHECK(second.error().code == Errc::conflict);
    }
  });
}

}  // namespace
}  // namespace lanyard::platform
