// SPDX-License-Identifier: Apache-2.0
// The whole way of a packet without its system calls: from frames of a device to sealed runs, and
// on to what the other device is to be written. Opening needs packets that are new to the session,
// so it is measured together with sealing; what it costs is the difference.
#include <cstring>
#include <deque>
#include <string>
#include <vector>

#include "core/crypto/aead_backends.h"
#include "core/node/data_plane.h"
#include "tests/bench/contest.h"
#include "tests/unit/node/super_frame.h"

using namespace lanyard;
using namespace lanyard::node;
using namespace lanyard::node::test;

namespace {

tunnel::SessionLimits endless() {
  tunnel::SessionLimits limits;
  limits.max_packets = std::uint64_t{1} << 62;
  return limits;
}

// A batch of frames that is sent again and again.
class Subject {
 public:
  Subject(crypto::Aead aead, crypto::AeadBackend backend, const std::vector<SuperFrame>& frames)
      : nodes_(make_sessions(17, 99, endless(), tunnel::kTakesPendingChecksums, aead, backend)),
        frames_(frames) {
    for (const SuperFrame& super : frames_) {
      copies_.emplace_back(1 + super.frame.size());  // the byte before the frame
      batch_.push_back({MutableBytes(copies_.back()).subspan(1), super.offload});
    }
  }

  void send() {
    for (std::size_t i = 0; i < batch_.size(); ++i) {
      std::memcpy(batch_[i].frame.data(), frames_[i].frame.data(), frames_[i].frame.size());
    }
    nodes_.anna.output.reset();
    bench::keep(nodes_.anna.plane.handle_frames(nodes_.anna.forwarding, kDevice, batch_,
                                                nodes_.anna.output));
  }
  // The copy is the network.
  void send_and_receive() {
    send();
    std::size_t used = 64;
    for (const SealedRun& run : nodes_.anna.output.runs()) {
      const MutableBytes room = MutableBytes(received_).subspan(used, run.bytes.size());
      std::memcpy(room.data(), run.bytes.data(), run.bytes.size());
      nodes_.bert.plane.handle_run(nodes_.bert.forwarding, {kAnnaEndpoint, room, run.segment_size},
                                   nodes_.bert.output);
      used += run.bytes.size() + 64;
    }
    nodes_.bert.output.frames().finish();
    bench::keep(nodes_.bert.output.frames().groups().size());
    nodes_.bert.output.reset();
  }
  std::size_t packets() {
    send();
    std::size_t sum = 0;
    for (const SealedRun& run : nodes_.anna.output.runs()) sum += run.datagrams();
    return sum;
  }

 private:
  TwoNodes nodes_;
  std::vector<SuperFrame> frames_;
  std::vector<Buffer> copies_;
  std::vector<DeviceFrame> batch_;
  Buffer received_ = Buffer(std::size_t{1} << 20);
};

void measure(const std::string& what, const std::vector<SuperFrame>& frames) {
  std::deque<Subject> subjects;
  bench::Contest contest;
  for (const crypto::Aead aead : {crypto::Aead::aes_256_gcm, crypto::Aead::chacha20_poly1305}) {
    for (const crypto::AeadBackend backend : crypto::available_backends(aead)) {
      const std::string with = std::string(name(aead)) + " " + std::string(name(backend));
      Subject& subject = subjects.emplace_back(aead, backend, frames);
      const std::size_t packets = subject.packets();
      contest.add("out, " + with, packets, [&subject] { subject.send(); });
      contest.add("out and in, " + with, packets, [&subject] { subject.send_and_receive(); });
    }
  }
  bench::print(what.c_str(), contest.run());
}

}  // namespace

int main() {
  measure("a TCP super-frame of 44 segments", {make_super_frame(44 * kSegment)});
  std::vector<SuperFrame> small;
  for (std::uint32_t i = 0; i < 64; ++i) small.push_back(make_super_frame(64, 1000 + 64 * i));
  measure("64 frames with 64 bytes of payload", small);
  measure("one frame with 64 bytes of payload", {make_super_frame(64)});
}
