// SPDX-License-Identifier: Apache-2.0
#include "platform/control_sender.h"

#include <poll.h>

#include "platform/clock.h"

namespace lanyard::platform {
namespace {

// Of the port's sockets, as many as there are workers, the one that answers are sent from.
constexpr std::size_t kSocket = 0;
// The system calls a socket writable only when half of it is empty, which takes seconds where a
// neighbour does not answer; room for one datagram comes sooner.
constexpr Duration kRetry = milliseconds(5);
// A datagram that is refused for so long is not waiting for room.
constexpr Duration kPatience = milliseconds(500);

}  // namespace

ControlSender::ControlSender(EventLoop& loop, const UdpPort& port)
    : port_(port), retry_(loop, [this] { send_all_waiting(); }) {}

void ControlSender::send(const Datagrams& datagrams) {
  for (const Datagram& datagram : datagrams) {
    Queue& queue = datagram.to.address.family() == IpFamily::v4 ? v4_ : v6_;
    queue.waiting.push_back(datagram);
    queue.waiting_bytes += datagram.payload.size();
  }
  send_all_waiting();
  for (Queue* const queue : {&v4_, &v6_}) {
    while (queue->waiting_bytes > kMaxWaitingBytes) {
      drops_.add(SendCount{.congested = 1});
      queue->waiting_bytes -= queue->waiting.back().payload.size();
      queue->waiting.pop_back();
    }
  }
}

void ControlSender::finish(Duration patience) {
  const Instant end = now() + patience;
  send_all_waiting();
  while ((!v4_.waiting.empty() || !v6_.waiting.empty()) && now() < end) {
    poll(nullptr, 0, static_cast<int>(kRetry.nanoseconds / milliseconds(1).nanoseconds));
    send_all_waiting();
  }
  retry_.stop();
}

void ControlSender::send_all_waiting() {
  for (Queue* const queue : {&v4_, &v6_}) {
    if (!queue->waiting.empty()) send_waiting(*queue);
  }
  if (!v4_.waiting.empty() || !v6_.waiting.empty()) retry_.start(kRetry);
}

void ControlSender::send_waiting(Queue& queue) {
  std::vector<node::SealedRun> runs;
  for (const Datagram& each : queue.waiting) runs.push_back(run_of_one(each.to, each.payload));
  SendPosition position;
  drops_.add(port_.send(kSocket, runs, position));
  if (position.run > 0 || queue.gives_up_at == Instant::never()) {
    queue.gives_up_at = now() + kPatience;
  } else if (now() >= queue.gives_up_at) {
    drops_.add(SendCount{.congested = 1});
    position.run = 1;
  }
  for (std::size_t i = 0; i < position.run; ++i) queue.waiting_bytes -= runs[i].bytes.size();
  queue.waiting.erase(queue.waiting.begin(),
                      queue.waiting.begin() + static_cast<std::ptrdiff_t>(position.run));
  if (queue.waiting.empty()) queue.gives_up_at = Instant::never();
}

}  // namespace lanyard::platform
