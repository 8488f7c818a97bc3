// SPDX-License-Identifier: Apache-2.0
// The data worker: a thread that carries frames between TAP devices and the UDP port, from start to
// end without the control thread, which only hands it snapshots of what is to go where. Datagrams
// that are not data it passes on through a bounded queue.
//
// Nothing is allocated per packet and nothing is waited for but new input: what a device or socket
// does not take at once is dropped and counted.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/node/data_plane.h"
#include "platform/control_queue.h"
#include "platform/file_descriptor.h"
#include "platform/offloads.h"
#include "platform/udp_port.h"
#include "platform/worker_mailbox.h"

namespace lanyard::platform {

// Packets that the system refused or we had no room for, beside what the data plane drops.
struct WorkerCounters {
  std::atomic<std::uint64_t> udp_congested{0};
  std::atomic<std::uint64_t> udp_refused{0};
  std::atomic<std::uint64_t> device_congested{0};
  std::atomic<std::uint64_t> device_refused{0};  // down, or gone
  std::atomic<std::uint64_t> unknown_datagram{0};
};

// Every public function is the control thread's.
class Worker {
 public:
  // The port must outlive the worker.
  explicit Worker(const UdpPort& port);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() { stop(); }

  Result<void> start();
  // Returns when the thread has ended. A worker is started once.
  void stop();

  // Taken over between two batches.
  void set_forwarding(std::shared_ptr<const node::Forwarding> forwarding);
  // descriptor: non-blocking, one frame for each read and write.
  void add_device(node::DeviceId device, SharedDescriptor descriptor, Offloads offloads);
  // The worker has let go of the descriptor when this returns.
  void remove_device(node::DeviceId device);

  ControlQueue& control_queue() { return queue_; }
  // Reasons and packets since start, only what is not 0.
  std::vector<std::pair<std::string, std::uint64_t>> dropped() const;

 private:
  // Of the worker's thread.
  void run();
  void take_mail();
  void watch(DeviceList devices);
  void receive(IpFamily family);
  void read_device(const Device& device);
  void flush();
  void write_frame(const node::DeviceFrame& frame);
  const Device* find_device(node::DeviceId device) const;

  const UdpPort& port_;
  WorkerMailbox mailbox_;
  ControlQueue queue_;
  node::DataPlane data_plane_;
  WorkerCounters counters_;
  std::thread thread_;
  DeviceList wanted_devices_;  // the control thread's

  // The worker's thread's.
  FileDescriptor epoll_;
  std::shared_ptr<const node::Forwarding> forwarding_;
  DeviceList devices_;
  ReceiveBatch batch_;
  Buffer frame_;
  node::DataOutput output_;
  std::vector<node::SealedRun> runs_;
  bool is_stopping_ = false;
};

}  // namespace lanyard::platform
