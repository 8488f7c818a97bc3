// SPDX-License-Identifier: Apache-2.0
#include "core/tunnel/session.h"

#include <cassert>

namespace lanyard::tunnel {

static_assert(kTagSize == crypto::kTagSize);

namespace {

DataDrop drop_reason(ReplayWindow::Verdict verdict) {
  return verdict == ReplayWindow::Verdict::too_old ? DataDrop::too_old : DataDrop::replayed;
}

bool is_dropped(const Incoming& incoming) {
  return std::holds_alternative<DataDrop>(incoming.outcome);
}

void add(std::atomic<std::uint64_t>& counter, std::uint64_t n) {
  counter.fetch_add(n, std::memory_order_relaxed);
}

}  // namespace

Session::Session(SessionSetup setup)
    : local_index_(setup.local_index),
      remote_index_(setup.remote_index),
      credentials_id_(setup.credentials_id),
      aead_(setup.aead),
      handshake_hash_(setup.handshake_hash),
      remote_features_(setup.remote_features),
      limits_(setup.limits),
      first_counter_(setup.first_counter),
      send_key_(setup.aead, setup.backends.of(setup.aead), setup.send_key),
      receive_key_(setup.aead, setup.backends.of(setup.aead), setup.receive_key),
      next_counter_(setup.first_counter) {}

std::optional<std::uint64_t> Session::reserve(std::uint32_t packets, std::uint64_t bytes) {
  std::uint64_t first = load(next_counter_);
  do {
    if (first > limits_.max_packets || packets > limits_.max_packets - first) {
      count_drop(DataDrop::key_exhausted, packets);
      return std::nullopt;
    }
  } while (!next_counter_.compare_exchange_weak(first, first + packets, std::memory_order_relaxed));
  add(bytes_sent_, bytes);
  return first;
}

void Session::seal_with(std::uint64_t counter, Bytes body, MutableBytes datagram) const {
  assert(!body.empty() && datagram.size() == kDataHeaderSize + body.size() + kTagSize);
  write_data_header(datagram, {remote_index_, static_cast<std::uint32_t>(counter)});
  send_key_.seal(counter, datagram.first(kDataHeaderSize), body, datagram.subspan(kDataHeaderSize));
}

bool Session::seal(MutableBytes datagram) {
  const auto counter = reserve(1, datagram.size());
  if (!counter) return false;
  const Bytes sealed = datagram.subspan(kDataHeaderSize);
  seal_with(*counter, sealed.first(sealed.size() - kTagSize), datagram);
  return true;
}

std::optional<Buffer> Session::seal_message(BodyKind kind, Bytes payload) {
  Buffer datagram(kDataHeaderSize);
  datagram.push_back(body_first_byte(kind));
  append(datagram, payload);
  datagram.resize(datagram.size() + kTagSize);
  if (!seal(datagram)) return std::nullopt;
  add(messages_sent_, 1);
  return datagram;
}

OpenOutcome Session::open(MutableBytes datagram) {
  Incoming one;
  one.datagram = datagram;
  open({&one, 1});
  return one.outcome;
}

void Session::open(std::span<Incoming> batch) {
  admit(batch);
  for (Incoming& incoming : batch) {
    if (!is_dropped(incoming)) decrypt(incoming);
  }
  accept(batch);
}

// Without the lock: another thread may have gone on by some packets meanwhile, which are nothing
// beside the 2^31 that counters are restored within.
void Session::admit(std::span<Incoming> batch) const {
  const std::uint64_t highest = load(highest_);
  for (Incoming& incoming : batch) {
    const auto header = parse_data_header(incoming.datagram);
    if (!header || header->receiver != local_index_) {
      incoming.outcome = DataDrop::malformed;
      continue;
    }
    incoming.counter = ReplayWindow::restore(header->counter_low, highest);
    if (incoming.counter >= limits_.max_packets) {
      incoming.outcome = DataDrop::key_exhausted;
    } else {
      incoming.outcome = Body{};
    }
  }
}

void Session::decrypt(Incoming& incoming) const {
  const MutableBytes sealed = incoming.datagram.subspan(kDataHeaderSize);
  if (!receive_key_.open(incoming.counter, incoming.datagram.first(kDataHeaderSize), sealed)) {
    incoming.outcome = DataDrop::forged;
    return;
  }
  incoming.outcome =
      Body{BodyKind::empty, Checksum::complete, sealed.first(sealed.size() - kTagSize)};
}

void Session::accept(std::span<Incoming> batch) {
  {
    const SpinGuard guard(window_lock_);
    for (Incoming& incoming : batch) {
      if (is_dropped(incoming)) continue;
      const auto verdict = window_.accept(incoming.counter);
      if (verdict != ReplayWindow::Verdict::fresh) incoming.outcome = drop_reason(verdict);
    }
    highest_.store(window_.highest(), std::memory_order_relaxed);
  }
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  for (Incoming& incoming : batch) {
    if (const Body* opened = std::get_if<Body>(&incoming.outcome)) {
      ++packets;
      bytes += incoming.datagram.size();
      const auto body = parse_body(opened->payload);
      incoming.outcome = body ? OpenOutcome(*body) : OpenOutcome(DataDrop::malformed);
    }
    if (const DataDrop* reason = std::get_if<DataDrop>(&incoming.outcome)) count_drop(*reason);
  }
  if (packets == 0) return;
  add(packets_received_, packets);
  add(bytes_received_, bytes);
}

bool Session::needs_rekey() const {
  return load(next_counter_) >= limits_.rekey_packets ||
         packets_received() >= limits_.rekey_packets || bytes_sent() >= limits_.rekey_bytes ||
         bytes_received() >= limits_.rekey_bytes;
}

bool Session::is_exhausted() const { return load(next_counter_) >= limits_.max_packets; }

void Session::count_drop(DataDrop reason, std::uint64_t packets) {
  add(dropped_[static_cast<std::size_t>(reason)], packets);
}

}  // namespace lanyard::tunnel
