// SPDX-License-Identifier: Apache-2.0
// Somebody who asks DHT nodes one question at a time, and is no node: for looking at what a node
// answers, byte for byte.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/dht/krpc.h"
#include "tests/lab/network_namespace.h"
#include "tests/lab/sockets.h"

namespace lanyard::lab {

class KrpcClient {
 public:
  // Asks from this address of the namespace's.
  KrpcClient(const NetworkNamespace& space, const std::string& address);

  // The answer; nothing when there is none in time, or an error. Its views live until the next
  // question.
  std::optional<dht::Answer> ping(const std::string& endpoint);
  std::optional<dht::Answer> find_node(const std::string& endpoint, const dht::NodeId& target);
  std::optional<dht::Answer> get_peers(const std::string& endpoint, const dht::InfoHash& hash);

 private:
  static dht::Query question(dht::Method method);
  std::optional<dht::Answer> ask(const std::string& endpoint, dht::Query query);
  // Of the answers and errors that come in time, that of the transaction.
  std::optional<dht::Message> receive(std::string_view transaction);

  Socket socket_;
  std::uint32_t asked_ = 0;
  Buffer received_;
};

}  // namespace lanyard::lab
