// SPDX-License-Identifier: Apache-2.0
#include "platform/worker.h"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/uio.h>

#include <pthread.h>

#include "core/crypto/aead_backends.h"
#include "core/tunnel/relayed.h"
#include "core/tunnel/wire.h"
#include "core/vswitch/flow_hash.h"
#include "platform/clock.h"
#include "platform/system_error.h"

namespace lanyard::platform {
namespace {

constexpr int kEvents = 16;
// A full socket is reported as writable when half of it is empty. That takes seconds where
// datagrams wait in it for a neighbour that does not answer, while there is room for others.
constexpr int kRetryMilliseconds = 5;
// What finds no room for so long is dropped: it is not the way out that is slow.
constexpr Duration kPatience = milliseconds(100);

// What an epoll event is about: | source 16 | number of the queue 16 | device 32 |
enum class Source : std::uint64_t { mail = 0, udp_v4 = 1, udp_v6 = 2, device = 3 };
constexpr int kSourceShift = 48;
constexpr int kQueueShift = 32;
static_assert(sizeof(node::DeviceId) * 8 <= kQueueShift);

epoll_event event_for(Source source, std::size_t queue = 0, node::DeviceId device = 0) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = static_cast<std::uint64_t>(source) << kSourceShift |
                   static_cast<std::uint64_t>(queue) << kQueueShift | device;
  return event;
}

std::size_t queue_of(std::uint64_t tag) { return (tag >> kQueueShift) & 0xffff; }

bool watch_descriptor(const FileDescriptor& epoll, int descriptor, epoll_event event) {
  return descriptor < 0 || epoll_ctl(epoll.get(), EPOLL_CTL_ADD, descriptor, &event) == 0;
}

// Signals are the control thread's.
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

FrameHeader header_of(const Device& device) {
  return device.offloads.has(Offload::vnet) ? FrameHeader::virtio : FrameHeader::none;
}

// What all of the devices take.
vswitch::CoalescerFeatures features_of(const DeviceList& devices) {
  const auto all_have = [&](Offload offload) {
    return std::all_of(devices.begin(), devices.end(),
                       [&](const Device& device) { return device.offloads.has(offload); });
  };
  return {.tcp = all_have(Offload::tso),
          .udp = all_have(Offload::uso),
          .checksum = all_have(Offload::checksum)};
}

// What the data plane takes in runs of one kind.
bool is_of_runs(tunnel::DatagramKind kind) {
  return kind == tunnel::DatagramKind::data || kind == tunnel::DatagramKind::relayed;
}

iovec part(Bytes bytes) {
  // Written from, not to.
  return {const_cast<std::uint8_t*>(bytes.data()), bytes.size()};
}

}  // namespace

Worker::Worker(const UdpPort& port, std::size_t number)
    : port_(port),
      number_(number),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      epoll_of_unfinished_(epoll_create1(EPOLL_CLOEXEC)),
      forwarding_(std::make_shared<const node::Forwarding>()),
      messages_(port.batch_shape()) {}

Result<void> Worker::start() {
  for (const FileDescriptor* const epoll : {&epoll_, &epoll_of_unfinished_}) {
    const bool is_watching =
        epoll->is_open() &&
        watch_descriptor(*epoll, mailbox_.descriptor(), event_for(Source::mail)) &&
        watch_descriptor(*epoll, port_.descriptor(number_, IpFamily::v4),
                         event_for(Source::udp_v4)) &&
        watch_descriptor(*epoll, port_.descriptor(number_, IpFamily::v6),
                         event_for(Source::udp_v6));
    if (!is_watching) return system_error(errno, "the data worker cannot be started");
  }
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& error) {
    return system_error(error.code().value(), "the data worker cannot be started");
  }
  return {};
}

void Worker::stop() {
  if (!thread_.joinable()) return;
  mailbox_.set_stop();
  thread_.join();
}

void Worker::set_forwarding(std::shared_ptr<const node::Forwarding> forwarding) {
  mailbox_.set_forwarding(std::move(forwarding));
}

void Worker::wait_until_used() {
  if (thread_.joinable()) mailbox_.wait_until_used();
}

void Worker::add_device(node::DeviceId device,
                        std::span<const SharedDescriptor> queues,
                        Offloads offloads) {
  wanted_devices_.push_back({device, {queues.begin(), queues.end()}, offloads});
  std::sort(wanted_devices_.begin(), wanted_devices_.end(),
            [](const Device& a, const Device& b) { return a.id < b.id; });
  mailbox_.set_devices(wanted_devices_);
}

void Worker::remove_device(node::DeviceId device) {
  std::erase_if(wanted_devices_, [&](const Device& entry) { return entry.id == device; });
  mailbox_.set_devices(wanted_devices_);
  wait_until_used();
}

DropList Worker::dropped() const {
  DropList out;
  const node::DropCounts drops = data_plane_.drops();
  for (std::size_t i = 0; i < drops.size(); ++i) {
    add_drops(out, node::to_string(static_cast<node::DropReason>(i)), drops[i]);
  }
  drops_.tell(out);
  add_drops(out, "control_queue_full", queue_.dropped());
  return out;
}

