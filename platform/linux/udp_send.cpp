// SPDX-License-Identifier: Apache-2.0
// sendmmsg with UDP_SEGMENT: one message for each run of datagrams, which the kernel cuts, or which
// we cut where it will not.
#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <optional>

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include "platform/socket_address.h"
#include "platform/udp_port.h"

namespace lanyard::platform {
namespace {

// Messages in one system call; more gain nothing. All datagrams of a run that is cut fit.
constexpr std::size_t kMessages = node::SealedRun::kMaxDatagrams;

// On the stack of whoever sends; only as much of it is written as is used.
class OutgoingMessages {
 public:
  std::size_t size() const { return size_; }
  bool is_full() const { return size_ == kMessages; }
  void clear() { size_ = 0; }
  mmsghdr* header(std::size_t index) { return &headers_[index]; }

  const SocketAddress& to(std::size_t index) const { return slots_[index].to; }
  Bytes bytes(std::size_t index) const {
    return {static_cast<const std::uint8_t*>(slots_[index].part.iov_base),
            slots_[index].part.iov_len};
  }
  std::size_t segment_size(std::size_t index) const { return slots_[index].segment_size; }
  const SendPosition& begin(std::size_t index) const { return slots_[index].begin; }
  std::size_t datagrams(std::size_t index) const {
    const std::size_t segment = segment_size(index);
    return (bytes(index).size() + segment - 1) / segment;
  }

  // bytes is borrowed until all is sent; begin is where they are in the runs.
  void add(const SocketAddress& to,
           Bytes bytes,
           std::uint16_t segment_size,
           const SendPosition& begin) {
    Slot& slot = slots_[size_];
    slot.begin = begin;
    slot.to = to;
    // sendmmsg does not write through it.
    slot.part = {const_cast<std::uint8_t*>(bytes.data()), bytes.size()};
    slot.segment_size = segment_size;
    mmsghdr& message = headers_[size_];
    message = {};
    message.msg_hdr.msg_name = &slot.to;
    message.msg_hdr.msg_namelen = size_of(slot.to);
    message.msg_hdr.msg_iov = &slot.part;
    message.msg_hdr.msg_iovlen = 1;
    if (bytes.size() > segment_size) ask_for_segmentation(message.msg_hdr, slot);
    ++size_;
  }

 private:
  struct Slot {
    SendPosition begin;
    SocketAddress to;
    iovec part;
    std::uint16_t segment_size;
    alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof(std::uint16_t))> control;
  };

  static void ask_for_segmentation(msghdr& header, Slot& slot) {
    header.msg_control = slot.control.data();
    header.msg_controllen = slot.control.size();
    cmsghdr* const control = CMSG_FIRSTHDR(&header);
    control->cmsg_level = SOL_UDP;
    control->cmsg_type = UDP_SEGMENT;
    control->cmsg_len = CMSG_LEN(sizeof slot.segment_size);
    std::memcpy(CMSG_DATA(control), &slot.segment_size, sizeof slot.segment_size);
  }

  std::size_t size_ = 0;
  std::array<mmsghdr, kMessages> headers_;
  std::array<Slot, kMessages> slots_;
};

// No checksum offload on the interface, or a transformation on the way (IPsec): EIO. The others are
// said by what lies between us and a kernel that knows the option.
bool is_segmentation_unknown(int error) {
  return error == EIO || error == EOPNOTSUPP || error == ENOPROTOOPT;
}

// The datagrams are too long for the path (EINVAL until Linux 6.13), which the kernel does not
// fragment when it cuts.
bool is_segmentation_impossible(int error) {
  return error == EMSGSIZE || error == EINVAL || is_segmentation_unknown(error);
}

std::size_t& counter_for(int error, SendCount& count) {
  switch (error) {
    case EAGAIN:
    case ENOBUFS: return count.congested;
    case EMSGSIZE: return count.too_long;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT: return count.unreachable;
    case EPERM:
    case EACCES: return count.forbidden;
    default: return count.refused;
  }
}

// Sends on one socket, of runs that all are of its family.
class Sending {
 public:
  Sending(int descriptor, std::atomic<bool>& has_segmentation, SendCount& count)
      : descriptor_(descriptor), has_segmentation_(has_segmentation), count_(count) {}

