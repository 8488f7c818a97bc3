// SPDX-License-Identifier: Apache-2.0
#include "platform/worker.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <signal.h>
#include <sys/epoll.h>

#include <pthread.h>

#include "core/tunnel/wire.h"
#include "platform/system_error.h"

namespace lanyard::platform {
namespace {

// Frames read from one device before others get their turn.
constexpr std::size_t kBatchSize = 64;
// The largest frame that the kernel can hand out, whatever MTU a device was given.
constexpr std::size_t kFrameBytes = 64 * 1024;
constexpr int kEvents = 16;

// What an epoll event is about: the highest bits, with the device's id below.
enum class Source : std::uint64_t { mail = 0, udp_v4 = 1, udp_v6 = 2, device = 3 };
constexpr int kSourceShift = 32;

epoll_event event_for(Source source, node::DeviceId device = 0) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = static_cast<std::uint64_t>(source) << kSourceShift | device;
  return event;
}

bool watch_descriptor(const FileDescriptor& epoll, int descriptor, epoll_event event) {
  return descriptor < 0 || epoll_ctl(epoll.get(), EPOLL_CTL_ADD, descriptor, &event) == 0;
}

void count(std::atomic<std::uint64_t>& counter, std::size_t packets = 1) {
  if (packets != 0) counter.fetch_add(packets, std::memory_order_relaxed);
}

// Signals are the control thread's.
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

Worker::Worker(const UdpPort& port)
    : port_(port),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      forwarding_(std::make_shared<const node::Forwarding>()),
      batch_(port.batch_shape()),
      frame_(kFrameBytes) {}

Result<void> Worker::start() {
  const bool is_watching =
      epoll_.is_open() &&
      watch_descriptor(epoll_, mailbox_.descriptor(), event_for(Source::mail)) &&
      watch_descriptor(epoll_, port_.descriptor(0, IpFamily::v4), event_for(Source::udp_v4)) &&
      watch_descriptor(epoll_, port_.descriptor(0, IpFamily::v6), event_for(Source::udp_v6));
  if (!is_watching) return system_error(errno, "the data worker cannot be started");
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

void Worker::add_device(node::DeviceId device, SharedDescriptor descriptor, Offloads offloads) {
  wanted_devices_.push_back({device, std::move(descriptor), offloads});
  std::sort(wanted_devices_.begin(), wanted_devices_.end(),
            [](const Device& a, const Device& b) { return a.id < b.id; });
  mailbox_.set_devices(wanted_devices_);
}

void Worker::remove_device(node::DeviceId device) {
  std::erase_if(wanted_devices_, [&](const Device& entry) { return entry.id == device; });
  mailbox_.set_devices(wanted_devices_);
  if (thread_.joinable()) mailbox_.wait_until_used();
}

std::vector<std::pair<std::string, std::uint64_t>> Worker::dropped() const {
  std::vector<std::pair<std::string, std::uint64_t>> out;
  const auto add = [&](std::string_view reason, std::uint64_t packets) {
    if (packets != 0) out.emplace_back(reason, packets);
  };
  const node::DropCounts drops = data_plane_.drops();
  for (std::size_t i = 0; i < drops.size(); ++i) {
    add(node::to_string(static_cast<node::DropReason>(i)), drops[i]);
  }
  add("udp_congested", counters_.udp_congested);
  add("udp_refused", counters_.udp_refused);
  add("device_congested", counters_.device_congested);
  add("device_refused", counters_.device_refused);
  add("unknown_datagram", counters_.unknown_datagram);
  add("control_queue_full", queue_.dropped());
  return out;
}

void Worker::run() {
  block_signals();
  pthread_setname_np(pthread_self(), "lanyard-data");
  std::array<epoll_event, kEvents> events;
  while (!is_stopping_) {
    const int ready = epoll_wait(epoll_.get(), events.data(), kEvents, -1);
    // One batch from each source that is ready, then all get their turn again.
    for (int i = 0; i < ready; ++i) {
      const std::uint64_t tag = events[static_cast<std::size_t>(i)].data.u64;
      switch (static_cast<Source>(tag >> kSourceShift)) {
        case Source::mail: take_mail(); break;
        case Source::udp_v4: receive(IpFamily::v4); break;
        case Source::udp_v6: receive(IpFamily::v6); break;
        case Source::device:
          // It may have been removed by mail that was read just before.
          if (const Device* device = find_device(static_cast<node::DeviceId>(tag))) {
            read_device(*device);
          }
          break;
      }
    }
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
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, device.descriptor->get(), nullptr);
  }
  for (const Device& device : devices) {
    watch_descriptor(epoll_, device.descriptor->get(), event_for(Source::device, device.id));
  }
  devices_ = std::move(devices);
}

void Worker::receive(IpFamily family) {
  port_.receive(0, family, batch_);
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    const MutableBytes datagram = batch_.bytes(i);
    const Endpoint& from = batch_.from(i);
    switch (tunnel::classify(datagram)) {
      case tunnel::DatagramKind::data:
        if (!output_.has_room()) flush();
        data_plane_.handle_datagram(*forwarding_, from, datagram, output_);
        break;
      case tunnel::DatagramKind::krpc:
      case tunnel::DatagramKind::handshake_1:
      case tunnel::DatagramKind::handshake_2:
      case tunnel::DatagramKind::handshake_3:
      case tunnel::DatagramKind::cookie:
        queue_.push(ControlInput::Kind::datagram, 0, from, datagram);
        break;
      default: count(counters_.unknown_datagram); break;
    }
  }
  flush();
}

