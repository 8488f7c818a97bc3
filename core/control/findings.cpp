// SPDX-License-Identifier: Apache-2.0
#include "core/control/findings.h"

#include "core/control/fill.h"

namespace lanyard::control {
namespace {

constexpr CheckState kOk = CheckState::ok;
constexpr CheckState kWarning = CheckState::warning;
constexpr CheckState kFailure = CheckState::failure;

// What is as a user has said, or cannot be helped, is ok; a warning has a remedy.
constexpr std::array<FindingWords, kFindings> kWords{{
    {Finding::daemon_running, "daemon", kOk, "the daemon is running", ""},
    {Finding::daemon_not_running, "daemon", kFailure, "the daemon is not running",
     "sudo lanyard daemon; where it is installed as a service: sudo systemctl start lanyard; if it "
     "runs with a socket of its own: --socket PATH"},

    {Finding::version_same, "version", kOk, "program and daemon are both version {0}", ""},
    {Finding::version_differs, "version", kWarning,
     "the program is version {0} and the daemon version {1}", "restart the daemon"},

    {Finding::tun_there, "tun_device", kOk, "the kernel can make network devices (/dev/net/tun)",
     ""},
    {Finding::tun_missing, "tun_device", kFailure,
     "the kernel cannot make network devices: there is no /dev/net/tun",
     "sudo modprobe tun; a container has to be given the device: --device /dev/net/tun"},

    {Finding::devices_allowed, "permission", kOk, "this user may make network devices", ""},
    {Finding::devices_not_allowed, "permission", kWarning,
     "this user may not make network devices, as the daemon has to",
     "start the daemon with sudo, or give it the capability CAP_NET_ADMIN"},

    {Finding::state_saved, "state_directory", kOk, "keys and networks are safe in {0}", ""},
    {Finding::state_unsaved, "state_directory", kFailure,
     "{1} could not be written to {0} and will be lost when the daemon stops",
     "see what is in the way, a full disk or rights: df -h {0}; ls -ld {0}"},

    {Finding::network_up, "network", kOk, "{0} is up on {1}", ""},
    {Finding::network_starting, "network", kOk, "{0} is {1}", ""},
    {Finding::network_down, "network", kOk, "{0} is down, as was asked", ""},
    {Finding::network_failed, "network", kFailure, "{0} does not work: {1}",
     "put that right, then: lanyard up {0}"},

    {Finding::clock_plausible, "clock", kOk, "the clock is not behind what members signed", ""},
    {Finding::clock_behind, "clock", kWarning,
     "the clock is {0} behind what members of {1} signed: this one is wrong, or theirs",
     "compare with a watch; to have it set by itself: sudo timedatectl set-ntp true"},

    {Finding::dht_connected, "dht", kOk, "members can be looked for in the DHT: {0} answered", ""},
    {Finding::dht_starting, "dht", kOk, "the DHT is being entered", ""},
    {Finding::dht_off, "dht", kOk,
     "the DHT is off, as was asked: members are found on the local network and where they were "
     "before",
     ""},
    {Finding::dht_alone, "dht", kOk,
     "no other node of the private DHT is known yet: tokens and members lead others here", ""},
    {Finding::dht_unreachable, "dht", kWarning,
     "no node of the DHT answers: members that moved are not found",
     "let UDP through the firewall; or start the daemon with a node that can be reached: "
     "--bootstrap HOST:PORT"},

    {Finding::nat_none, "nat", kOk,
     "there is no NAT: others see this machine under its own address", ""},
    {Finding::nat_mapped, "nat", kOk, "the router forwards {0} to this machine", ""},
    {Finding::nat_open, "nat", kOk, "what others send gets in, even if nothing was sent to them",
     ""},
    {Finding::nat_one_port, "nat", kOk,
     "the NAT gives this machine one port for all destinations: members behind others of the kind "
     "can be reached",
     ""},
    {Finding::nat_port_per_destination, "nat", kWarning,
     "the NAT gives this machine a port for each destination: members behind NATs cannot be "
     "reached directly",
     "let the router forward UDP port {0} to this machine, or start the daemon with --port-mapping "
     "on"},
    {Finding::nat_unknown, "nat", kOk,
     "nothing is known of a NAT: too few have said yet where they see this machine", ""},

    {Finding::ipv6_there, "ipv6", kOk, "members can be reached by IPv4 and by IPv6", ""},
    {Finding::ipv6_missing, "ipv6", kWarning,
     "this machine has no IPv6: members are reached by IPv4 alone",
     "sudo sysctl -w net.ipv6.conf.all.disable_ipv6=0 and restart the daemon; if that fails, the "
     "kernel was started with ipv6.disable=1"},

    {Finding::receive_buffer_large, "udp_receive_buffer", kOk,
     "the receive buffers of the UDP sockets hold {0}", ""},
    {Finding::receive_buffer_small, "udp_receive_buffer", kWarning,
     "the receive buffers of the UDP sockets hold {0} instead of {1}: bursts lose packets",
     "sudo sysctl -w net.core.rmem_max={2}, or give the daemon the capability CAP_NET_ADMIN; then "
     "restart it"},
    {Finding::send_buffer_large, "udp_send_buffer", kOk,
     "the send buffers of the UDP sockets hold {0}", ""},
    {Finding::send_buffer_small, "udp_send_buffer", kWarning,
     "the send buffers of the UDP sockets hold {0} instead of {1}: bursts lose packets",
     "sudo sysctl -w net.core.wmem_max={2}, or give the daemon the capability CAP_NET_ADMIN; then "
     "restart it"},

    {Finding::udp_segmentation_on, "udp_segmentation_offload", kOk,
     "the kernel takes many datagrams at once", ""},
    {Finding::udp_segmentation_unavailable, "udp_segmentation_offload", kWarning,
     "datagrams are sent one by one: the kernel or a network card does not take many at once",
     "Linux {0} or newer can do it"},
    {Finding::udp_segmentation_off, "udp_segmentation_offload", kWarning,
     "datagrams are sent one by one, as was asked",
     "start the daemon without --disable-offload {0}"},
    {Finding::udp_merging_on, "udp_receive_offload", kOk, "the kernel gives many datagrams at once",
     ""},
    {Finding::udp_merging_unavailable, "udp_receive_offload", kWarning,
     "datagrams are received one by one: the kernel does not give many at once",
     "Linux {0} or newer can do it"},
    {Finding::udp_merging_off, "udp_receive_offload", kWarning,
     "datagrams are received one by one, as was asked",
     "start the daemon without --disable-offload {0}"},

    {Finding::device_offloads_on, "device_offload", kOk,
     "{0} exchanges many packets at once with the kernel", ""},
    {Finding::device_offloads_nearly_on, "device_offload", kOk,
     "{0} exchanges many packets at once with the kernel, except for {1}", ""},
    {Finding::device_offloads_unavailable, "device_offload", kWarning,
     "{0} is slower than it could be: the kernel does not offer {1}", "run a newer kernel"},
    {Finding::device_offloads_off, "device_offload", kWarning,
     "{0} is slower than it could be: {1} was switched off",
     "start the daemon without --disable-offload {1}"},

    {Finding::flows_steered, "flow_order", kOk, "the packets of a flow stay in order", ""},
    {Finding::flows_unsteered, "flow_order", kWarning,
     "packets of a flow that nobody answers may overtake each other: the daemon has no right to "
     "tell the kernel how to spread flows",
     "give the daemon the capability CAP_BPF, or CAP_SYS_ADMIN before Linux 5.8"},

    {Finding::open_files_many, "open_files", kOk, "the daemon may have {0} files open", ""},
    {Finding::open_files_few, "open_files", kWarning,
     "the daemon may have only {0} files open: not enough for many networks",
     "start it with a higher limit: ulimit -n {1}; as a service: LimitNOFILE={1}"},

    {Finding::aead_fastest, "aead_backend", kOk, "{0} is computed by {1}, the fastest here", ""},
    {Finding::aead_nothing_faster, "aead_backend", kOk,
     "{0} is computed by {1}: for this processor there is nothing faster", ""},
    {Finding::aead_not_wanted, "aead_backend", kWarning,
     "{0} is computed by {1}, as was asked, although ipsec-mb is there",
     "start the daemon without --aead-backend"},
    {Finding::aead_not_built_in, "aead_backend", kWarning,
     "{0} is computed by {1}: ipsec-mb, which is faster on most processors, is not built in",
     "build lanyard where libipsec-mb-dev is installed"},

    {Finding::workers_fit, "workers", kOk, "packets are carried by {0} on {1}", ""},
    {Finding::workers_few, "workers", kWarning, "packets are carried by only {0} on {1}",
     "start the daemon without --workers"},
    {Finding::workers_many, "workers", kWarning, "packets are carried by {0}, which share {1}",
     "start the daemon without --workers"},

    {Finding::room_enough, "dropped_packets", kOk,
     "hardly a packet was dropped because buffers were full", ""},
    {Finding::room_lacking, "dropped_packets", kWarning,
     "{0} packets were dropped because buffers were full, in {1} ({2})",
     "follow the advice above, if there is any; else this machine is too slow for what is sent"},
}};

constexpr bool is_in_order() {
  for (std::size_t i = 0; i < kWords.size(); ++i) {
    if (kWords[i].finding != static_cast<Finding>(i)) return false;
  }
  return true;
}
static_assert(is_in_order());

}  // namespace

Check make_check(Finding finding, const std::vector<std::string>& values) {
  const FindingWords& words = kWords[static_cast<std::size_t>(finding)];
  return {std::string(words.code), words.state, fill(words.sentence, values),
          fill(words.remedy, values)};
}

const std::array<FindingWords, kFindings>& finding_words() { return kWords; }

}  // namespace lanyard::control
