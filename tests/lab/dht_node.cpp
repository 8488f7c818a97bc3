// SPDX-License-Identifier: Apache-2.0
// Nodes of our DHT on real sockets, told what to do line by line (line_service.h):
//
//   open ENDPOINT...         the next node, on a socket for each
//   meet ENDPOINT...         told of nodes to begin with
//   ids                      its identifiers, one per family of its sockets
//   count                    how many nodes it knows
//   announce HASH            stores itself; answers at how many nodes
//   peers HASH               the endpoints found
//   put VALUE                an immutable string: target, how many took it
//   get TARGET               its value
//   sign SEED SALT SEQUENCE VALUE   a version of a mutable string: key, how many took it
//   read KEY SALT            the newest version: sequence, value
//   counters                 queries and answers, what was dropped and why
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <map>
#include <memory>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/bencode.h"
#include "core/dht/dht.h"
#include "platform/clock.h"
#include "platform/file_descriptor.h"
#include "platform/socket_address.h"
#include "platform/system_rng.h"
#include "tests/lab/line_service.h"

namespace lanyard::lab {
namespace {

using platform::SocketAddress;

constexpr int kRoomForBursts = 1 << 20;

class UdpSocket {
 public:
  explicit UdpSocket(const Endpoint& own) : address_(own.address) {
    const SocketAddress address = platform::to_socket_address(own);
    const int kind = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    descriptor_ = platform::FileDescriptor(socket(address.generic.sa_family, kind, 0));
    setsockopt(descriptor(), SOL_SOCKET, SO_RCVBUFFORCE, &kRoomForBursts, sizeof(kRoomForBursts));
    is_bound_ = bind(descriptor(), &address.generic, size_of(address)) == 0;
  }

  int descriptor() const { return descriptor_.get(); }
  const IpAddress& address() const { return address_; }
  IpFamily family() const { return address_.family(); }
  bool is_bound() const { return is_bound_; }

  void send(const Datagram& datagram) const {
    const SocketAddress to = platform::to_socket_address(datagram.to);
    // What cannot be sent is lost, as datagrams are.
    sendto(descriptor(), datagram.payload.data(), datagram.payload.size(), 0, &to.generic,
           size_of(to));
  }

  // Nothing when there is none.
  std::optional<Endpoint> receive(Buffer& payload) const {
    SocketAddress from{};
    socklen_t size = sizeof(from);
    payload.resize(65536);
    const ssize_t n =
        recvfrom(descriptor(), payload.data(), payload.size(), 0, &from.generic, &size);
    if (n < 0) return std::nullopt;
    payload.resize(static_cast<std::size_t>(n));
    return platform::to_endpoint(from);
  }

 private:
  platform::FileDescriptor descriptor_;
  IpAddress address_;
  bool is_bound_ = false;
};

std::optional<dht::InfoHash> info_hash(const Request& request) {
  const auto bytes = to_array<dht::kIdBytes>(request.bytes(0));
  if (!bytes) return std::nullopt;
  return dht::InfoHash{*bytes};
}

Buffer string_value(Bytes text) { return bencode::Writer().string(text).take(); }

// Nothing found, or no string: "-".
std::vector<std::string> told_item(const std::optional<dht::Item>& item) {
  if (!item) return {"-"};
  const auto value = bencode::parse(value_of(*item));
  std::vector<std::string> words;
  if (const auto sequence = sequence_of(*item)) words.push_back(std::to_string(*sequence));
  words.push_back(value ? hexadecimal(value->string().value_or(Bytes())) : "-");
  return words;
}

class Node {
 public:
  Node(std::vector<UdpSocket> sockets, std::uint16_t port, Rng& rng)
      : sockets_(std::move(sockets)), dht_({}, rng) {
    dht::Families families;
    std::vector<IpAddress> addresses;
    for (const UdpSocket& socket : sockets_) {
      addresses.push_back(socket.address());
      (socket.family() == IpFamily::v4 ? families.v4 : families.v6) = true;
    }
    dht_.set_own_addresses(addresses);
    dht_.start(platform::now(), port, families, out_);
    send();
  }

  const std::vector<UdpSocket>& sockets() const { return sockets_; }
  Instant next_timeout() const { return dht_.next_timeout(); }

