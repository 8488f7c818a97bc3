// SPDX-License-Identifier: Apache-2.0
// Sealing and opening a packet by each back end of each cipher that this machine has: 64 bytes (an
// acknowledgement or a voice packet), 1400 (a full segment) and 8900 (one under an MTU of 9000).
#include <cstdio>
#include <cstring>
#include <deque>
#include <string>
#include <vector>

#include "core/crypto/aead.h"
#include "core/crypto/aead_backends.h"
#include "tests/bench/contest.h"

using namespace lanyard;
using namespace lanyard::crypto;

namespace {

// As many packets as a worker takes at once, so that they do not all lie in the nearest cache.
constexpr std::size_t kBatch = 64;
const Buffer kHeader(8, 1);

struct Subject {
  Subject(Aead aead, AeadBackend backend, std::size_t size)
      : key(aead, backend, Secret<32>()),
        name(std::string(crypto::name(aead)) + " " + std::string(crypto::name(backend)) + " " +
             std::to_string(size)),
        plaintext(kBatch, Buffer(size, 7)),
        sealed(kBatch, Buffer(size + kTagSize)),
        opened(sealed) {
    seal();
  }

  void seal() {
    for (std::size_t i = 0; i < kBatch; ++i) key.seal(i, kHeader, plaintext[i], sealed[i]);
  }
  void copy() {
    for (std::size_t i = 0; i < kBatch; ++i) {
      std::memcpy(opened[i].data(), sealed[i].data(), sealed[i].size());
    }
    bench::keep(opened.data());
  }
  // Opening is in place, so that what is opened has to be copied first.
  void copy_and_open() {
    copy();
    for (std::size_t i = 0; i < kBatch; ++i) bench::keep(key.open(i, kHeader, opened[i]));
  }

  AeadKey key;
  std::string name;
  std::vector<Buffer> plaintext;
  std::vector<Buffer> sealed;
  std::vector<Buffer> opened;
};

}  // namespace

int main() {
  for (const std::size_t size : {64U, 1400U, 8900U}) {
    std::deque<Subject> subjects;
    for (const Aead aead : {Aead::aes_256_gcm, Aead::chacha20_poly1305}) {
      for (const AeadBackend backend : available_backends(aead)) {
        subjects.emplace_back(aead, backend, size);
      }
    }
    bench::Contest contest;
    for (Subject& subject : subjects) {
      contest.add("seal " + subject.name, kBatch, [&subject] { subject.seal(); });
      contest.add("open " + subject.name, kBatch, [&subject] { subject.copy_and_open(); });
    }
    contest.add("(of each open, copying)", kBatch, [&subjects] { subjects.front().copy(); });
    bench::print((std::to_string(size) + " bytes").c_str(), contest.run());
  }
}