void Worker::run() {
  block_signals();
  pthread_setname_np(pthread_self(), "lanyard-data");
  crypto::warm_up_aeads_of_this_thread();
  std::array<epoll_event, kEvents> events;
  while (!is_stopping_) {
    const FileDescriptor& epoll = unfinished_ ? epoll_of_unfinished_ : epoll_;
    const bool was_unfinished = unfinished_.has_value();
    const int wait = !was_unfinished ? -1 : unfinished_->full ? kRetryMilliseconds : 0;
    const int ready = epoll_wait(epoll.get(), events.data(), kEvents, wait);
    Room room = Room::unknown;
    // One batch from each source that is ready, then all get their turn again.
    for (int i = 0; i < ready; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      const std::uint64_t tag = event.data.u64;
      if ((event.events & EPOLLOUT) != 0) room = Room::reported;
      if (event.events == EPOLLOUT) continue;
      switch (static_cast<Source>(tag >> kSourceShift)) {
        case Source::mail: take_mail(); break;
        case Source::udp_v4: receive(IpFamily::v4); break;
        case Source::udp_v6: receive(IpFamily::v6); break;
        case Source::device:
          // It may have been removed by mail that was read just before.
          if (const Device* device = find_device(static_cast<node::DeviceId>(tag))) {
            read_queue(*device, queue_of(tag));
          }
          break;
      }
    }
    if (was_unfinished) go_on(room);
  }
}

void Worker::take_mail() {
  WorkerMail mail = mailbox_.take();
  if (mail.forwarding) forwarding_ = std::move(mail.forwarding);
  if (mail.devices) watch(std::move(*mail.devices));
  is_stopping_ = mail.stop;
  mailbox_.acknowledge();
}

void Worker::watch(DeviceList devices) {
  // The kernel forgets descriptors that are closed, but ours are shared and may stay open.
  for (const Device& device : devices_) {
    for (const SharedDescriptor& queue : device.queues) {
      epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, queue->get(), nullptr);
    }
  }
  for (const Device& device : devices) {
    for (std::size_t i = 0; i < device.queues.size(); ++i) {
      watch_descriptor(epoll_, device.queues[i]->get(), event_for(Source::device, i, device.id));
    }
  }
  devices_ = std::move(devices);
  incoming_ = node::DataOutput({}, features_of(devices_));
}

void Worker::receive(IpFamily family) {
  port_.receive(number_, family, messages_);
  drops_.udp_truncated.add(messages_.too_long());
  for (std::size_t i = 0; i < messages_.size(); ++i) {
    take_message(messages_.from(i), messages_.bytes(i), messages_.segment_size(i));
  }
  deliver();
}

// A message holds datagrams of one sender, but of any kind: what is data or relayed goes on in
// runs.
void Worker::take_message(const Endpoint& from, MutableBytes message, std::size_t segment_size) {
  // No such address is routed: whoever forges it plays a circuit.
  const bool is_forged = tunnel::is_relayed(from);
  if (message.empty() || is_forged) return drops_.unknown_datagram.add();
  while (!message.empty()) {
    const std::size_t first_size = std::min(segment_size, message.size());
    const tunnel::DatagramKind kind = tunnel::classify(message.first(first_size));
    if (!is_of_runs(kind)) {
      pass_on(from, message.first(first_size));
      message = message.subspan(first_size);
      continue;
    }
    std::size_t size = first_size;
    while (size < message.size() && tunnel::classify(message.subspan(size)) == kind) {
      size += std::min(segment_size, message.size() - size);
    }
    if (!incoming_.has_room()) deliver();
    const node::ReceivedRun run{from, message.first(size), segment_size};
    if (kind == tunnel::DatagramKind::data) {
      data_plane_.handle_run(*forwarding_, run, incoming_);
    } else {
      data_plane_.handle_relayed_run(*forwarding_, run, incoming_);
    }
    message = message.subspan(size);
  }
}

void Worker::pass_on(const Endpoint& from, Bytes datagram) {
  switch (tunnel::classify(datagram)) {
    case tunnel::DatagramKind::handshake_3:
      if (const auto view = tunnel::parse_handshake(datagram)) {
        data_plane_.expect_session(view->index);
      }
      [[fallthrough]];
    case tunnel::DatagramKind::krpc:
    case tunnel::DatagramKind::handshake_1:
    case tunnel::DatagramKind::handshake_2:
    case tunnel::DatagramKind::cookie:
      queue_.push(ControlInput::Kind::datagram, 0, from, datagram);
      break;
    default: drops_.unknown_datagram.add(); break;
  }
}

void Worker::read_queue(const Device& device, std::size_t queue) {
  // The event may be of the device's queues before mail that was read just before.
  if (unfinished_ || queue >= device.queues.size()) return;
  const int descriptor = device.queues[queue]->get();
  const auto outcome = frames_.read(descriptor, header_of(device));
  if (outcome == FrameBatch::Outcome::gone) {
    // It would be reported as ready for ever.
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, descriptor, nullptr);
  }
  drops_.device_malformed.add(frames_.malformed());
  drops_.device_unreadable.add(frames_.failed());
  send(data_plane_.handle_frames(*forwarding_, device.id, frames_.frames(), outgoing_),
       forwarding_);
  // More is coming than can arrive, and a packet costs the less the sooner it is lost: best in the
  // device's queue, before anything is done for it. So everybody else may run now who waits for
  // this processor, those at the other end of the queue and of the network among them.
  if (outcome == FrameBatch::Outcome::flood) sched_yield();
}

