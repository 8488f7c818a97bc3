// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/host.h"

#include <array>
#include <cassert>
#include <cstdio>
#include <utility>

#include "core/base/log.h"
#include "tests/sim/world.h"

namespace lanyard::sim {
namespace {

// What a system takes to open a TAP device.
constexpr Duration kDeviceDelay = milliseconds(2);
constexpr Duration kCalendarInterval = seconds(30);
// Of a node that was never told another: hosts have theirs from 20000 up.
constexpr std::uint16_t kFirstPort = 20000;
// Unlike for every boot of every host, like for every run with the seed.
constexpr std::uint64_t kHostStep = 0x9e3779b97f4a7c15;
constexpr std::uint64_t kBootStep = 0xd1342543de82ef95;
constexpr std::uint32_t kMaximumSpins = 10'000;
constexpr std::uint32_t kUnderlayMtu = 1500;
// The first byte of data (protocol, section 1).
constexpr std::uint8_t kData = 0xe4;
constexpr std::uint8_t kRelayed = 0xe5;

}  // namespace

class Host::Log final : public LogSink {
 public:
  Log(const World& world, const std::string& name) : world_(world), name_(name) {}
  bool wants(LogLevel) const override { return world_.logging() == Logging::on; }
  void write(LogLevel, std::string_view line) override {
    std::fprintf(stderr, "%10lld us %-12s %.*s\n",
                 static_cast<long long>(world_.now().nanoseconds / 1000), name_.c_str(),
                 static_cast<int>(line.size()), line.data());
  }

