// SPDX-License-Identifier: Apache-2.0
// In which of a device's queues the kernel puts frames, in a network namespace: those of a flow in
// one, whatever is written to the device meanwhile.
#include "platform/flow_steering.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <doctest/doctest.h>
#include <netpacket/packet.h>

#include "core/base/bytes.h"
#include "platform/socket_address.h"
#include "platform/tap_device.h"
#include "tests/unit/platform/network_namespace.h"

namespace lanyard::platform {
namespace {

constexpr std::size_t kQueues = 8;
constexpr std::string_view kText = "steered";
// IEEE 802.1Q: protocol and number.
constexpr std::array<std::uint8_t, 4> kCustomerTag = {0x81, 0x00, 0, 5};
constexpr std::array<std::uint8_t, 4> kServiceTag = {0x88, 0xa8, 0, 5};

// A device with a neighbour on it.
class Wire {
 public:
  Wire() : device_(*open_tap_device("wire", {kQueues, Offloads::none()})) {
    shell(
        "printf 'link set wire up\\n addr add 192.0.2.1/24 dev wire\\n"
        " addr add 2001:db8::1/64 dev wire nodad\\n"
        " neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev wire\\n"
        " neigh add 2001:db8::2 lladdr 02:00:00:00:00:02 dev wire\\n' | ip -batch -");
  }

  const TapDevice& device() const { return device_; }