  void handle(const Request& request) {
    const Instant now = platform::now();
    if (request.verb == "meet") {
      meet(now, request);
    } else if (request.verb == "ids") {
      std::vector<std::string> ids;
      for (const UdpSocket& socket : sockets_) {
        ids.push_back(hexadecimal(dht_.own_id(socket.family()).bytes));
      }
      answer(request.tag, ids);
    } else if (request.verb == "count") {
      answer(request.tag, {std::to_string(dht_.node_count())});
    } else if (request.verb == "counters") {
      answer(request.tag, told_counters());
    } else if (request.verb == "announce" || request.verb == "peers") {
      look_up(now, request);
    } else if (const auto item_lookup = begin_item(now, request)) {
      pending_[*item_lookup] = {request, {}, {}};
    } else {
      refuse(request.tag, "no such verb");
    }
    send();
    tell();
  }

  void receive(const UdpSocket& socket) {
    while (const auto from = socket.receive(payload_)) {
      if (payload_.size() < 2 || payload_.front() != 'd' || payload_.back() != 'e') continue;
      dht_.handle_datagram(platform::now(), *from, payload_, out_, events_);
      send();
    }
    tell();
  }

  void handle_timeout(Instant now) {
    if (now < dht_.next_timeout()) return;
    dht_.handle_timeout(now, out_, events_);
    send();
    tell();
  }

 private:
  struct Pending {
    Request request;
    std::vector<std::string> peers;
    std::optional<dht::Item> item;
  };

  void meet(Instant now, const Request& request) {
    std::vector<Endpoint> endpoints;
    for (const std::string& word : request.words) {
      if (const auto endpoint = Endpoint::parse(word)) endpoints.push_back(*endpoint);
    }
    dht_.add_bootstrap(now, endpoints, out_);
    answer(request.tag, {std::to_string(endpoints.size())});
  }

  void look_up(Instant now, const Request& request) {
    const auto hash = info_hash(request);
    if (!hash) return refuse(request.tag, "no hash");
    const auto announce = request.verb == "announce" ? dht::Announce::yes : dht::Announce::no;
    const dht::LookupId id = dht_.get_peers(now, *hash, announce, out_, events_);
    pending_[id] = {request, {}, {}};
  }

  // Nothing for a verb or words that are not understood.
  std::optional<dht::LookupId> begin_item(Instant now, const Request& request) {
    const Buffer first = request.bytes(0);
    const Buffer salt = request.bytes(1);
    if (request.verb == "put") {
      const dht::ImmutableItem item{string_value(first)};
      return dht_.put_item(now, item, std::nullopt, out_, events_);
    }
    if (request.verb == "get") {
      const auto target = to_array<dht::kIdBytes>(first);
      if (!target) return std::nullopt;
      return dht_.get_item(now, dht::ItemTarget{*target}, out_, events_);
    }
    if (request.verb == "read") {
      const auto key = crypto::ItemPublicKey::from_bytes(first);
      if (!key) return std::nullopt;
      return dht_.get_item(now, *key, salt, std::nullopt, out_, events_);
    }
    const auto key = crypto::ItemKey::from_seed(first);
    if (request.verb != "sign" || !key) return std::nullopt;
    const auto item =
        dht::sign_item(*key, salt, std::stoll(request.word(2)), string_value(request.bytes(3)));
    if (!item) return std::nullopt;
    return dht_.put_item(now, *item, std::nullopt, out_, events_);
  }

  static std::vector<std::string> told_of(const Pending& pending, const dht::ItemDone& done) {
    const Request& request = pending.request;
    if (request.verb == "get" || request.verb == "read") return told_item(pending.item);
    const std::string count = std::to_string(done.stored_at);
    if (request.verb == "put") return {hexadecimal(done.target.bytes), count};
    return {hexadecimal(crypto::ItemKey::from_seed(request.bytes(0))->public_key().bytes), count};
  }

  std::vector<std::string> told_counters() const {
    const dht::Counters& counters = dht_.counters();
    std::vector<std::string> words;
    const auto tell = [&words](std::string_view name, std::uint64_t count) {
      if (count > 0) words.push_back(std::string(name) + "=" + std::to_string(count));
    };
    tell("queries_received", counters.queries_received);
    tell("answers_received", counters.answers_received);
    tell("queries_sent", counters.queries_sent);
    tell("queries_timed_out", counters.queries_timed_out);
    tell("answers_sent", counters.answers_sent);
    tell("errors_sent", counters.errors_sent);
    for (std::size_t i = 0; i < counters.dropped.size(); ++i) {
      tell(to_string(static_cast<dht::Drop>(i)), counters.dropped[i]);
    }
    return words;
  }

