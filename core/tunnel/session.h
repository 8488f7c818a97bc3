// SPDX-License-Identifier: Apache-2.0
// A session: the data keys that a handshake agreed on. Datagrams are sealed from where their bodies
// lie to where they are sent from, and opened in place. It has no clock and no address: its owner
// decides when it is too old and where datagrams go.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>

#include "core/base/bytes.h"
#include "core/base/spin_lock.h"
#include "core/crypto/aead.h"
#include "core/crypto/secret.h"
#include "core/tunnel/replay_window.h"
#include "core/tunnel/wire.h"

namespace lanyard::tunnel {

// Why a data datagram was not opened, or not sealed.
enum class DataDrop : std::uint8_t {
  malformed,      // no data datagram of this session, or an authentic body that makes no sense
  too_old,        // behind the replay window
  replayed,       // accepted before
  forged,         // the tag does not match
  key_exhausted,  // past the last packet of these keys
  count_,
};

struct SessionLimits {
  std::uint64_t max_packets = std::uint64_t{1}
                              << 28;  // far below the AEADs' bounds (RFC 9001 section 6.6)
  std::uint64_t rekey_packets = std::uint64_t{1} << 26;  // leaves time for a new handshake
  std::uint64_t rekey_bytes = std::uint64_t{1} << 36;  // 64 GiB, as much as AES-GCM wants at 1 KiB
};

struct SessionSetup {
  SessionIndex local_index = 0;   // peers send to it
  SessionIndex remote_index = 0;  // we send to it
  std::uint32_t credentials_id = 0;
  crypto::Aead aead = crypto::Aead::chacha20_poly1305;
  crypto::Secret<32> send_key;  // data keys, protocol.md 4.1
  crypto::Secret<32> receive_key;
  std::array<std::uint8_t, 64> handshake_hash{};
  SessionLimits limits;
  std::uint64_t first_counter = 0;  // of the packets that we send
  crypto::AeadBackends backends;
  Features remote_features = 0;
};

using OpenOutcome = std::variant<DataDrop, Body>;

// One datagram of a batch to open.
struct Incoming {
  MutableBytes datagram;                      // opened in place; borrowed for the call
  OpenOutcome outcome = DataDrop::malformed;  // its Body borrows from the datagram
  std::uint64_t counter = 0;                  // filled in by open()
};

// Shared by the control thread and all workers; every function may be called by several at once.
class Session {
 public:
  explicit Session(SessionSetup setup);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  SessionIndex local_index() const { return local_index_; }
  SessionIndex remote_index() const { return remote_index_; }
  std::uint32_t credentials_id() const { return credentials_id_; }
  crypto::Aead aead() const { return aead_; }
  // Whether bodies with a pending checksum may be sent.
  bool takes_pending_checksums() const { return (remote_features_ & kTakesPendingChecksums) != 0; }
  // Noise's handshake hash: unique to this session and equal at both ends.
  const std::array<std::uint8_t, 64>& handshake_hash() const { return handshake_hash_; }

  // Takes `packets` consecutive counters for datagrams of `bytes` in total (headers and tags
  // included) and returns the first. Nothing when the keys do not last for all of them: none is
  // taken then, and the packets are counted as dropped.
  std::optional<std::uint64_t> reserve(std::uint32_t packets, std::uint64_t bytes);
  // Makes a datagram of a body that lies elsewhere: datagram is as long as the body, the header (8
  // bytes) and the tag (16) together. counter comes from reserve() and is used for one datagram
  // only.
  void seal_with(std::uint64_t counter, Bytes body, MutableBytes datagram) const;
  // reserve() and sealing in place, for one datagram: room for the header, the body, room for the
  // tag. False when the keys are exhausted.
  [[nodiscard]] bool seal(MutableBytes datagram);
  // A whole datagram, allocated, for control messages and keepalives.
  std::optional<Buffer> seal_message(BodyKind kind, Bytes payload);

  // Opens in place. Datagrams whose header names another session are malformed.
  OpenOutcome open(MutableBytes datagram);
  // The same for a batch; the replay window is locked once for all of them. Each packet counter is
  // accepted once, whichever thread comes first; a forged datagram changes nothing. What was
  // accepted before is found out only after it is decrypted: whoever can replay can as well forge,
  // and to refuse that costs as much.
  void open(std::span<Incoming> batch);

  // Time for a new handshake: too many packets or bytes in one of the two directions.
  bool needs_rekey() const;
  // Nothing can be sealed any more.
  bool is_exhausted() const;

  std::uint64_t packets_sent() const { return load(next_counter_) - first_counter_; }
  // Of these, control messages and keepalives, which nobody need answer.
  std::uint64_t messages_sent() const { return load(messages_sent_); }
  std::uint64_t bytes_sent() const { return load(bytes_sent_); }
  std::uint64_t packets_received() const { return load(packets_received_); }
  std::uint64_t bytes_received() const { return load(bytes_received_); }
  std::uint64_t dropped(DataDrop reason) const {
    return load(dropped_[static_cast<std::size_t>(reason)]);
  }

 private:
  using Counter = std::atomic<std::uint64_t>;
  static constexpr std::size_t kCacheLine = 64;

  static std::uint64_t load(const Counter& counter) {
    return counter.load(std::memory_order_relaxed);
  }
  // The three steps of open().
  void admit(std::span<Incoming> batch) const;
  void decrypt(Incoming& incoming) const;
  void accept(std::span<Incoming> batch);
  void count_drop(DataDrop reason, std::uint64_t packets = 1);

  const SessionIndex local_index_;
  const SessionIndex remote_index_;
  const std::uint32_t credentials_id_;
  const crypto::Aead aead_;
  const std::array<std::uint8_t, 64> handshake_hash_;
  const Features remote_features_;
  const SessionLimits limits_;
  const std::uint64_t first_counter_;
  const crypto::AeadKey send_key_;
  const crypto::AeadKey receive_key_;

  // Written by senders and receivers: on lines of their own, so that they do not slow each other.
  alignas(kCacheLine) Counter next_counter_;
  Counter bytes_sent_ = 0;
  Counter messages_sent_ = 0;

  alignas(kCacheLine) Counter packets_received_ = 0;
  Counter bytes_received_ = 0;
  std::array<Counter, static_cast<std::size_t>(DataDrop::count_)> dropped_{};
  SpinLock window_lock_;
  ReplayWindow window_;  // under window_lock_
  Counter highest_ = 0;  // window_.highest(), to be read without the lock
};

}  // namespace lanyard::tunnel
