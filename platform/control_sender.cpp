// SPDX-License-Identifier: Apache-2.0
#include "platform/control_sender.h"

namespace lanyard::platform {
namespace {

// Of the port's sockets, as many as there are workers, the one that answers are sent from.
constexpr std::size_t kSocket = 0;

}  // namespace

ControlSender::ControlSender(EventLoop& loop, const UdpPort& port) : port_(port) {
  for (const IpFamily family : {IpFamily::v4, IpFamily::v6}) {
    Queue& queue = queue_for(family);
    if (!port.has(family)) continue;
    queue.room.emplace(loop, port.descriptor(kSocket, family),
                       [this, &queue] { send_waiting(queue); });
  }
}

void ControlSender::send(const Datagrams& datagrams) {
  for (const Datagram& datagram : datagrams) {
    Queue& queue = queue_for(datagram.to.address.family());
    if (queue.waiting_bytes + datagram.payload.size() > kMaxWaitingBytes) {
      drops_.add(SendCount{.congested = 1});
      continue;
    }
    queue.waiting.push_back(datagram);
    queue.waiting_bytes += datagram.payload.size();
  }
  for (Queue* const queue : {&v4_, &v6_}) {
    if (!queue->waiting.empty() && !queue->is_watching) send_waiting(*queue);
  }
}

void ControlSender::send_waiting(Queue& queue) {
  std::vector<node::SealedRun> runs;
  for (const Datagram& each : queue.waiting) runs.push_back(run_of_one(each.to, each.payload));
  SendPosition position;
  drops_.add(port_.send(kSocket, runs, position));
  for (std::size_t i = 0; i < position.run; ++i) queue.waiting_bytes -= runs[i].bytes.size();
  queue.waiting.erase(queue.waiting.begin(),
                      queue.waiting.begin() + static_cast<std::ptrdiff_t>(position.run));
  const bool must_watch = !queue.waiting.empty();
  if (must_watch == queue.is_watching) return;
  queue.is_watching = must_watch;
  must_watch ? queue.room->start() : queue.room->stop();
}

}  // namespace lanyard::platform
