// SPDX-License-Identifier: Apache-2.0
#include "tests/lab/krpc_client.h"

#include <stdexcept>

#include <sys/socket.h>

#include "platform/socket_address.h"

namespace lanyard::lab {
namespace {

using platform::SocketAddress;

// libtorrent says nothing while its answers are at their limit (8,000 bytes/s).
constexpr Patience kAnswerPatience{700};
constexpr int kAttempts = 4;

int open_socket(const NetworkNamespace& space, const std::string& address) {
  const auto parsed = IpAddress::parse(address);
  if (!parsed) throw std::runtime_error("no address: " + address);
  const SocketAddress own = platform::to_socket_address({*parsed, 0});
  const Visit visit(space);
  const int kind = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
  const int descriptor = socket(own.generic.sa_family, kind, 0);
  if (bind(descriptor, &own.generic, size_of(own)) != 0) {
    throw std::runtime_error("cannot bind to " + address);
  }
  return descriptor;
}

}  // namespace

KrpcClient::KrpcClient(const NetworkNamespace& space, const std::string& address)
    : socket_(open_socket(space, address)) {}

std::optional<dht::Answer> KrpcClient::ping(const std::string& endpoint) {
  return ask(endpoint, question(dht::Method::ping));
}

std::optional<dht::Answer> KrpcClient::find_node(const std::string& endpoint,
                                                 const dht::NodeId& target) {
  dht::Query query = question(dht::Method::find_node);
  query.target = target;
  return ask(endpoint, query);
}

std::optional<dht::Answer> KrpcClient::get_peers(const std::string& endpoint,
                                                 const dht::InfoHash& hash) {
  dht::Query query = question(dht::Method::get_peers);
  query.info_hash = hash;
  return ask(endpoint, query);
}

dht::Query KrpcClient::question(dht::Method method) {
  dht::Query query;
  query.method = method;
  // Nobody shall take the client for a node.
  query.sender_reachability = dht::Reachability::read_only;
  return query;
}

std::optional<dht::Answer> KrpcClient::ask(const std::string& endpoint, dht::Query query) {
  const auto to = Endpoint::parse(endpoint);
  if (!to) throw std::runtime_error("no endpoint: " + endpoint);
  const std::string transaction = std::to_string(++asked_);
  query.transaction = as_bytes(transaction);
  const SocketAddress address = platform::to_socket_address(*to);
  const Buffer question = encode(query);
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    sendto(socket_.descriptor(), question.data(), question.size(), 0, &address.generic,
           size_of(address));
    const auto message = receive(transaction);
    if (!message) continue;
    const auto* answer = std::get_if<dht::Answer>(&*message);
    return answer != nullptr ? std::optional(*answer) : std::nullopt;
  }
  return std::nullopt;
}

// Nodes that heard of us have questions of their own; they are not answered.
std::optional<dht::Message> KrpcClient::receive(std::string_view transaction) {
  const auto transaction_of = [](const auto& message) { return as_text(message.transaction); };
  const Deadline deadline(kAnswerPatience);
  while (const auto text = socket_.receive(deadline.left())) {
    received_ = to_buffer(as_bytes(*text));
    auto message = dht::parse_message(received_);
    if (!message || std::holds_alternative<dht::Query>(*message)) continue;
    if (std::visit(transaction_of, *message) == transaction) return message;
  }
  return std::nullopt;
}

}  // namespace lanyard::lab
