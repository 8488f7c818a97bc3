// SPDX-License-Identifier: Apache-2.0
// Sockets of the test's own inside a machine: programs on it that talk over the overlay, and
// clients of a control socket that no well-behaved program would be.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tests/lab/machine.h"
#include "tests/lab/waiting.h"

namespace lanyard::lab {

// A descriptor that is closed when this goes; non-blocking.
class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&&) = delete;
  ~Socket();

  int descriptor() const { return descriptor_; }
  // As much as the other side takes within patience: the number of bytes, or -1 when it has hung
  // up.
  std::int64_t send_some(std::string_view bytes, Patience patience) const;
  // One piece or datagram; nothing after patience; empty when the other side has hung up.
  std::optional<std::string> receive(Patience patience) const;

 private:
  int descriptor_;
};

// Of an address as people write it.
Family family_of(std::string_view address);

// UDP on every address that the machine has of the family.
class UdpSocket {
 public:
  UdpSocket(const Machine& machine, std::uint16_t port, Family family = Family::v4);
  int descriptor() const { return socket_.descriptor(); }
  // What is sent from now on goes there.
  void connect(const std::string& address, std::uint16_t port) const;
  // The interface by which it goes out, for broadcasts.
  void send(const std::string& address,
            std::uint16_t port,
            std::string_view text,
            const std::string& interface = {}) const;
  std::optional<std::string> receive(Patience patience) const { return socket_.receive(patience); }

 private:
  Socket socket_;
};

class TcpListener {
 public:
  TcpListener(const Machine& machine, std::uint16_t port, Family family = Family::v4);
  std::optional<Socket> accept(Patience patience) const;

 private:
  Socket socket_;
};

// Throws when nobody answers.
Socket connect_tcp(const Machine& machine, const std::string& address, std::uint16_t port);
Socket connect_control(const Machine& machine);

}  // namespace lanyard::lab
