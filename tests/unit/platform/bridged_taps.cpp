// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/platform/bridged_taps.h"

#include <array>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "core/vswitch/ethernet.h"
#include "core/vswitch/offload/offload_header.h"
#include "tests/unit/vswitch/packets.h"

namespace lanyard::platform {
namespace {

constexpr const char* kBridge = "joint";
constexpr int kLargestMtu = 65'521;  // 65,535 less an Ethernet header, as tun allows
constexpr std::size_t kLargestFrame = 65'600;
constexpr std::array<std::uint8_t, 6> kSource{0x02, 0, 0, 0, 0, 0x01};  // of all recipes
constexpr int kPatienceMilliseconds = 5'000;

ifreq request_for(const std::string& interface) {
  ifreq request{};
  std::memcpy(request.ifr_name, interface.c_str(), interface.size() + 1);
  return request;
}

FileDescriptor open_tap(const std::string& name, unsigned offloads) {
  FileDescriptor tap(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  REQUIRE(tap.is_open());
  ifreq request = request_for(name);
  request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
  REQUIRE(ioctl(tap.get(), TUNSETIFF, &request) == 0);
  REQUIRE(ioctl(tap.get(), TUNSETOFFLOAD, offloads) == 0);
  return tap;
}

// Without this the kernel would join in with frames of its own.
void switch_ipv6_off() {
  for (const char* scope : {"all", "default"}) {
    const std::string path = std::string("/proc/sys/net/ipv6/conf/") + scope + "/disable_ipv6";
    const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (file.is_open()) CHECK(::write(file.get(), "1", 1) == 1);
  }
}

void bring_up(const FileDescriptor& socket, const std::string& interface) {
  ifreq request = request_for(interface);
  request.ifr_mtu = kLargestMtu;
  CHECK(ioctl(socket.get(), SIOCSIFMTU, &request) == 0);
  request = request_for(interface);
  request.ifr_flags = IFF_UP;
  CHECK(ioctl(socket.get(), SIOCSIFFLAGS, &request) == 0);
}

}  // namespace

std::optional<BridgedTaps> BridgedTaps::open(FarSide far_side) {
  const FileDescriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  REQUIRE(socket.is_open());
  switch_ipv6_off();
  if (ioctl(socket.get(), SIOCBRADDBR, kBridge) != 0) {
    MESSAGE("skipped: the kernel makes no bridge");
    return std::nullopt;
  }
  BridgedTaps out;
  out.far_side_ = far_side;
  out.near_ = open_tap("near", 0);
  out.far_ = open_tap("far", far_side == FarSide::takes_checksums ? TUN_F_CSUM : 0);
  // What the near side is asked here is what it hands out, which nobody reads.
  constexpr unsigned kUdpSegments = TUN_F_CSUM | 0x20 | 0x40;  // TUN_F_USO4, TUN_F_USO6
  out.takes_udp_segments_ = ioctl(out.near_.get(), TUNSETOFFLOAD, kUdpSegments) == 0;
  if (!out.takes_udp_segments_) MESSAGE("skipped for UDP: the kernel takes no segments of it");
  for (const char* const port : {"near", "far"}) {
    bring_up(socket, port);
    ifreq request = request_for(kBridge);
    request.ifr_ifindex = static_cast<int>(if_nametoindex(port));
    REQUIRE(ioctl(socket.get(), SIOCBRADDIF, &request) == 0);
  }
  bring_up(socket, kBridge);
  REQUIRE(out.wait_until_forwarding());
  return out;
}

void BridgedTaps::write(Bytes offload, Bytes frame) const {
  const std::array<iovec, 2> parts{{{const_cast<std::uint8_t*>(offload.data()), offload.size()},
                                    {const_cast<std::uint8_t*>(frame.data()), frame.size()}}};
  CHECK(writev(near_.get(), parts.data(), 2) ==
        static_cast<ssize_t>(offload.size() + frame.size()));
}

std::vector<Buffer> BridgedTaps::read(std::size_t count) const {
  std::vector<Buffer> out;
  while (out.size() < count) {
    auto frame = read_one(kPatienceMilliseconds);
    if (!frame) break;
    out.push_back(std::move(*frame));
  }
  return out;
}

// The bridge learns of a device's carrier in its own time, and drops frames until then.
bool BridgedTaps::wait_until_forwarding() const {
  const Buffer probe = vswitch::test::complete_frame({});
  const Buffer nothing_left(vswitch::OffloadHeader::kSize);
  for (int waited = 0; waited < kPatienceMilliseconds; waited += 20) {
    write(nothing_left, probe);
    if (!read_one(20)) continue;
    // Those that were late are not to be taken for an answer to something else.
    while (read_one(20)) {
    }
    return true;
  }
  return false;
}

std::optional<Buffer> BridgedTaps::read_one(int patience_milliseconds) const {
  constexpr std::size_t kHeader = vswitch::OffloadHeader::kSize;
  pollfd wait{.fd = far_.get(), .events = POLLIN, .revents = 0};
  while (poll(&wait, 1, patience_milliseconds) == 1) {
    Buffer frame(kHeader + kLargestFrame);
    const ssize_t size = ::read(far_.get(), frame.data(), frame.size());
    if (size < static_cast<ssize_t>(kHeader + 2 * vswitch::kMacSize)) return std::nullopt;
    const auto offload = vswitch::OffloadHeader::parse(frame);
    REQUIRE(offload);
    frame.resize(static_cast<std::size_t>(size));
    frame.erase(frame.begin(), frame.begin() + kHeader);
    // The bridge itself asks for multicast groups.
    if (!equal(Bytes(frame).subspan(vswitch::kMacSize, vswitch::kMacSize), kSource)) continue;
    CHECK(offload->gso == vswitch::OffloadHeader::Gso::none);
    CHECK_FALSE((far_side_ == FarSide::plain && offload->needs_checksum));
    return frame;
  }
  return std::nullopt;
}

}  // namespace lanyard::platform
