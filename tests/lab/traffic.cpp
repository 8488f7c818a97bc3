// SPDX-License-Identifier: Apache-2.0
#include "tests/lab/traffic.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <stdexcept>
#include <thread>
#include <vector>

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

namespace lanyard::lab {
namespace {

constexpr std::uint16_t kPort = 9999;
// A whole burst of small datagrams, each of which the kernel counts as a kilobyte.
constexpr int kReceiveBuffer = 4 << 20;

void send_all(const Socket& socket, std::uint64_t bytes) {
  Stream stream;
  try {
    for (std::uint64_t sent = 0; sent < bytes;) {
      std::string_view block = stream.next();
      sent += block.size();
      while (!block.empty()) {
        const std::int64_t n = socket.send_some(block, kStall);
        if (n <= 0) return;
        block.remove_prefix(static_cast<std::size_t>(n));
      }
    }
  } catch (const Interrupted&) {
    // The receiver finds the stream short, or is interrupted itself.
  }
}

std::uint64_t receive_all(const Socket& socket, std::uint64_t bytes) {
  Stream stream;
  std::string_view expected;
  std::uint64_t good = 0;
  while (good < bytes) {
    const auto piece = socket.receive(kStall);
    if (!piece || piece->empty()) break;
    std::string_view rest = *piece;
    while (!rest.empty()) {
      if (expected.empty()) expected = stream.next();
      const std::size_t n = std::min(rest.size(), expected.size());
      if (rest.substr(0, n) != expected.substr(0, n)) return good;
      rest.remove_prefix(n);
      expected.remove_prefix(n);
      good += n;
    }
  }
  return good;
}

// Datagrams of a burst: the bytes of each are those of a stream of its own.
std::string datagram(std::size_t number, std::size_t size) {
  return std::string(Stream(number).next().substr(0, size));
}

// With a segment size, the kernel cuts the bytes to datagrams of that many and a shorter last one.
void send_datagrams(const UdpSocket& socket, const std::string& bytes, int segment_size = 0) {
  setsockopt(socket.descriptor(), SOL_UDP, UDP_SEGMENT, &segment_size, sizeof(segment_size));
  if (!wait_for(socket.descriptor(), Readiness::writable, Deadline(kStall)) ||
      ::send(socket.descriptor(), bytes.data(), bytes.size(), 0) < 0) {
    throw std::runtime_error(std::string("cannot send a datagram: ") + std::strerror(errno));
  }
}

// The datagrams of a burst, in order.
class Sender {
 public:
  Sender(const UdpSocket& socket, std::vector<std::string>& expected)
      : socket_(socket), expected_(expected) {}

  void send_alone(std::initializer_list<std::size_t> sizes) {
    for (const std::size_t size : sizes) send_datagrams(socket_, add(size));
  }
  void send_run(int datagrams, std::size_t size, std::size_t last_size) {
    std::string run;
    for (int i = 1; i < datagrams; ++i) run += add(size);
    send_datagrams(socket_, run + add(last_size), static_cast<int>(size));
  }

 private:
  const std::string& add(std::size_t size) {
    return expected_.emplace_back(datagram(expected_.size(), size));
  }

  const UdpSocket& socket_;
  std::vector<std::string>& expected_;
};

// Of the expected ones from the first on.
std::size_t arrived_in_order(const UdpSocket& socket,
                             const std::vector<std::string>& expected,
                             std::size_t first) {
  std::size_t next = first;
  while (next < expected.size() && socket.receive(Patience{3'000}) == expected[next]) ++next;
  return next - first;
}

}  // namespace

// splitmix64's finalizer.
std::string_view Stream::next() {
  for (std::uint64_t& word : block_) {
    std::uint64_t z = ++state_ * 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    word = z ^ z >> 31;
  }
  return {reinterpret_cast<const char*>(block_.data()), sizeof(block_)};
}

Connection connect(const Machine& from, const Machine& to, const std::string& address) {
  const TcpListener listener(to, kPort, family_of(address));
  Socket near = connect_tcp(from, address, kPort);
  auto far = listener.accept(kStall);
  if (!far) throw std::runtime_error(to.name() + " sees no connection");
  return {std::move(near), *std::move(far)};
}

std::uint64_t transfer(const Socket& from, const Socket& to, std::uint64_t bytes) {
  const std::jthread sending([&from, bytes] { send_all(from, bytes); });
  return receive_all(to, bytes);
}

Exchanged exchange(const Connection& connection, std::uint64_t bytes) {
  Exchanged exchanged;
  {
    const std::jthread back([&] {
      try {
        exchanged.back = transfer(connection.far, connection.near, bytes);
      } catch (const Interrupted&) {
        // The other direction is interrupted too.
      }
    });
    exchanged.forth = transfer(connection.near, connection.far, bytes);
  }
  return exchanged;
}

Burst burst(const Machine& from, const Machine& to, const std::string& address) {
  const UdpSocket receiver(to, kPort, family_of(address));
  setsockopt(receiver.descriptor(), SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveBuffer,
             sizeof(kReceiveBuffer));
  const UdpSocket socket(from, 0, family_of(address));
  socket.connect(address, kPort);
  std::vector<std::string> expected;
  Sender sender(socket, expected);
  Burst burst;
  for (int round = 0; round < 4; ++round) {
    sender.send_run(20, 1000, 300);
    sender.send_alone({1100, 1100, 0, 1, 2, 17, 999, 1000, 1001});
    sender.send_run(30, 33, 33);
  }
  burst.arrived = arrived_in_order(receiver, expected, 0);
  // Fragments have no ports, so nobody can keep them in order with the rest.
  for (const std::size_t size : {5000, 20'001}) {
    const std::size_t before = expected.size();
    sender.send_alone({size});
    burst.arrived += arrived_in_order(receiver, expected, before);
  }
  burst.sent = expected.size();
  return burst;
}

}  // namespace lanyard::lab
