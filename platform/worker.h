// SPDX-License-Identifier: Apache-2.0
// A data worker: a thread that carries frames between its queue of each TAP device and its sockets,
// from start to end without the control thread, which only hands it snapshots of what is to go
// where. Datagrams that are not data it passes on through a bounded queue.
//
// Nothing is allocated per packet, and no packet is waited for. What a device does not take at once
// is dropped and counted. While a socket is full the worker reads no device: what is to go out then
// waits in the device's queues, of which each flow has its own, and not in the socket's, where all
// would wait for all; what comes in is carried on. A batch that fills several outputs takes turns
// with what comes in. Between two batches of a flood the worker lets others have its processor who
// wait for it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "core/base/result.h"
#include "core/base/time.h"
#include "core/node/data_plane.h"
#include "platform/control_queue.h"
#include "platform/drop_counters.h"
#include "platform/file_descriptor.h"
#include "platform/frame_batch.h"
#include "platform/udp_port.h"
#include "platform/worker_mailbox.h"

namespace lanyard::platform {

// Every public function is the control thread's.
class Worker {
 public:
  // Uses the sockets of this number of the port, which must outlive the worker.
  Worker(const UdpPort& port, std::size_t number);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() { stop(); }

  Result<void> start();
  // Returns when the thread has ended. A worker is started once.
  void stop();

  // Taken over between two batches.
  void set_forwarding(std::shared_ptr<const node::Forwarding> forwarding);
  // Returns when a worker that runs has taken over what was set before.
  void wait_until_used();
  // queues: at least one; non-blocking, one frame for each read and write. A flow comes from the
  // device by one of them (flow_steering.h) and goes into it by one, so that it stays in order, and
  // flows that are told apart do not wait for each other.
  void add_device(node::DeviceId device,
                  std::span<const SharedDescriptor> queues,
                  Offloads offloads);
  // The worker has let go of the queues when this returns.
  void remove_device(node::DeviceId device);

  ControlQueue& control_queue() { return queue_; }
  // Since start.
  DropList dropped() const;

 private:
  // Of the worker's thread.
  void run();
  void take_mail();
  void watch(DeviceList devices);
  void receive(IpFamily family);
  void take_message(const Endpoint& from, MutableBytes message, std::size_t segment_size);
  void pass_on(const Endpoint& from, Bytes datagram);
  void read_queue(const Device& device, std::size_t queue);
  // Sends what is sealed, until that is done or a socket is full. The batch is borrowed from that
  // snapshot, whatever came since.
  void send(node::Progress progress, const std::shared_ptr<const node::Forwarding>& forwarding);
  enum class Room : std::uint8_t { reported, unknown };
  // The unfinished batch's turn.
  void go_on(Room room);
  void give_up_run();
  // Of no family, if there is nothing to wait for.
  void watch_room(std::optional<IpFamily> family);
  // What came in.
  void deliver();
  void write_frames(node::DataOutput& output);
  void write_group(const vswitch::Coalescer& frames, const vswitch::Coalescer::Group& group);
  const Device* find_device(node::DeviceId device) const;

  const UdpPort& port_;
  const std::size_t number_;
  WorkerMailbox mailbox_;
  ControlQueue queue_;
  node::DataPlane data_plane_;
  WorkerDrops drops_;
  std::thread thread_;
  DeviceList wanted_devices_;  // the control thread's

  // The worker's thread's.
  FileDescriptor epoll_;                // all that the worker waits for,
  FileDescriptor epoll_of_unfinished_;  // and without devices, while a batch is unfinished
  std::shared_ptr<const node::Forwarding> forwarding_;
  DeviceList devices_;
  ReceiveBatch messages_;
  FrameBatch frames_;
  node::DataOutput incoming_;
  node::DataOutput outgoing_;
  SendPosition sent_;  // of outgoing_
  // A batch that is not done with, since the socket of this family is full or since it is large.
  struct Unfinished {
    node::Progress progress;
    std::shared_ptr<const node::Forwarding> forwarding;
    std::optional<IpFamily> full;
  };
  std::optional<Unfinished> unfinished_;
  std::optional<IpFamily> watched_;         // for room
  Instant gives_up_at_ = Instant::never();  // while a socket is full
  bool is_stopping_ = false;
};

}  // namespace lanyard::platform
