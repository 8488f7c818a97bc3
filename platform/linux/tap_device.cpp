// SPDX-License-Identifier: Apache-2.0
// Opening TAP devices, one descriptor for each queue, and finding out which offloads the kernel
// has: each is asked for, and done without where it is refused.
#include "platform/tap_device.h"

#include <cassert>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>

#include "platform/system_error.h"

namespace lanyard::platform {
namespace {

constexpr std::string_view kDevice = "/dev/net/tun";
constexpr std::string_view kPermissionHint =
    "run the daemon as root or give it the capability CAP_NET_ADMIN";

// Of linux/if_tun.h since Linux 6.2: UDP segmentation, both or none.
constexpr unsigned kUdpSegmentation4 = 0x20;  // TUN_F_USO4
constexpr unsigned kUdpSegmentation6 = 0x40;  // TUN_F_USO6

constexpr int kOffloadHeaderBytes = 10;  // virtio_net_hdr without num_buffers

Error device_error(int error_number) {
  const std::string what = "no virtual Ethernet device can be made: " + std::string(kDevice);
  switch (error_number) {
    case ENOENT:
      return make_error(Errc::unavailable, what + " is missing",
                        "load the kernel's driver with: modprobe tun");
    case ENODEV:
    case ENXIO:
      return make_error(Errc::unavailable, what + " has no driver behind it",
                        "load the kernel's driver with: modprobe tun");
    default: return system_error(error_number, what, kPermissionHint);
  }
}

Error name_error(int error_number, const std::string& name) {
  if (error_number == EBUSY || error_number == EEXIST) {
    return make_error(Errc::conflict, "the interface " + name + " is in use by another program",
                      "choose another name with --interface");
  }
  if (error_number == EINVAL) {
    // The name belongs to an interface of another kind, or the kernel allows no such name.
    if (if_nametoindex(name.c_str()) != 0) {
      return make_error(Errc::conflict, "the interface " + name + " exists and is no TAP device",
                        "choose another name with --interface");
    }
    return make_error(Errc::invalid, "'" + name + "' is not a name for an interface",
                      "choose another name with --interface");
  }
  if (error_number == EPERM || error_number == EACCES) {
    return make_error(Errc::permission, "no right to make the interface " + name,
                      std::string(kPermissionHint));
  }
  return system_error(error_number, "the interface " + name + " cannot be made");
}

bool is_interface_name(std::string_view name) {
  if (name.size() >= IFNAMSIZ || name == "." || name == "..") return false;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    // '%' would be taken for a pattern by the kernel.
    if (byte <= ' ' || byte >= 0x7f || c == '/' || c == ':' || c == '%') return false;
  }
  return true;
}

Result<FileDescriptor> open_driver() {
  FileDescriptor descriptor(::open(kDevice.data(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!descriptor.is_open()) return device_error(errno);
  return descriptor;
}

// The device's kind, as TUNSETIFF takes it.
short flags_for(const FileDescriptor& driver, const TapOptions& options) {
  unsigned known = 0;
  ioctl(driver.get(), TUNGETFEATURES, &known);
  int flags = IFF_TAP | IFF_NO_PI;
  if (options.offloads.has(Offload::vnet) && (known & IFF_VNET_HDR) != 0) flags |= IFF_VNET_HDR;
  if (options.queues > 1) flags |= IFF_MULTI_QUEUE;
  return static_cast<short>(flags);
}

unsigned offload_bits(Offloads offloads) {
  if (!offloads.has(Offload::checksum)) return 0;
  unsigned bits = TUN_F_CSUM;
  if (offloads.has(Offload::tso)) bits |= TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
  if (offloads.has(Offload::uso)) bits |= kUdpSegmentation4 | kUdpSegmentation6;
  return bits;
}

// Of a device with virtio headers. What is on when this returns.
Offloads switch_on(const FileDescriptor& queue, Offloads wanted) {
  int header_bytes = kOffloadHeaderBytes;
  ioctl(queue.get(), TUNSETVNETHDRSZ, &header_bytes);
  Offloads out = Offloads::none().with(Offload::vnet);
  if (!wanted.has(Offload::checksum)) return out;
  out = out.with(Offload::checksum);
  if (wanted.has(Offload::tso)) out = out.with(Offload::tso);
  if (wanted.has(Offload::uso)) out = out.with(Offload::uso);
  for (const Offload next : {Offload::uso, Offload::tso, Offload::checksum}) {
    if (ioctl(queue.get(), TUNSETOFFLOAD, offload_bits(out)) == 0) break;
    out = out.without(next);
  }
  return out;
}

}  // namespace

Result<TapDevice> open_tap_device(std::string_view wanted_name, const TapOptions& options) {
  assert(options.queues > 0);
  if (!is_interface_name(wanted_name)) {
    return make_error(Errc::invalid,
                      "'" + std::string(wanted_name) + "' is not a name for an interface",
                      "use up to 15 letters, digits, '-', '_' and '.'");
  }
  const std::string name(wanted_name.empty() ? std::string_view("lanyard%d") : wanted_name);
  // The kernel would hand us an interface that another program made and keeps without using it;
  // it is not ours to take.
  if (!wanted_name.empty() && if_nametoindex(name.c_str()) != 0) return name_error(EBUSY, name);

  TapDevice device;
  ifreq request{};
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  for (std::size_t i = 0; i < options.queues; ++i) {
    auto queue = open_driver();
    if (!queue) return queue.error();
    if (i == 0) request.ifr_flags = flags_for(*queue, options);
    // The first call settles the name; the others find the device by it.
    if (ioctl(queue->get(), TUNSETIFF, &request) != 0) return name_error(errno, request.ifr_name);
    device.queues.push_back(std::make_shared<const FileDescriptor>(std::move(*queue)));
  }
  device.name = request.ifr_name;
  device.index = if_nametoindex(request.ifr_name);
  if (options.queues > 1) device.steering = steer_by_flow(*device.queues.front());
  if ((request.ifr_flags & IFF_VNET_HDR) != 0) {
    device.offloads = switch_on(*device.queues.front(), options.offloads);
  }
  return device;
}

void ignore_router_advertisements(const TapDevice& device) {
  const std::string setting = "/proc/sys/net/ipv6/conf/" + device.name + "/accept_ra";
  const FileDescriptor file(::open(setting.c_str(), O_WRONLY | O_CLOEXEC));
  // Where the kernel has no IPv6 there is nothing to ignore.
  if (file.is_open()) static_cast<void>(!::write(file.get(), "0", 1));
}

}  // namespace lanyard::platform
