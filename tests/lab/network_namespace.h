// SPDX-License-Identifier: Apache-2.0
// A network namespace without a name: it lives as long as its descriptor here or a process in it,
// so nothing is left over when a test dies, and tests side by side cannot meet.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lanyard::lab {

enum class Family { v4, v6 };  // of IP addresses

class NetworkNamespace {
 public:
  NetworkNamespace();  // with loopback up
  NetworkNamespace(NetworkNamespace&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)) {}
  NetworkNamespace& operator=(NetworkNamespace&&) = delete;
  ~NetworkNamespace();

  int descriptor() const { return descriptor_; }
  // Where other processes, as ip(8), find it.
  std::string path() const;

  // Runs `ip ARGUMENTS` in it; throws what ip says when it fails.
  void ip(std::string_view arguments) const;
  void nft(const std::string& rules) const;
  // As sysctl(8): "net.ipv4.ip_forward", "1".
  void set(std::string name, std::string_view value) const;

 private:
  int descriptor_ = -1;
};

// The calling thread is in the namespace while this lives: sockets opened meanwhile stay in it.
class Visit {
 public:
  explicit Visit(const NetworkNamespace& space);
  ~Visit();
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

 private:
  int home_ = -1;
};

// A pair of virtual Ethernet interfaces, one end in each namespace, both up.
struct WireEnd {
  const NetworkNamespace& space;
  std::string interface;
};
void connect(const WireEnd& a, const WireEnd& b);

}  // namespace lanyard::lab