  // The queue, and the frame, of the next that ends with the text.
  struct Steered {
    std::size_t queue = kQueues;
    Buffer frame;
  };
  std::optional<Steered> next(std::string_view text = kText) const {
    Buffer frame(70'000);
    for (std::size_t i = 0; i < kQueues; ++i) {
      while (true) {
        const ssize_t size = ::read(device_.queues[i]->get(), frame.data(), frame.size());
        if (size <= 0) break;
        const Bytes read = Bytes(frame).first(static_cast<std::size_t>(size));
        // Others are the kernel's own, of IPv6.
        if (read.size() > text.size() && as_text(read.last(text.size())) == text) {
          return Steered{i, to_buffer(read)};
        }
      }
    }
    return std::nullopt;
  }
  void write(std::size_t queue, Bytes frame) const {
    REQUIRE(::write(device_.queues[queue]->get(), frame.data(), frame.size()) ==
            static_cast<ssize_t>(frame.size()));
  }

 private:
  TapDevice device_;
};

// A program that sends to one destination, and hears nothing of it.
class Sender {
 public:
  explicit Sender(const char* to)
      : to_(to_socket_address(*Endpoint::parse(to))),
        socket_(::socket(to_.generic.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {}

  void connect() const { REQUIRE(::connect(socket_.get(), &to_.generic, size_of(to_)) == 0); }
  void send(std::string_view text = kText) const {
    REQUIRE(sendto(socket_.get(), text.data(), text.size(), 0, &to_.generic, size_of(to_)) ==
            static_cast<ssize_t>(text.size()));
  }

 private:
  SocketAddress to_;
  FileDescriptor socket_;
};

// Whole frames.
class RawSender {
 public:
  explicit RawSender(const TapDevice& device) {
    to_.sll_family = AF_PACKET;
    to_.sll_ifindex = static_cast<int>(device.index);
  }

  void send(Bytes frame) const {
    REQUIRE(sendto(socket_.get(), frame.data(), frame.size(), 0,
                   reinterpret_cast<const sockaddr*>(&to_),
                   sizeof to_) == static_cast<ssize_t>(frame.size()));
  }

 private:
  FileDescriptor socket_{::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)};
  sockaddr_ll to_{};
};

// An answer that the kernel's table of flows would take for a reason to go on in another queue.
Buffer answer_to(Bytes frame) {
  Buffer out = to_buffer(frame);
  std::swap_ranges(out.begin(), out.begin() + 6, out.begin() + 6);  // MAC addresses
  const bool is_v4 = out[12] == 0x08;
  const auto addresses = out.begin() + (is_v4 ? 26 : 22);
  const std::ptrdiff_t length = is_v4 ? 4 : 16;
  std::swap_ranges(addresses, addresses + length, addresses + length);
  const auto ports = addresses + 2 * length;
  std::swap_ranges(ports, ports + 2, ports + 2);
  return out;
}

TEST_CASE("a flow has one queue, whichever queues answers come by") {
  in_network_namespace([] {
    const Wire wire;
    REQUIRE(wire.device().steering == Steering::by_flow);
    for (const char* to : {"192.0.2.2:4789", "[2001:db8::2]:4789"}) {
      for (const bool is_connected : {false, true}) {
        CAPTURE(to);
        CAPTURE(is_connected);
        std::set<std::size_t> all;
        for (int flow = 0; flow < 40; ++flow) {
          const Sender sender(to);
          if (is_connected) sender.connect();
          std::set<std::size_t> queues;
          for (std::size_t i = 0; i < 4; ++i) {
            sender.send();
            const auto steered = wire.next();
            REQUIRE(steered);
            queues.insert(steered->queue);
            wire.write((steered->queue + 1 + i) % kQueues, answer_to(steered->frame));
          }
          CHECK(queues.size() == 1);
          all.insert(queues.begin(), queues.end());
        }
        CHECK(all.size() > kQueues / 2);
      }
    }
  });
}

TEST_CASE("a VLAN tag makes no difference") {
  in_network_namespace([] {
    const Wire wire;
    const RawSender raw(wire.device());
    std::set<std::size_t> all;
    for (int flow = 0; flow < 40; ++flow) {
      const Sender sender("192.0.2.2:4789");
      sender.send();
      const auto untagged = wire.next();
      REQUIRE(untagged);
      for (const std::array<std::uint8_t, 4>& tag : {kCustomerTag, kServiceTag}) {
        Buffer frame = untagged->frame;
        frame.insert(frame.begin() + 12, tag.begin(), tag.end());
        raw.send(frame);
        const auto tagged = wire.next();
        REQUIRE(tagged);
        CHECK(tagged->queue == untagged->queue);
      }
      all.insert(untagged->queue);
    }
    CHECK(all.size() > kQueues / 2);
  });
}

TEST_CASE("all fragments of a flow have one queue") {
  in_network_namespace([] {
    const Wire wire;
    const Sender sender("192.0.2.2:4789");
    const std::string text(9000, 'x');
    std::set<std::size_t> queues;
    for (int i = 0; i < 4; ++i) sender.send(text);
    std::size_t fragments = 0;
    while (const auto steered = wire.next("xxx")) {
      queues.insert(steered->queue);
      ++fragments;
    }
    CHECK(fragments == 4 * 7);
    CHECK(queues.size() == 1);
  });
}

TEST_CASE("frames that are cut short, and others than IP's, have a queue too") {
  in_network_namespace([] {
    const Wire wire;
    const RawSender raw(wire.device());
    const Sender sender("192.0.2.2:4789");
    sender.send();
    const auto whole = wire.next();
    REQUIRE(whole);
    for (const unsigned type : {0x0800U, 0x86ddU, 0x8100U, 0x0806U}) {
      for (std::size_t size = 15; size < whole->frame.size(); ++size) {
        Buffer frame(whole->frame.begin(), whole->frame.begin() + static_cast<long>(size));
        frame[12] = static_cast<std::uint8_t>(type >> 8);
        frame[13] = static_cast<std::uint8_t>(type);
        frame.back() = 'e';
        raw.send(frame);
        CHECK(wire.next("e").has_value());
      }
    }
  });
}

// From here on this thread has no right to load programs, as without CAP_BPF.
void forbid_programs() {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_bpf, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{std::size(program), program};
  REQUIRE(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  REQUIRE(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0);
}

TEST_CASE("without the right to load programs a device goes by the kernel's own table") {
  in_network_namespace([] {
    forbid_programs();
    const Wire wire;
    CHECK(wire.device().steering == Steering::by_kernel);
    const Sender sender("192.0.2.2:4789");
    sender.send();
    CHECK(wire.next());
    // Where there is nothing to choose from, nothing is missing.
    CHECK(open_tap_device("single", {1, {}})->steering == Steering::by_flow);
  });
}

}  // namespace
}  // namespace lanyard::platform