  void send() {
    for (const Datagram& datagram : out_) {
      for (const UdpSocket& socket : sockets_) {
        if (socket.family() == datagram.to.address.family()) socket.send(datagram);
      }
    }
    out_.clear();
  }

  void tell() {
    for (const dht::Event& event : events_) {
      if (const auto* found = std::get_if<dht::PeersFound>(&event)) {
        const auto pending = pending_.find(found->lookup);
        if (pending == pending_.end()) continue;
        for (const Endpoint& peer : found->peers) {
          pending->second.peers.push_back(peer.to_string());
        }
      } else if (const auto* done = std::get_if<dht::LookupDone>(&event)) {
        const auto pending = pending_.find(done->lookup);
        if (pending == pending_.end()) continue;
        const Request& request = pending->second.request;
        if (request.verb == "announce") {
          answer(request.tag, {std::to_string(done->stored_at)});
        } else {
          answer(request.tag, pending->second.peers);
        }
        pending_.erase(pending);
      } else if (const auto* item = std::get_if<dht::ItemFound>(&event)) {
        const auto pending = pending_.find(item->lookup);
        if (pending != pending_.end()) pending->second.item = item->item;
      } else if (const auto* item_done = std::get_if<dht::ItemDone>(&event)) {
        const auto pending = pending_.find(item_done->lookup);
        if (pending == pending_.end()) continue;
        answer(pending->second.request.tag, told_of(pending->second, *item_done));
        pending_.erase(pending);
      }
    }
    events_.clear();
  }

  std::vector<UdpSocket> sockets_;
  dht::Dht dht_;
  std::map<dht::LookupId, Pending> pending_;
  Datagrams out_;
  dht::Events events_;
  Buffer payload_;
};

class Program {
 public:
  int run() {
    while (true) {
      std::vector<pollfd> waiting{{STDIN_FILENO, POLLIN, 0}};
      Instant next = Instant::never();
      for (const auto& node : nodes_) {
        next = earlier(next, node->next_timeout());
        for (const UdpSocket& socket : node->sockets()) {
          waiting.push_back({socket.descriptor(), POLLIN, 0});
        }
      }
      if (poll(waiting.data(), waiting.size(), milliseconds_until(next)) < 0 && errno != EINTR) {
        return 1;
      }
      std::size_t i = 1;
      for (const auto& node : nodes_) {
        for (const UdpSocket& socket : node->sockets()) {
          if (waiting[i++].revents != 0) node->receive(socket);
        }
        node->handle_timeout(platform::now());
      }
      if (waiting[0].revents == 0) continue;
      const auto requests = reader_.read();
      if (!requests) return 0;
      for (const Request& request : *requests) handle(request);
    }
  }

 private:
  static int milliseconds_until(Instant instant) {
    constexpr std::int64_t kLongest = 1000;
    if (instant == Instant::never()) return kLongest;
    const std::int64_t left = (instant - platform::now()).milliseconds() + 1;
    return static_cast<int>(std::clamp(left, std::int64_t{0}, kLongest));
  }

  void handle(const Request& request) {
    if (request.verb == "open") return open(request);
    if (request.node >= nodes_.size()) return refuse(request.tag, "no such node");
    nodes_[request.node]->handle(request);
  }

  void open(const Request& request) {
    std::vector<UdpSocket> sockets;
    std::uint16_t port = 0;
    for (const std::string& word : request.words) {
      const auto endpoint = Endpoint::parse(word);
      if (!endpoint) return refuse(request.tag, "no endpoint");
      port = endpoint->port;
      sockets.emplace_back(*endpoint);
      if (!sockets.back().is_bound()) return refuse(request.tag, "cannot bind");
    }
    nodes_.push_back(std::make_unique<Node>(std::move(sockets), port, rng_));
    answer(request.tag, {std::to_string(nodes_.size() - 1)});
  }

  platform::SystemRng rng_;
  RequestReader reader_;
  std::vector<std::unique_ptr<Node>> nodes_;
};

}  // namespace
}  // namespace lanyard::lab

int main() { return lanyard::lab::Program().run(); }
