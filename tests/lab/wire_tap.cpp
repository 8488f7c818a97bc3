// SPDX-License-Identifier: Apache-2.0
#include "tests/lab/wire_tap.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/endian.h"

namespace lanyard::lab {
namespace {

// Some seconds of a gigabit.
constexpr int kReceiveBuffer = 256 << 20;
constexpr std::size_t kEthernetHeader = 14;
constexpr std::size_t kIpv4Header = 20;  // without options: nobody sends any here
constexpr std::size_t kUdpPayload = kEthernetHeader + kIpv4Header + 8;
constexpr std::uint16_t kUdp = 17;
constexpr std::uint8_t kHandshake3 = 0xe2;

// Offsets are those of the Ethernet frame; a program returns how many bytes of it to keep.
void keep_only(int socket, std::uint8_t first_byte) {
  std::array<sock_filter, 8> program{{
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 5),
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, kEthernetHeader + 9),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kUdp, 0, 3),
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, kUdpPayload),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, first_byte, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0xffff),
      BPF_STMT(BPF_RET | BPF_K, 0),
  }};
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  if (setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) != 0) {
    throw std::runtime_error("cannot filter a wire tap");
  }
}

}  // namespace

WireTap::WireTap(const NetworkNamespace& space,
                 const std::string& interface,
                 Direction direction,
                 std::optional<std::uint8_t> first_byte)
    : direction_(direction) {
  const Visit visit(space);
  socket_ = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket_ < 0) throw std::runtime_error("cannot tap a wire");
  if (first_byte) keep_only(socket_, *first_byte);
  setsockopt(socket_, SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveBuffer, sizeof(kReceiveBuffer));
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(if_nametoindex(interface.c_str()));
  if (bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    throw std::runtime_error("cannot tap " + interface + ": " + std::strerror(errno));
  }
}

WireTap::~WireTap() {
  if (socket_ >= 0) close(socket_);
}

std::vector<Buffer> WireTap::take(Patience patience) const {
  std::vector<Buffer> frames;
  const Deadline deadline(patience);
  while (
      wait_for(socket_, Readiness::readable, frames.empty() ? deadline : Deadline(Patience{0}))) {
    std::array<std::uint8_t, 65536> frame{};
    sockaddr_ll from{};
    socklen_t size = sizeof(from);
    const ssize_t n =
        recvfrom(socket_, frame.data(), frame.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (n < 0) break;
    const Direction direction =
        from.sll_pkttype == PACKET_OUTGOING ? Direction::out : Direction::in;
    if (direction_ != Direction::both && direction_ != direction) continue;
    frames.emplace_back(frame.begin(), frame.begin() + n);
  }
  return frames;
}

void WireTap::inject(Buffer frame) const {
  if (!udp_payload(frame).empty()) frame[kUdpPayload - 1] = frame[kUdpPayload - 2] = 0;
  if (send(socket_, frame.data(), frame.size(), 0) != static_cast<ssize_t>(frame.size())) {
    throw std::runtime_error(std::string("cannot send a frame: ") + std::strerror(errno));
  }
}

SessionTap::SessionTap(const NetworkNamespace& space, const std::string& interface)
    : messages_(space, interface, WireTap::Direction::both, kHandshake3) {}

std::size_t SessionTap::count() {
  for (const Buffer& frame : messages_.take(Patience{0})) {
    indices_.insert(load_be24(udp_payload(frame).data() + 1));
  }
  return indices_.size();
}

Bytes udp_payload(Bytes frame) {
  if (frame.size() <= kUdpPayload) return {};
  if (load_be<std::uint16_t>(frame.data() + 12) != ETH_P_IP) return {};
  if (frame[kEthernetHeader] != 0x45 || frame[kEthernetHeader + 9] != kUdp) return {};
  const std::size_t length = load_be<std::uint16_t>(frame.data() + kUdpPayload - 4);
  if (length < 8 || frame.size() < kUdpPayload + length - 8) return {};
  return frame.subspan(kUdpPayload, length - 8);
}

}  // namespace lanyard::lab
