// SPDX-License-Identifier: Apache-2.0
// A simulated machine: a disk, one Lanyard (node and data plane) that can be switched off at any
// moment, and for each of its TAP devices a network stack that knows ARP and probes. It stands in
// for everything that platform does on a real one. Owned by the World, which tells it the time.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/node/data_plane.h"
#include "core/node/node.h"
#include "tests/sim/frames.h"
#include "tests/sim/internet.h"

namespace lanyard::sim {

class World;

class Host {
 public:
  // A TAP device as its host's own network stack sees it.
  struct Device {
    std::string name;
    MacAddress mac;
    std::optional<IpAddress> address;  // IPv4
    std::map<IpAddress, MacAddress> neighbours;
    std::map<IpAddress, std::uint64_t> waiting;  // probes that wait for an ARP reply
    std::set<std::uint64_t> received;            // numbers of the probes that came in for us
    std::uint64_t broadcasts = 0;                // frames to the broadcast address that came in
  };

  Host(World& world, HostId id, std::string name);
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  ~Host();

  HostId id() const { return id_; }
  const std::string& name() const { return name_; }
  Endpoint inside_endpoint() const;

  // What the next power_on() starts with.
  node::Settings& settings() { return settings_; }

  // By how much its calendar is ahead of the world's.
  void set_clock_error(Duration error) { clock_error_ = error; }

  bool is_on() const { return node_ != nullptr; }
  void power_on();
  void pull_the_plug();  // nothing is said or saved
  void shut_down();      // the node says goodbye

  // Clients of the control socket. The answer stays until the host goes off.
  node::RequestId request(const control::Request& request);
  const Result<control::Reply>* answer(node::RequestId id) const;
  std::uint32_t refused_files() const { return refused_files_; }
  node::DropCounts data_drops() const { return data_plane_.drops(); }
  std::map<std::string, Buffer>& disk() { return disk_; }

  // By the name that the network was created or joined with as interface; nullptr if not there.
  Device* device(std::string_view name);
  const std::map<node::DeviceId, Device>& devices() const { return devices_; }
  // Sends a probe out of the device, after ARP where that is needed. Lost ones are not repeated.
  void send_probe(std::string_view device, const IpAddress& to, std::uint64_t number);
  void send_frame(std::string_view device, Buffer frame);

  // The address or site of the host has changed; the World's internet knows already.
  void readdress();

  // Inputs, from the World.
  void handle_datagram(const Endpoint& from, std::uint16_t port, Buffer& payload);
  void handle_wakeup();
  void handle_device_ready(const DeviceReady& ready);
  void handle_calendar_tick(const CalendarTick& tick);

 private:
  class Log;

  UnixTime wall() const;
  node::Underlay underlay() const;
  void carry_out();
  void carry_out_files();
  void open_device(const node::DeviceConfiguration& configuration);
  void from_network_stack(node::DeviceId id, Bytes frame);
  void to_network_stack(node::DeviceId id, Bytes frame);
  void carry_out_data();
  void switch_off();

  World& world_;
  const HostId id_;
  const std::string name_;
  node::Settings settings_;
  Duration clock_error_;
  std::uint16_t port_ = 0;
  std::uint32_t boot_ = 0;
  Instant wakeup_at_ = Instant::never();
  std::uint32_t spins_ = 0;  // wake-ups in a row at one instant

  std::map<std::string, Buffer> disk_;
  std::uint32_t refused_files_ = 0;
  std::map<node::DeviceId, Device> devices_;
  std::map<node::RequestId, Result<control::Reply>> answers_;
  node::RequestId next_request_ = 1;

  // Only while switched on; the node refers to the two before it.
  std::unique_ptr<SeededRng> rng_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<node::Node> node_;
  node::DataPlane data_plane_;  // counts on over restarts
  std::shared_ptr<const node::Forwarding> forwarding_;
  node::Outbox outbox_;
};

}  // namespace lanyard::sim
