// SPDX-License-Identifier: Apache-2.0
// junk_flood ADDRESS PORT DATAGRAMS_PER_SECOND SECONDS: floods a UDP port with what the internet
// may throw at a node of the DHT, from source addresses made up in 20.0.0.0/8: a quarter each of
//
//   questions that are right, of nodes that do not exist
//   answers that nobody asked for, and announcements with tokens that nobody gave
//   questions with some bits flipped, or torn off
//   random bytes of random lengths
//
// Prints how many were sent. Takes CAP_NET_ADMIN, for the addresses.
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/rng.h"
#include "core/dht/krpc.h"
#include "platform/socket_address.h"

namespace lanyard::lab {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kTexts = 4096;  // sent again and again, from other addresses
constexpr std::size_t kBatch = 64;
constexpr std::uint32_t kSources = 20U << 24;

class Author {
 public:
  Buffer text() {
    switch (rng_.below(4)) {
      case 0: return question();
      case 1: return rng_.below(2) == 0 ? unasked_answer() : announcement();
      case 2: return spoilt(question());
      default: return noise();
    }
  }

 private:
  Buffer question() {
    const auto transaction = rng_.array<4>();
    dht::Query query;
    query.transaction = transaction;
    query.sender = dht::NodeId::random(rng_);
    query.target = dht::NodeId::random(rng_);
    query.info_hash = {rng_.array<dht::kIdBytes>()};
    query.method = std::array{dht::Method::ping, dht::Method::find_node, dht::Method::get_peers,
                              dht::Method::get, dht::Method::sample_infohashes}[rng_.below(5)];
    return encode(query);
  }

  Buffer announcement() {
    const auto transaction = rng_.array<4>();
    const auto token = rng_.array<8>();
    dht::Query query;
    query.transaction = transaction;
    query.sender = dht::NodeId::random(rng_);
    query.info_hash = {rng_.array<dht::kIdBytes>()};
    query.method = dht::Method::announce_peer;
    query.port_source = dht::PortSource::implied;
    query.token = token;
    return encode(query);
  }

  Buffer unasked_answer() {
    const auto transaction = rng_.array<4>();
    dht::Answer answer;
    answer.transaction = transaction;
    answer.sender = dht::NodeId::random(rng_);
    answer.nodes.emplace();
    for (int i = 0; i < 8; ++i) {
      const auto address =
          IpAddress::from_v4(kSources + static_cast<std::uint32_t>(rng_.below(1 << 24)));
      answer.nodes->push_back({dht::NodeId::random(rng_), {address, 6881}});
    }
    return encode(answer);
  }

  Buffer spoilt(Buffer text) {
    for (std::uint64_t i = 1 + rng_.below(4); i > 0; --i) {
      text[rng_.below(text.size())] ^= static_cast<std::uint8_t>(1U << rng_.below(8));
    }
    if (rng_.below(2) == 0) text.resize(1 + rng_.below(text.size()));
    // It shall get past the first look.
    text.front() = 'd';
    text.back() = 'e';
    return text;
  }

  Buffer noise() {
    Buffer text(1 + rng_.below(400));
    rng_.fill(text);
    return text;
  }

  SeededRng rng_{4};
};

class Sender {
 public:
  explicit Sender(const Endpoint& target) : target_(platform::to_socket_address(target)) {
    socket_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    // Sources that are nobody's here.
    is_ready_ = setsockopt(socket_, IPPROTO_IP, IP_TRANSPARENT, &yes, sizeof(yes)) == 0;
    Author author;
    for (std::size_t i = 0; i < kTexts; ++i) texts_.push_back(author.text());
    for (std::size_t i = 0; i < kBatch; ++i) prepare(i);
  }
  ~Sender() { close(socket_); }
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  bool is_ready() const { return is_ready_; }

  // How many were sent.
  std::size_t send_batch() {
    for (std::size_t i = 0; i < kBatch; ++i) {
      const Buffer& text = texts_[next_++ % kTexts];
      pieces_[i] = {const_cast<std::uint8_t*>(text.data()), text.size()};
      source_of(i)->ipi_spec_dst.s_addr =
          htonl(kSources + static_cast<std::uint32_t>(rng_.below(1 << 24)));
    }
    const int n = sendmmsg(socket_, messages_.data(), kBatch, 0);
    return n > 0 ? static_cast<std::size_t>(n) : 0;
  }

 private:
  void prepare(std::size_t i) {
    msghdr& header = messages_[i].msg_hdr;
    header = {};
    header.msg_name = &target_;
    header.msg_namelen = size_of(target_);
    header.msg_iov = &pieces_[i];
    header.msg_iovlen = 1;
    header.msg_control = controls_[i].bytes.data();
    header.msg_controllen = controls_[i].bytes.size();
    cmsghdr* control = CMSG_FIRSTHDR(&header);
    control->cmsg_level = IPPROTO_IP;
    control->cmsg_type = IP_PKTINFO;
    control->cmsg_len = CMSG_LEN(sizeof(in_pktinfo));
  }

  in_pktinfo* source_of(std::size_t i) {
    return reinterpret_cast<in_pktinfo*>(CMSG_DATA(CMSG_FIRSTHDR(&messages_[i].msg_hdr)));
  }

  struct alignas(cmsghdr) Control {
    std::array<std::uint8_t, CMSG_SPACE(sizeof(in_pktinfo))> bytes{};
  };

  platform::SocketAddress target_;
  int socket_ = -1;
  bool is_ready_ = false;
  std::vector<Buffer> texts_;
  std::array<iovec, kBatch> pieces_{};
  std::array<Control, kBatch> controls_{};
  std::array<mmsghdr, kBatch> messages_{};
  std::size_t next_ = 0;
  SeededRng rng_{5};
};

int run(const Endpoint& target, double datagrams_per_second, double seconds) {
  Sender sender(target);
  if (!sender.is_ready()) {
    std::fprintf(stderr, "junk_flood: made-up source addresses take CAP_NET_ADMIN\n");
    return 4;
  }
  const auto begin = Clock::now();
  std::size_t sent = 0;
  while (true) {
    const double elapsed = std::chrono::duration<double>(Clock::now() - begin).count();
    if (elapsed >= seconds) break;
    if (static_cast<double>(sent) > elapsed * datagrams_per_second) {
      poll(nullptr, 0, 1);
    } else {
      sent += sender.send_batch();
    }
  }
  std::printf("%zu\n", sent);
  return 0;
}

}  // namespace
}  // namespace lanyard::lab

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: junk_flood ADDRESS PORT DATAGRAMS_PER_SECOND SECONDS\n");
    return 2;
  }
  const auto target = lanyard::Endpoint::parse(std::string(argv[1]) + ":" + argv[2]);
  if (!target) return 2;
  return lanyard::lab::run(*target, std::atof(argv[3]), std::atof(argv[4]));
}
