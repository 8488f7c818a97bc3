// SPDX-License-Identifier: Apache-2.0
// recvmmsg. Its arrays are filled in once; before each further call only that is renewed which the
// kernel has changed.
#include "platform/receive_batch.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include "platform/socket_address.h"

namespace lanyard::platform {
namespace {

// The kernel says how it has merged in one message of its own (UDP_GRO: an int, absent for a
// datagram that came alone).
constexpr std::size_t kControlBytes = CMSG_SPACE(sizeof(int));

std::size_t segment_size_of(msghdr& header, std::size_t length) {
  for (cmsghdr* control = CMSG_FIRSTHDR(&header); control != nullptr;
       control = CMSG_NXTHDR(&header, control)) {
    if (control->cmsg_level != SOL_UDP || control->cmsg_type != UDP_GRO) continue;
    int size = 0;
    std::memcpy(&size, CMSG_DATA(control), sizeof size);
    if (size > 0) return static_cast<std::size_t>(size);
  }
  return std::max<std::size_t>(length, 1);
}

}  // namespace

class ReceiveBatch::Slots {
 public:
  explicit Slots(BatchShape shape)
      : headers_(shape.messages),
        slots_(shape.messages),
        memory_(new std::uint8_t[shape.messages * (kHeadroom + shape.message_bytes)]) {
    for (std::size_t i = 0; i < shape.messages; ++i) {
      std::uint8_t* const start = memory_.get() + i * (kHeadroom + shape.message_bytes) + kHeadroom;
      slots_[i].part = {start, shape.message_bytes};
      msghdr& header = headers_[i].msg_hdr;
      header.msg_name = &slots_[i].address;
      header.msg_iov = &slots_[i].part;
      header.msg_iovlen = 1;
      header.msg_control = slots_[i].control.data();
      renew(i);
    }
  }

  // How many of the wanted came.
  std::size_t fill(int descriptor, std::size_t wanted) {
    const int received =
        recvmmsg(descriptor, headers_.data(), static_cast<unsigned>(wanted), MSG_DONTWAIT, nullptr);
    return static_cast<std::size_t>(std::max(received, 0));
  }
  std::size_t bytes(std::size_t index) const { return headers_[index].msg_len; }

  bool is_whole(std::size_t index) const {
    return (headers_[index].msg_hdr.msg_flags & MSG_TRUNC) == 0;
  }

  Message read(std::size_t index) {
    const std::size_t length = headers_[index].msg_len;
    return {to_endpoint(slots_[index].address),
            {static_cast<std::uint8_t*>(slots_[index].part.iov_base), length},
            segment_size_of(headers_[index].msg_hdr, length)};
  }

  // Makes the slot ready for the next call.
  void renew(std::size_t index) {
    msghdr& header = headers_[index].msg_hdr;
    header.msg_namelen = sizeof slots_[index].address;
    header.msg_controllen = kControlBytes;
  }

 private:
  struct Slot {
    iovec part;
    SocketAddress address;
    alignas(cmsghdr) std::array<std::uint8_t, kControlBytes> control;
  };

  std::vector<mmsghdr> headers_;
  std::vector<Slot> slots_;
  std::unique_ptr<std::uint8_t[]> memory_;  // not touched before it is needed
};

ReceiveBatch::ReceiveBatch(BatchShape shape)
    : slots_(std::make_unique<Slots>(shape)), messages_(shape.messages) {
  expect(shape.message_bytes);
}
ReceiveBatch::ReceiveBatch(ReceiveBatch&&) noexcept = default;
ReceiveBatch& ReceiveBatch::operator=(ReceiveBatch&&) noexcept = default;
ReceiveBatch::~ReceiveBatch() = default;

void ReceiveBatch::receive(int descriptor) {
  size_ = 0;
  too_long_ = 0;
  const std::size_t received = slots_->fill(descriptor, wanted_);
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < received; ++i) {
    bytes += slots_->bytes(i);
    if (slots_->is_whole(i)) {
      messages_[size_++] = slots_->read(i);
    } else {
      ++too_long_;
    }
    slots_->renew(i);
  }
  if (bytes != 0) expect((bytes + received - 1) / received);
}

void ReceiveBatch::expect(std::size_t message_bytes) {
  wanted_ = std::clamp<std::size_t>(kBatchBytes / message_bytes, 1, messages_.size());
}

}  // namespace lanyard::platform