void Worker::read_device(const Device& device) {
  for (std::size_t i = 0; i < kBatchSize; ++i) {
    const ssize_t size = ::read(device.descriptor->get(), frame_.data(), frame_.size());
    if (size <= 0) {
      // A device that was deleted under us would be reported as ready for ever.
      const bool is_gone = size == 0 || (errno != EAGAIN && errno != EINTR);
      if (is_gone) epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, device.descriptor->get(), nullptr);
      break;
    }
    if (!output_.has_room()) flush();
    const Bytes frame = Bytes(frame_).first(static_cast<std::size_t>(size));
    data_plane_.handle_frame(*forwarding_, device.id, frame, output_);
  }
  flush();
}

void Worker::flush() {
  runs_.clear();
  for (const node::SealedDatagram& datagram : output_.datagrams()) {
    const auto size = static_cast<std::uint16_t>(datagram.payload.size());
    runs_.push_back({datagram.to, datagram.payload, size});
  }
  const SendCount sent = port_.send(0, runs_);
  count(counters_.udp_congested, sent.congested);
  count(counters_.udp_refused, sent.too_long + sent.unreachable + sent.forbidden + sent.refused);
  for (const node::DeviceFrame& frame : output_.frames()) write_frame(frame);
  for (const node::OpenedControl& control : output_.control()) {
    queue_.push(ControlInput::Kind::control_frame, control.session_index, control.from,
                control.body);
  }
  for (const node::NewAddress& moved : output_.new_addresses()) {
    queue_.push(ControlInput::Kind::new_address, moved.session_index, moved.from, {});
  }
  queue_.signal();
  output_.reset();
}

void Worker::write_frame(const node::DeviceFrame& frame) {
  const Device* device = find_device(frame.device);
  if (device == nullptr) {
    count(counters_.device_refused);
    return;
  }
  if (::write(device->descriptor->get(), frame.frame.data(), frame.frame.size()) < 0) {
    const bool is_full = errno == EAGAIN || errno == ENOBUFS;
    count(is_full ? counters_.device_congested : counters_.device_refused);
  }
}

const Device* Worker::find_device(node::DeviceId device) const {
  // A handful: one for each network that is up.
  const auto found = std::find_if(devices_.begin(), devices_.end(),
                                  [&](const Device& entry) { return entry.id == device; });
  return found == devices_.end() ? nullptr : &*found;
}

}  // namespace lanyard::platform