 private:
  const World& world_;
  const std::string& name_;
};

Host::Host(World& world, HostId id, std::string name)
    : world_(world), id_(id), name_(std::move(name)) {
  settings_.version = "simulation";
  settings_.default_member_name = name_;
  settings_.dht_mode = node::DhtMode::private_;
}

Host::~Host() = default;

Endpoint Host::inside_endpoint() const { return {world_.internet().address_of(id_), port_}; }

UnixTime Host::wall() const { return {world_.wall().seconds + clock_error_.seconds()}; }

node::Underlay Host::underlay() const {
  node::Underlay out;
  out.addresses.push_back({{world_.internet().address_of(id_), 24}, "eth0"});
  out.mtu = kUnderlayMtu;
  return out;
}

void Host::power_on() {
  ++boot_;
  rng_ = std::make_unique<SeededRng>(world_.seed() + (id_ + 1) * kHostStep + boot_ * kBootStep);
  log_ = std::make_unique<Log>(world_, name_);
  node_ = std::make_unique<node::Node>(settings_, *rng_, *log_);
  for (const auto& [name, contents] : disk_) {
    if (!node_->restore(name, contents)) ++refused_files_;
  }
  port_ = node_->remembered_port();
  if (port_ == 0) port_ = static_cast<std::uint16_t>(kFirstPort + id_);
  node_->start(world_.now(), wall(), port_, node::Ipv6::there, outbox_);
  carry_out();
  node_->handle_underlay(world_.now(), underlay(), outbox_);
  carry_out();
  world_.queue().push(world_.now() + kCalendarInterval, CalendarTick{id_, boot_});
}

void Host::switch_off() {
  node_.reset();
  forwarding_.reset();
  devices_.clear();
  answers_.clear();
  outbox_.clear();
  wakeup_at_ = Instant::never();
}

void Host::pull_the_plug() { switch_off(); }

void Host::shut_down() {
  node_->stop(world_.now(), outbox_);
  carry_out_files();
  for (const Datagram& datagram : outbox_.datagrams) {
    world_.internet().send(world_.now(), id_, port_, datagram, world_.queue());
  }
  switch_off();
}

node::RequestId Host::request(const control::Request& request) {
  const node::RequestId id = next_request_++;
  node_->handle_request(world_.now(), id, request, outbox_);
  carry_out();
  return id;
}

const Result<control::Reply>* Host::answer(node::RequestId id) const {
  const auto found = answers_.find(id);
  return found == answers_.end() ? nullptr : &found->second;
}

void Host::readdress() {
  if (!is_on()) return;
  node_->handle_underlay(world_.now(), underlay(), outbox_);
  carry_out();
}

void Host::handle_datagram(const Endpoint& from, std::uint16_t port, Buffer& payload) {
  if (!is_on() || payload.empty()) return;
  if (port == kBeaconPort) {
    node_->handle_lan_beacon(world_.now(), from, payload, outbox_);
  } else if (port != port_) {
    return;
  } else if (payload[0] != kData && payload[0] != kRelayed) {
    node_->handle_datagram(world_.now(), from, payload, outbox_);
  } else if (forwarding_ != nullptr) {
    const bool is_relayed = payload[0] == kRelayed;
    payload.insert(payload.begin(), node::ReceivedRun::kHeadroom, 0);
    const MutableBytes run = MutableBytes(payload).subspan(node::ReceivedRun::kHeadroom);
    const node::ReceivedRun received{from, run, run.size()};
    if (is_relayed) {
      data_plane_.handle_relayed_run(*forwarding_, received, world_.data_output());
    } else {
      data_plane_.handle_run(*forwarding_, received, world_.data_output());
    }
    carry_out_data();
  }
  carry_out();
}

void Host::handle_wakeup() {
  // A wake-up that was put off, or of an earlier boot, finds nothing due.
  if (!is_on() || wakeup_at_ > world_.now()) return;
  wakeup_at_ = Instant::never();
  if (node_->next_timeout() <= world_.now()) node_->handle_timeout(world_.now(), outbox_);
  carry_out();
  // A node that is due again at once, over and over, would stop the clock for ever.
  spins_ = wakeup_at_ == world_.now() ? spins_ + 1 : 0;
  assert(spins_ < kMaximumSpins);
}

void Host::handle_device_ready(const DeviceReady& ready) {
  if (!is_on() || ready.boot != boot_) return;
  const auto device = devices_.find(ready.device);
  if (device == devices_.end()) return;
  node_->handle_device(world_.now(), ready.device, device->second.name, outbox_);
  carry_out();
}

void Host::handle_calendar_tick(const CalendarTick& tick) {
  if (!is_on() || tick.boot != boot_) return;
  node_->set_wall_clock(world_.now(), wall());
  world_.queue().push(world_.now() + kCalendarInterval, CalendarTick{id_, boot_});
  carry_out();
}

// Everything that the node wants done, in the order that the Outbox asks for.
void Host::carry_out() {
  carry_out_files();
  for (const Datagram& datagram : outbox_.datagrams) {
    world_.internet().send(world_.now(), id_, port_, datagram, world_.queue());
  }
  for (const Buffer& beacon : outbox_.lan_beacons) {
    world_.internet().send_beacon(world_.now(), id_, beacon, world_.queue());
  }
  for (const node::DeviceConfiguration& configuration : outbox_.devices) {
    open_device(configuration);
  }
  for (const node::DeviceId device : outbox_.closed_devices) devices_.erase(device);
  if (outbox_.forwarding != nullptr) forwarding_ = outbox_.forwarding;
  for (node::Answer& answer : outbox_.answers) {
    world_.trace().add(std::uint64_t{answer.reply.has_value()});
    answers_.insert_or_assign(answer.request, std::move(answer.reply));
  }
  outbox_.clear();
  const Instant due = node_->next_timeout();
  if (due < wakeup_at_) {
    wakeup_at_ = due < world_.now() ? world_.now() : due;
    world_.queue().push(wakeup_at_, Wakeup{id_});
  }
}

void Host::carry_out_files() {
  for (node::StateFile& file : outbox_.files) {
    world_.trace().add(as_bytes(file.name));
    if (file.contents) {
      world_.trace().add(*file.contents);
      disk_[file.name] = std::move(*file.contents);
    } else {
      disk_.erase(file.name);
    }
  }
}

void Host::open_device(const node::DeviceConfiguration& configuration) {
  Device& device = devices_[configuration.device];
  device.name = configuration.wanted_name;
  if (device.name.empty()) device.name = "lanyard" + std::to_string(configuration.device);
  device.mac = configuration.mac;
  device.address.reset();
  for (const IpPrefix& prefix : configuration.addresses) {
    if (prefix.address.is_v4()) device.address = prefix.address;
  }
  world_.queue().push(world_.now() + kDeviceDelay, DeviceReady{id_, boot_, configuration.device});
}

Host::Device* Host::device(std::string_view name) {
  for (auto& [id, device] : devices_) {
    if (device.name == name) return &device;
  }
  return nullptr;
}

void Host::send_probe(std::string_view name, const IpAddress& to, std::uint64_t number) {
  for (auto& [id, device] : devices_) {
    if (device.name != name || !device.address) continue;
    const auto neighbour = device.neighbours.find(to);
    if (neighbour == device.neighbours.end()) {
      device.waiting[to] = number;
      from_network_stack(id, make_arp_request(device.mac, *device.address, to));
    } else {
      from_network_stack(id,
                         make_probe({device.mac, neighbour->second, *device.address, to, number}));
    }
    return;
  }
}

void Host::send_frame(std::string_view name, Buffer frame) {
  for (auto& [id, device] : devices_) {
    if (device.name == name) return from_network_stack(id, frame);
  }
}

void Host::from_network_stack(node::DeviceId id, Bytes frame) {
  if (!is_on() || forwarding_ == nullptr) return;
  Buffer copy(1);  // the byte before the frame
  append(copy, frame);
  const node::DeviceFrame one{MutableBytes(copy).subspan(1), {}};
  // One frame to each member of a network of this size always has room.
  static_cast<void>(data_plane_.handle_frames(*forwarding_, id, {&one, 1}, world_.data_output()));
  carry_out_data();
  carry_out();
}

// The data plane's output is emptied before any of it is acted on further: the answer to a frame
// may be another frame.
void Host::carry_out_data() {
  node::DataOutput& out = world_.data_output();
  for (const node::SealedRun& run : out.runs()) {
    for (std::size_t i = 0; i < run.datagrams(); ++i) {
      world_.internet().send(world_.now(), id_, port_, Datagram{run.to, to_buffer(run.datagram(i))},
                             world_.queue());
    }
  }
  // Frame by frame, for the data output of a world merges nothing.
  std::vector<std::pair<node::DeviceId, Buffer>> frames;
  out.frames().finish();
  for (const auto& group : out.frames().groups()) {
    std::array<Bytes, vswitch::Coalescer::kMaxPieces> pieces;
    out.frames().gather(group, pieces);  // offload header, frame
    frames.emplace_back(group.port, to_buffer(pieces[1]));
  }
  for (const node::OpenedControl& message : out.control()) {
    node_->handle_control_frame(world_.now(), {message.session_index, message.from, message.body},
                                outbox_);
    carry_out();
  }
  for (const node::EarlyDatagram& datagram : out.early()) {
    node_->handle_datagram(world_.now(), datagram.from, datagram.bytes, outbox_);
    carry_out();
  }
  const std::vector<node::NewAddress> moved = out.new_addresses();
  out.reset();
  for (const node::NewAddress& peer : moved) {
    node_->handle_new_address(world_.now(), peer.session_index, peer.from, outbox_);
    carry_out();
  }
  for (const auto& [device, frame] : frames) to_network_stack(device, frame);
}

void Host::to_network_stack(node::DeviceId id, Bytes frame) {
  world_.trace().add(frame);
  const auto found = devices_.find(id);
  if (found == devices_.end()) return;
  Device& device = found->second;
  if (const auto reply = parse_arp_reply(frame)) {
    device.neighbours[reply->address] = reply->mac;
    const auto waiting = device.waiting.find(reply->address);
    if (waiting == device.waiting.end()) return;
    const std::uint64_t number = waiting->second;
    device.waiting.erase(waiting);
    send_probe(device.name, reply->address, number);
    return;
  }
  if (frame.size() >= 6 && MacAddress::from_bytes(frame.first(6)) == MacAddress::broadcast()) {
    ++device.broadcasts;
  }
  const auto probe = parse_probe(frame);
  if (probe && probe->destination_mac == device.mac && probe->destination == device.address) {
    device.received.insert(probe->number);
  }
}

}  // namespace lanyard::sim
