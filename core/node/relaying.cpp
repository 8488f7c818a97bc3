// SPDX-License-Identifier: Apache-2.0
#include "core/node/relaying.h"

#include <algorithm>

#include "core/tunnel/relayed.h"
#include "core/tunnel/wire.h"

namespace lanyard::node {

namespace {

using tunnel::DatagramKind;
using tunnel::kRelayedHeaderSize;

std::size_t datagrams_in(const ReceivedRun& run) {
  return (run.bytes.size() + run.segment_size - 1) / run.segment_size;
}

// How many bytes at the beginning of the run are datagrams for which the condition holds.
template <typename Condition>
std::size_t length_of(const ReceivedRun& run, const Condition& holds) {
  std::size_t size = 0;
  while (size < run.bytes.size()) {
    const std::size_t next = std::min(run.segment_size, run.bytes.size() - size);
    if (!holds(Bytes(run.bytes).subspan(size, next))) break;
    size += next;
  }
  return size;
}

}  // namespace

void Relaying::handle_run(const Forwarding& forwarding, const ReceivedRun& run, DataOutput& out) {
  ReceivedRun rest = run;
  while (!rest.bytes.empty()) {
    const std::size_t first = std::min(rest.segment_size, rest.bytes.size());
    const auto view = tunnel::parse_relayed(rest.bytes.first(first));
    if (!view) {
      drops_.add(DropReason::malformed);
      rest.bytes = rest.bytes.subspan(first);
      continue;
    }
    const std::size_t size = length_of(rest, [&](Bytes datagram) {
      const auto other = tunnel::parse_relayed(datagram);
      return other && other->circuit == view->circuit;
    });
    const ReceivedRun part{run.from, rest.bytes.first(size), rest.segment_size, kRelayedHeaderSize};
    rest.bytes = rest.bytes.subspan(size);
    const CircuitEntry* const circuit = forwarding.find_circuit(view->circuit, run.from);
    if (circuit == nullptr) {
      drops_.add(DropReason::unknown_circuit, datagrams_in(part));
    } else if (circuit->passes()) {
      pass(*circuit, part, out);
    } else {
      end(forwarding, *circuit, part, out);
    }
  }
}

void Relaying::pass(const CircuitEntry& circuit, const ReceivedRun& run, DataOutput& out) {
  const std::size_t datagrams = datagrams_in(run);
  const CircuitEntry::Passage& passage = circuit.passage;
  if (!passage.meter->draw(run.bytes.size(), datagrams)) {
    return drops_.add(DropReason::relay_quota, datagrams);
  }
  for (std::size_t at = 0; at < run.bytes.size(); at += run.segment_size) {
    tunnel::write_relayed_header(run.bytes.subspan(at), passage.number);
  }
  const std::size_t segment_size = std::min(run.segment_size, run.bytes.size());
  if (!out.add_run({passage.to, run.bytes, static_cast<std::uint16_t>(segment_size)})) {
    drops_.add(DropReason::output_full, datagrams);
  }
}

void Relaying::end(const Forwarding& forwarding,
                   const CircuitEntry& circuit,
                   const ReceivedRun& run,
                   DataOutput& out) {
  ReceivedRun rest{circuit.end, run.bytes, run.segment_size, kRelayedHeaderSize};
  while (!rest.bytes.empty()) {
    const std::size_t data = length_of(rest, [](Bytes datagram) {
      return tunnel::classify(datagram.subspan(kRelayedHeaderSize)) == DatagramKind::data;
    });
    if (data != 0) {
      inbound_.handle_run(forwarding,
                          {rest.from, rest.bytes.first(data), rest.segment_size, rest.prefix}, out);
      rest.bytes = rest.bytes.subspan(data);
      continue;
    }
    const std::size_t size = std::min(rest.segment_size, rest.bytes.size());
    hand_over(rest.from, Bytes(rest.bytes).first(size).subspan(kRelayedHeaderSize), out);
    rest.bytes = rest.bytes.subspan(size);
  }
}

// Handshakes alone: the DHT has no business here, and a circuit in a circuit would be two hops.
void Relaying::hand_over(const Endpoint& from, Bytes datagram, DataOutput& out) {
  switch (tunnel::classify(datagram)) {
    case DatagramKind::handshake_3:
      if (const auto view = tunnel::parse_handshake(datagram)) {
        inbound_.expect_session(view->index);
      }
      [[fallthrough]];
    case DatagramKind::handshake_1:
    case DatagramKind::handshake_2:
    case DatagramKind::cookie:
      if (!out.add_early({from, datagram})) drops_.add(DropReason::output_full);
      return;
    default: drops_.add(DropReason::unknown_circuit);
  }
}

}  // namespace lanyard::node
