// SPDX-License-Identifier: Apache-2.0
// Nodes of libtorrent's DHT, told what to do line by line (line_service.h) as dht_node.cpp's are:
//
//   open ENDPOINT...            the next node, a session that listens there
//   meet ENDPOINT...            told of nodes to begin with
//   set NAME 0|1                a boolean setting of the session
//   ids                         its identifiers, one per listening address
//   nodes ID                    the endpoints in the routing table of the one with that identifier
//   announce HASH               with implied_port; answers at once
//   peers HASH                  the endpoints of an answer that had any
//   put VALUE                   an immutable string: target, how many took it
//   get TARGET                  its value
//   sign SEED SALT SEQ VALUE    a mutable string: public key, how many took it
//   read KEY SALT               sequence number, value
//
// What is not found is not told apart from what is not there yet: the answer is "-", in time.
#include <chrono>
#include <list>
#include <memory>
#include <sstream>

#include <poll.h>
#include <unistd.h>

#include <libtorrent/alert_types.hpp>
#include <libtorrent/bencode.hpp>
#include <libtorrent/kademlia/announce_flags.hpp>
#include <libtorrent/kademlia/ed25519.hpp>
#include <libtorrent/kademlia/item.hpp>
#include <libtorrent/session.hpp>
#include <libtorrent/session_params.hpp>

#include "core/base/endpoint.h"
#include "tests/lab/line_service.h"