void Worker::send(node::Progress progress,
                  const std::shared_ptr<const node::Forwarding>& forwarding) {
  // Answers of the switch itself. They need no room in a socket.
  write_frames(outgoing_);
  outgoing_.frames().clear();
  const SendPosition before = sent_;
  drops_.sends.add(port_.send(number_, outgoing_.runs(), sent_));
  if (sent_.run < outgoing_.runs().size()) {
    const IpFamily family = outgoing_.runs()[sent_.run].to.address.family();
    if (sent_ != before || gives_up_at_ == Instant::never()) gives_up_at_ = now() + kPatience;
    unfinished_ = Unfinished{progress, forwarding, family};
    return watch_room(family);
  }
  outgoing_.reset();
  sent_ = {};
  gives_up_at_ = Instant::never();
  watch_room(std::nullopt);
  if (progress == node::Progress::more) unfinished_ = Unfinished{progress, forwarding, {}};
}

void Worker::go_on(Room room) {
  const Unfinished rest = *std::exchange(unfinished_, std::nullopt);
  if (!rest.full) return send(data_plane_.go_on(outgoing_), rest.forwarding);
  const SendPosition before = sent_;
  drops_.sends.add(port_.send(number_, outgoing_.runs(), sent_));
  // Refused though there is room: for another reason than its want.
  if (sent_ == before && (room == Room::reported || now() >= gives_up_at_)) give_up_run();
  send(rest.progress, rest.forwarding);
}

void Worker::give_up_run() {
  const node::SealedRun& run = outgoing_.runs()[sent_.run];
  drops_.sends.add(SendCount{.congested = run.datagrams() - sent_.bytes / run.segment_size});
  sent_ = {sent_.run + 1, 0};
}

void Worker::watch_room(std::optional<IpFamily> family) {
  const auto watch = [&](IpFamily which, std::uint32_t events) {
    epoll_event event = event_for(which == IpFamily::v4 ? Source::udp_v4 : Source::udp_v6);
    event.events = events;
    epoll_ctl(epoll_of_unfinished_.get(), EPOLL_CTL_MOD, port_.descriptor(number_, which), &event);
  };
  if (family == watched_) return;
  if (watched_) watch(*watched_, EPOLLIN);
  if (family) watch(*family, EPOLLIN | EPOLLOUT);
  watched_ = family;
}

void Worker::deliver() {
  write_frames(incoming_);
  // What we relay. A full socket loses it, as any router's queue does: its ends slow down.
  drops_.sends.add(port_.send_or_drop(number_, incoming_.runs()));
  for (const node::OpenedControl& control : incoming_.control()) {
    queue_.push(ControlInput::Kind::control_frame, control.session_index, control.from,
                control.body);
  }
  for (const node::NewAddress& moved : incoming_.new_addresses()) {
    queue_.push(ControlInput::Kind::new_address, moved.session_index, moved.from, {});
  }
  for (const node::EarlyDatagram& early : incoming_.early()) {
    queue_.push(ControlInput::Kind::datagram, 0, early.from, early.bytes);
  }
  queue_.signal();
  incoming_.reset();
}

void Worker::write_frames(node::DataOutput& output) {
  output.frames().finish();
  for (const auto& group : output.frames().groups()) write_group(output.frames(), group);
}

void Worker::write_group(const vswitch::Coalescer& frames, const vswitch::Coalescer::Group& group) {
  const Device* device = find_device(group.port);
  if (device == nullptr) return drops_.device_refused.add(group.frames);
  std::array<Bytes, vswitch::Coalescer::kMaxPieces> pieces;
  const std::size_t count = frames.gather(group, pieces);
  std::array<iovec, vswitch::Coalescer::kMaxPieces> parts;
  // The first piece is the virtio header.
  std::size_t size = 0;
  for (std::size_t i = header_of(*device) == FrameHeader::virtio ? 0 : 1; i < count; ++i) {
    parts[size++] = part(pieces[i]);
  }
  const std::size_t queue = vswitch::flow_hash(pieces[1]) % device->queues.size();
  if (::writev(device->queues[queue]->get(), parts.data(), static_cast<int>(size)) >= 0) return;
  const bool is_full = errno == EAGAIN || errno == ENOBUFS;
  (is_full ? drops_.device_congested : drops_.device_refused).add(group.frames);
}

const Device* Worker::find_device(node::DeviceId device) const {
  // A handful: one for each network that is up.
  const auto found = std::find_if(devices_.begin(), devices_.end(),
                                  [&](const Device& entry) { return entry.id == device; });
  return found == devices_.end() ? nullptr : &*found;
}

}  // namespace lanyard::platform
