// SPDX-License-Identifier: Apache-2.0
// The data plane allocates nothing per packet. This file replaces the program's operator new by one
// that counts.
#include <cstdlib>
#include <new>

#include <doctest/doctest.h>

#include "core/node/data_plane.h"
#include "tests/unit/node/two_nodes.h"

namespace {

std::size_t allocations = 0;

void* allocate(std::size_t size) {
  ++allocations;
  void* const memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) std::abort();
  return memory;
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace lanyard::node::test {

TEST_CASE("no packet costs an allocation, whatever becomes of it") {
  TwoNodes nodes;
  const std::vector<Buffer> frames = {
      make_frame(kBert, kAnna, vswitch::kEtherTypeIpv4, 1413),
      make_frame(kBert, kAnna, 0x88b5, 1413),
      make_frame(MacAddress::broadcast(), kAnna, vswitch::kEtherTypeIpv6, 100),
      make_frame(kCarl, kAnna, vswitch::kEtherTypeIpv4, 100),   // no path
      make_frame(kBert, kCarl, vswitch::kEtherTypeIpv4, 100),   // foreign source
      make_frame(kBert, kAnna, vswitch::kEtherTypeIpv4, 70000)  // oversized
  };
  std::vector<Buffer> copies;
  std::vector<DeviceFrame> batch;
  for (const Buffer& frame : frames) {
    Buffer& copy = copies.emplace_back(1 + frame.size());  // the byte before the frame
    batch.push_back({MutableBytes(copy).subspan(1), {}});
  }
  std::vector<Buffer> datagrams(3 * 16, Buffer(2048));
  std::vector<MutableBytes> received;
  received.reserve(datagrams.size());

  int done = 0;
  const std::size_t before = allocations;
  for (int i = 0; i < 16; ++i) {
    for (std::size_t k = 0; k < frames.size(); ++k) {
      std::memcpy(batch[k].frame.data(), frames[k].data(), frames[k].size());
    }
    if (nodes.anna.plane.handle_frames(nodes.anna.forwarding, kDevice, batch, nodes.anna.output) ==
        Progress::done)
      ++done;
  }
  for (const SealedRun& run : nodes.anna.output.runs()) {
    for (std::size_t i = 0; i < run.datagrams(); ++i) {
      const Bytes sealed = run.datagram(i);
      const MutableBytes room =
          MutableBytes(datagrams[received.size()]).subspan(ReceivedRun::kHeadroom);
      std::memcpy(room.data(), sealed.data(), sealed.size());
      received.push_back(room.first(sealed.size()));
    }
  }
  for (const MutableBytes datagram : received) {
    const ReceivedRun run{kElsewhere, datagram, datagram.size()};
    nodes.bert.plane.handle_run(nodes.bert.forwarding, run, nodes.bert.output);
    // Spoilt by the first time.
    nodes.bert.plane.handle_run(nodes.bert.forwarding, run, nodes.bert.output);
  }
  nodes.bert.output.frames().finish();
  nodes.anna.output.reset();
  const std::size_t after = allocations;

  CHECK(after == before);
  CHECK(done == 16);
  CHECK(received.size() == datagrams.size());
  CHECK(nodes.bert.frames().size() == datagrams.size());
  CHECK(nodes.bert.dropped() == datagrams.size());
  CHECK(nodes.anna.dropped() == 3 * 16);
  CHECK(before > 0);  // the counter counts
}

}  // namespace lanyard::node::test