namespace lanyard::lab {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kPatience = std::chrono::seconds(8);
constexpr int kAlertLookMilliseconds = 20;

template <std::size_t N>
std::string hexadecimal_of(const std::array<char, N>& bytes) {
  return to_hex(as_bytes(std::string_view(bytes.data(), N)));
}

std::string hexadecimal_of(const lt::sha1_hash& hash) {
  return to_hex(as_bytes(std::string_view(hash.data(), lt::sha1_hash::size())));
}

template <typename Endpoint>
std::string text_of_endpoint(const Endpoint& endpoint) {
  std::ostringstream text;
  text << endpoint;
  return text.str();
}

std::optional<lt::sha1_hash> hash_of(const Request& request) {
  const Buffer bytes = request.bytes(0);
  if (bytes.size() != lt::sha1_hash::size()) return std::nullopt;
  return lt::sha1_hash(reinterpret_cast<const char*>(bytes.data()));
}

std::string string_of(const lt::entry& entry) {
  if (entry.type() != lt::entry::string_t) return "-";
  return hexadecimal(as_bytes(entry.string()));
}

lt::settings_pack settings(const Request& request) {
  std::string interfaces;
  for (const std::string& word : request.words)
    interfaces += (interfaces.empty() ? "" : ",") + word;
  lt::settings_pack pack;
  pack.set_str(lt::settings_pack::listen_interfaces, interfaces);
  pack.set_str(lt::settings_pack::dht_bootstrap_nodes, "");
  pack.set_bool(lt::settings_pack::enable_dht, true);
  for (const auto off : {lt::settings_pack::enable_lsd, lt::settings_pack::enable_upnp,
                         lt::settings_pack::enable_natpmp, lt::settings_pack::enable_incoming_tcp,
                         lt::settings_pack::enable_outgoing_tcp}) {
    pack.set_bool(off, false);
  }
  pack.set_int(lt::settings_pack::alert_queue_size, 100'000);
  pack.set_int(lt::settings_pack::alert_mask,
               static_cast<int>(static_cast<std::uint32_t>(
                   lt::alert_category::dht | lt::alert_category::dht_operation |
                   lt::alert_category::status | lt::alert_category::error)));
  return pack;
}

class Node {
 public:
  explicit Node(const Request& request) : session_(settings(request)) {}

  void handle(const Request& request) {
    if (request.verb == "meet") {
      meet(request);
    } else if (request.verb == "set") {
      set(request);
    } else if (request.verb == "ids") {
      tell_ids(request);
    } else if (request.verb == "sign") {
      sign(request);
    } else if (request.verb == "read") {
      read(request);
    } else if (request.verb == "put") {
      const Buffer value = request.bytes(0);
      remember(request, hexadecimal_of(session_.dht_put_item(std::string(as_text(value)))));
    } else {
      ask_of_hash(request);
    }
  }

  void look_at_alerts() {
    std::vector<lt::alert*> alerts;
    session_.pop_alerts(&alerts);
    for (const lt::alert* alert : alerts) take(*alert);
    while (!pending_.empty() && Clock::now() > pending_.front().until) {
      answer(pending_.front().request.tag, {"-"});
      pending_.pop_front();
    }
  }

 private:
  struct Pending {
    Request request;
    std::string key;  // what its answer is told by
    Clock::time_point until = Clock::now() + kPatience;
  };

  void remember(const Request& request, const std::string& key) {
    pending_.push_back({request, key});
  }

  void ask_of_hash(const Request& request) {
    const auto hash = hash_of(request);
    if (!hash) return refuse(request.tag, "no such verb, or no hash");
    if (request.verb == "announce") {
      session_.dht_announce(*hash, 0, lt::dht::announce::implied_port);
      return answer(request.tag, {});
    }
    remember(request, hexadecimal_of(*hash));
    if (request.verb == "nodes") session_.dht_live_nodes(*hash);
    if (request.verb == "peers") session_.dht_get_peers(*hash);
    if (request.verb == "get") session_.dht_get_item(*hash);
  }

  void meet(const Request& request) {
    for (const std::string& word : request.words) {
      const auto endpoint = Endpoint::parse(word);
      if (!endpoint) return refuse(request.tag, "no endpoint");
      session_.add_dht_node({endpoint->address.to_string(), endpoint->port});
    }
    answer(request.tag, {});
  }

  void set(const Request& request) {
    lt::settings_pack pack;
    const int name = lt::setting_by_name(request.word(0));
    if (name < 0) return refuse(request.tag, "no such setting");
    pack.set_bool(name, request.word(1) == "1");
    session_.apply_settings(std::move(pack));
    answer(request.tag, {});
  }

  void tell_ids(const Request& request) {
    const lt::session_params state = session_.session_state(lt::session_handle::save_dht_state);
    std::vector<std::string> ids;
    for (const auto& [address, id] : state.dht_state.nids) ids.push_back(hexadecimal_of(id));
    answer(request.tag, ids);
  }

  void sign(const Request& request) {
    const Buffer bytes = request.bytes(0);
    std::array<char, 32> seed{};
    if (bytes.size() != seed.size()) return refuse(request.tag, "no seed");
    std::copy(bytes.begin(), bytes.end(), seed.begin());
    const auto [public_key, secret_key] = lt::dht::ed25519_create_keypair(seed);
    const std::string value(as_text(request.bytes(3)));
    const std::int64_t sequence = std::stoll(request.word(2));
    const auto write = [public_key = public_key, secret_key = secret_key, value, sequence](
                           lt::entry& entry, std::array<char, 64>& signature,
                           std::int64_t& sequence_number, const std::string& salt) {
      entry = value;
      sequence_number = sequence;
      std::vector<char> encoded;
      lt::bencode(std::back_inserter(encoded), entry);
      signature = lt::dht::sign_mutable_item(encoded, salt, lt::dht::sequence_number(sequence),
                                             public_key, secret_key)
                      .bytes;
    };
    const std::string salt(as_text(request.bytes(1)));
    remember(request, hexadecimal_of(public_key.bytes) + salt);
    session_.dht_put_item(public_key.bytes, write, salt);
  }

  void read(const Request& request) {
    const Buffer bytes = request.bytes(0);
    std::array<char, 32> key{};
    if (bytes.size() != key.size()) return refuse(request.tag, "no key");
    std::copy(bytes.begin(), bytes.end(), key.begin());
    const std::string salt(as_text(request.bytes(1)));
    remember(request, hexadecimal_of(key) + salt);
    session_.dht_get_item(key, salt);
  }

  void take(const lt::alert& alert) {
    if (const auto* nodes = lt::alert_cast<lt::dht_live_nodes_alert>(&alert)) {
      std::vector<std::string> words;
      for (const auto& [id, endpoint] : nodes->nodes()) words.push_back(text_of_endpoint(endpoint));
      finish("nodes", hexadecimal_of(nodes->node_id), words);
    } else if (const auto* peers = lt::alert_cast<lt::dht_get_peers_reply_alert>(&alert)) {
      std::vector<std::string> words;
      for (const auto& endpoint : peers->peers()) words.push_back(text_of_endpoint(endpoint));
      if (!words.empty()) finish("peers", hexadecimal_of(peers->info_hash), words);
    } else if (const auto* stored = lt::alert_cast<lt::dht_put_alert>(&alert)) {
      const std::string count = std::to_string(stored->num_success);
      const std::string key = hexadecimal_of(stored->public_key);
      finish("put", hexadecimal_of(stored->target), {hexadecimal_of(stored->target), count});
      finish("sign", key + stored->salt, {key, count});
    } else if (const auto* item = lt::alert_cast<lt::dht_immutable_item_alert>(&alert)) {
      finish("get", hexadecimal_of(item->target), {string_of(item->item)});
    } else if (const auto* record = lt::alert_cast<lt::dht_mutable_item_alert>(&alert)) {
      if (!record->authoritative) return;
      finish("read", hexadecimal_of(record->key) + record->salt,
             {std::to_string(record->seq), string_of(record->item)});
    }
  }

  void finish(std::string_view verb,
              const std::string& key,
              const std::vector<std::string>& words) {
    std::erase_if(pending_, [&](const Pending& pending) {
      if (pending.request.verb != verb || pending.key != key) return false;
      answer(pending.request.tag, words);
      return true;
    });
  }

  lt::session session_;
  std::list<Pending> pending_;  // the oldest first
};

int run() {
  RequestReader reader;
  std::vector<std::unique_ptr<Node>> nodes;
  while (true) {
    pollfd waiting{STDIN_FILENO, POLLIN, 0};
    poll(&waiting, 1, kAlertLookMilliseconds);
    for (const auto& node : nodes) node->look_at_alerts();
    if (waiting.revents == 0) continue;
    const auto requests = reader.read();
    if (!requests) return 0;
    for (const Request& request : *requests) {
      if (request.verb == "open") {
        nodes.push_back(std::make_unique<Node>(request));
        answer(request.tag, {std::to_string(nodes.size() - 1)});
      } else if (request.node >= nodes.size()) {
        refuse(request.tag, "no such node");
      } else {
        nodes[request.node]->handle(request);
      }
    }
  }
}

}  // namespace
}  // namespace lanyard::lab

int main() { return lanyard::lab::run(); }
