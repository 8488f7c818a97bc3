// SPDX-License-Identifier: Apache-2.0
// Datagrams to send by a UDP port, and what of them has arrived.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "platform/udp_port.h"

namespace lanyard::platform {

inline Endpoint loopback(const UdpPort& port, IpFamily family = IpFamily::v4) {
  const char* const text = family == IpFamily::v4 ? "127.0.0.1" : "::1";
  return {*IpAddress::parse(text), port.port()};
}

// The datagrams of all messages of a batch, in order.
inline std::vector<std::string> datagrams_of(ReceiveBatch& batch) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    Bytes rest = batch.bytes(i);
    do {
      const std::size_t size = std::min(batch.segment_size(i), rest.size());
      out.push_back(lanyard::to_string(rest.first(size)));
      rest = rest.subspan(size);
    } while (!rest.empty());
  }
  return out;
}

// Loopback delivers before the send returns, so what is not there now never comes.
inline std::vector<std::string> receive_all(const UdpPort& port,
                                            IpFamily family = IpFamily::v4,
                                            std::size_t index = 0) {
  ReceiveBatch batch(port.batch_shape());
  std::vector<std::string> out;
  do {
    port.receive(index, family, batch);
    for (std::string& datagram : datagrams_of(batch)) out.push_back(std::move(datagram));
  } while (batch.size() != 0);
  return out;
}

// A run of datagrams that differ from each other.
struct SampleRun {
  SampleRun(const Endpoint& to, std::size_t count, std::size_t size, std::size_t last_size) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t length = i + 1 == count ? last_size : size;
      datagrams.emplace_back(length, static_cast<char>('0' + i));
      append(memory_, datagrams.back());
    }
    run = {to, memory_, static_cast<std::uint16_t>(size)};
  }
  SampleRun(const Endpoint& to, std::size_t count, std::size_t size)
      : SampleRun(to, count, size, size) {}
  SampleRun(const SampleRun&) = delete;
  SampleRun& operator=(const SampleRun&) = delete;

  std::vector<std::string> datagrams;
  node::SealedRun run;

 private:
  Buffer memory_;
};

}  // namespace lanyard::platform
