// SPDX-License-Identifier: Apache-2.0
// What a read may fail with, and which of it means that a device has gone.
#include "platform/frame_batch.h"

#include <array>

#include <fcntl.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "platform/socket_address.h"
#include "platform/tap_device.h"
#include "tests/unit/platform/network_namespace.h"

namespace lanyard::platform {
namespace {

using Outcome = FrameBatch::Outcome;

TEST_CASE("a read that fails costs itself, and the next ones go on") {
  in_network_namespace([] {
    shell("ip link set lo up");
    const FileDescriptor device(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const FileDescriptor far(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const auto own = to_socket_address(*Endpoint::parse("127.0.0.1:4001"));
    const auto nobody = to_socket_address(*Endpoint::parse("127.0.0.1:4002"));
    REQUIRE(bind(device.get(), &own.generic, size_of(own)) == 0);
    REQUIRE(connect(device.get(), &nobody.generic, size_of(nobody)) == 0);
    // The answer, by ICMP, is the socket's error before what comes afterwards.
    REQUIRE(::write(device.get(), "x", 1) == 1);
    REQUIRE(bind(far.get(), &nobody.generic, size_of(nobody)) == 0);
    REQUIRE(sendto(far.get(), "frame", 5, 0, &own.generic, size_of(own)) == 5);

    FrameBatch batch;
    CHECK(batch.read(device.get(), FrameHeader::none) == Outcome::drained);
    CHECK(batch.failed() == 1);
    REQUIRE(batch.frames().size() == 1);
    CHECK(as_text(batch.frames()[0].frame) == "frame");
    CHECK(batch.read(device.get(), FrameHeader::none) == Outcome::drained);
    CHECK(batch.failed() == 0);
  });
}

TEST_CASE("where every read fails there is nothing to be read any more") {
  const FileDescriptor directory(::open("/", O_RDONLY | O_CLOEXEC));
  FrameBatch batch;
  CHECK(batch.read(directory.get(), FrameHeader::none) == Outcome::more);
  CHECK(batch.failed() == node::Outbound::kMaxBatch);
}

TEST_CASE("a device that is deleted is gone at once") {
  in_network_namespace([] {
    const auto device = open_tap_device("wire", {2, {}});
    REQUIRE(device);
    FrameBatch batch;
    CHECK(batch.read(device->queues[1]->get(), FrameHeader::virtio) == Outcome::drained);
    shell("ip link del wire");
    CHECK(batch.read(device->queues[1]->get(), FrameHeader::virtio) == Outcome::gone);
    CHECK(batch.failed() == 0);
  });
}

// What comes of so many frames that wait.
Outcome read_many(std::size_t frames, std::size_t frame_bytes, FrameBatch& batch) {
  std::array<int, 2> ends{};
  REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
  const FileDescriptor device(ends[0]);
  const FileDescriptor kernel(ends[1]);
  const Buffer frame(frame_bytes);
  for (std::size_t i = 0; i < frames; ++i) {
    REQUIRE(::write(kernel.get(), frame.data(), frame.size()) ==
            static_cast<ssize_t>(frame.size()));
  }
  return batch.read(device.get(), FrameHeader::none);
}

TEST_CASE("a batch that ends by its bytes is no flood, one that ends by its number is") {
  FrameBatch batch;
  CHECK(read_many(63, 60, batch) == Outcome::drained);
  CHECK(read_many(64, 60, batch) == Outcome::flood);
  CHECK(batch.frames().size() == 64);
  CHECK(read_many(64, 1400, batch) == Outcome::more);
  CHECK(batch.frames().size() == 24);
  CHECK(read_many(1, 64'000, batch) == Outcome::more);
}

TEST_CASE("an end of file is gone") {
  const FileDescriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  FrameBatch batch;
  CHECK(batch.read(nothing.get(), FrameHeader::none) == Outcome::gone);
  CHECK(batch.failed() == 0);
}

}  // namespace
}  // namespace lanyard::platform