  // From position to the end of runs, or to where the socket is full: position says where that is.
  void send(std::span<const node::SealedRun> runs, SendPosition& position) {
    OutgoingMessages messages;
    for (SendPosition at = position; at.run < runs.size(); at = {at.run + 1, 0}) {
      const node::SealedRun& run = runs[at.run];
      const Bytes bytes = run.bytes.subspan(at.bytes);
      if (bytes.empty()) continue;
      assert(run.segment_size > 0);
      const SocketAddress to = to_socket_address(run.to);
      if (has_segmentation_.load(std::memory_order_relaxed)) {
        if (messages.is_full()) flush(messages);
        messages.add(to, bytes, run.segment_size, at);
      } else {
        add_pieces(messages, to, bytes, run.segment_size, at);
      }
      if (full_at_) break;
    }
    flush(messages);
    position = full_at_.value_or(SendPosition{runs.size(), 0});
  }

 private:
  void add_pieces(OutgoingMessages& messages,
                  const SocketAddress& to,
                  Bytes bytes,
                  std::size_t segment_size,
                  SendPosition at) {
    while (!bytes.empty()) {
      if (messages.is_full()) flush(messages);
      const Bytes piece = bytes.first(std::min(segment_size, bytes.size()));
      messages.add(to, piece, static_cast<std::uint16_t>(segment_size), at);
      bytes = bytes.subspan(piece.size());
      at.bytes += piece.size();
    }
  }

  // Nothing once the socket is full.
  void flush(OutgoingMessages& messages) {
    std::size_t next = 0;
    while (next < messages.size() && !full_at_) {
      const int sent = sendmmsg(descriptor_, messages.header(next),
                                static_cast<unsigned>(messages.size() - next), 0);
      const int error = errno;
      if (sent > 0) {
        const std::size_t end = next + static_cast<std::size_t>(sent);
        for (; next < end; ++next) count_.sent += messages.datagrams(next);
      } else if (error == EAGAIN) {
        full_at_ = messages.begin(next);
      } else if (error != EINTR) {
        // This one alone: the next may go elsewhere.
        handle_failure(messages, next, error);
        ++next;
      }
    }
    messages.clear();
  }

  void handle_failure(const OutgoingMessages& messages, std::size_t index, int error) {
    const bool is_run = messages.datagrams(index) > 1;
    if (!is_run || !is_segmentation_impossible(error)) {
      counter_for(error, count_) += messages.datagrams(index);
      return;
    }
    if (is_segmentation_unknown(error)) has_segmentation_.store(false, std::memory_order_relaxed);
    OutgoingMessages pieces;
    add_pieces(pieces, messages.to(index), messages.bytes(index), messages.segment_size(index),
               messages.begin(index));
    flush(pieces);
  }

  int descriptor_;
  std::atomic<bool>& has_segmentation_;
  SendCount& count_;
  std::optional<SendPosition> full_at_;
};

}  // namespace

SendCount UdpPort::send(std::size_t index,
                        std::span<const node::SealedRun> runs,
                        SendPosition& position) const {
  SendCount count;
  while (position.run < runs.size()) {
    const IpFamily family = runs[position.run].to.address.family();
    const auto end =
        std::find_if(runs.begin() + static_cast<std::ptrdiff_t>(position.run), runs.end(),
                     [&](const node::SealedRun& run) { return run.to.address.family() != family; });
    const auto same = runs.first(static_cast<std::size_t>(end - runs.begin()));
    const Socket& to_use = socket(index, family);
    if (to_use.descriptor.is_open()) {
      Sending(to_use.descriptor.get(), to_use.has_segmentation, count).send(same, position);
      if (position.run < same.size()) break;
    } else {
      for (; position.run < same.size(); ++position.run) {
        const node::SealedRun& run = same[position.run];
        if (!run.bytes.empty()) count.unreachable += run.datagrams();
      }
    }
  }
  return count;
}

SendCount UdpPort::send_or_drop(std::size_t index, std::span<const node::SealedRun> runs) const {
  SendPosition position;
  SendCount count = send(index, runs, position);
  for (std::size_t i = position.run; i < runs.size(); ++i) {
    const std::size_t begin = i == position.run ? position.bytes : 0;
    if (runs[i].bytes.empty()) continue;
    count.congested += runs[i].datagrams() - begin / runs[i].segment_size;
  }
  return count;
}

}  // namespace lanyard::platform
