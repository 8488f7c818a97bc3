// SPDX-License-Identifier: Apache-2.0
// A real transmission-daemon, whose DHT shares nothing with libtorrent's or ours, finds a peer that
// our nodes announced, and is found by them.
#include <algorithm>
#include <filesystem>
#include <fstream>

#include <sys/socket.h>

#include <doctest/doctest.h>

#include "platform/socket_address.h"
#include "tests/lab/dht_ground.h"
#include "tests/lab/sockets.h"
#include "tests/lab/topology.h"

namespace lanyard::lab {
namespace {

// Transmission announces nothing while it knows eight nodes or fewer.
constexpr int kNodes = 20;
// It looks after its DHT in steps of some seconds, and tries a few nodes at a time.
constexpr Patience kTransmissionPatience{60'000};
constexpr Patience kHandshakePatience{10'000};

constexpr const char* kHash = "0123456789abcdef0123456789abcdef01234567";
// The handshake of BEP 3: protocol, eight bytes of options, info-hash, identifier of the peer.
constexpr std::string_view kProtocol =
    "\x13"
    "BitTorrent protocol";
constexpr std::size_t kHashAt = kProtocol.size() + 8;
constexpr std::size_t kHandshakeSize = kHashAt + 40;

class Transmission {
 public:
  // Listens at the address, and knows of the DHT no more than these nodes.
  Transmission(const NetworkNamespace& space,
               const std::string& address,
               const std::vector<std::string>& bootstrap_hosts)
      : surroundings_{.network = space.descriptor(), .environment = {{"LC_ALL", "C"}}} {
    std::ofstream bootstrap(directory_.path() + "/dht.bootstrap");
    for (const std::string& host : bootstrap_hosts) bootstrap << host << " 6881\n";
    bootstrap.close();
    // Encryption 0: the first bytes of a connection are the handshake as BEP 3 has it.
    std::ofstream(directory_.path() + "/settings.json")
        << R"({"bind-address-ipv4":")" << address << R"(","peer-port":6881,"dht-enabled":true,)"
        << R"("download-dir":")" << directory_.path() << R"(","encryption":0,)"
        << R"("lpd-enabled":false,"pex-enabled":false,"port-forwarding-enabled":false,)"
        << R"("rpc-bind-address":"127.0.0.1","utp-enabled":false})";
    process_ = Process(surroundings_,
                       {"transmission-daemon", "--foreground", "--config-dir", directory_.path()},
                       directory_.path() + "/log");
    REQUIRE(
        wait_until(kTransmissionPatience, [this] { return remote({"--list"}).exit_code == 0; }));
  }

  // As a user of its command line.
  Finished remote(const std::vector<std::string>& words) const {
    std::vector<std::string> command{"transmission-remote", "127.0.0.1"};
    command.insert(command.end(), words.begin(), words.end());
    return run(surroundings_, command);
  }

  std::string log() const {
    std::ifstream in(directory_.path() + "/log");
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }

 private:
  TemporaryDirectory directory_;
  Surroundings surroundings_;
  Process process_;
};

// A peer at the endpoint that our node announced: all that it does is to shake hands.
class Peer {
 public:
  Peer(const NetworkNamespace& space, const std::string& endpoint)
      : listener_(listen(space, endpoint)) {}

  // The connection on which whoever asks for the hash has shaken hands.
  std::optional<Socket> greet() const {
    if (!wait_for(listener_.descriptor(), Readiness::readable, Deadline(kTransmissionPatience))) {
      return std::nullopt;
    }
    Socket socket(accept4(listener_.descriptor(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    const Deadline deadline(kHandshakePatience);
    std::string greeting;
    while (greeting.size() < kHandshakeSize) {
      const auto piece = socket.receive(deadline.left());
      if (!piece || piece->empty()) return std::nullopt;
      greeting += *piece;
    }
    CHECK(greeting.starts_with(kProtocol));
    CHECK(to_hex(as_bytes(greeting.substr(kHashAt, 20))) == kHash);
    std::string reply = greeting.substr(0, kHashAt + 20) + "-XX0000-a-lab-s-peer";
    std::fill_n(reply.begin() + kProtocol.size(), 8, '\0');  // no options
    socket.send_some(reply, kHandshakePatience);
    return socket;
  }

 private:
  static Socket listen(const NetworkNamespace& space, const std::string& endpoint) {
    const auto address = platform::to_socket_address(*Endpoint::parse(endpoint));
    const Visit visit(space);
    Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    REQUIRE(bind(socket.descriptor(), &address.generic, size_of(address)) == 0);
    REQUIRE(::listen(socket.descriptor(), 1) == 0);
    return socket;
  }

  Socket listener_;
};

TEST_CASE("transmission finds what our node announced, and our node finds transmission") {
  const DhtGround ground(kNodes);
  Dialogue ours({.network = ground.space(Kind::ours).descriptor()}, {dht_node_program()});
  for (int node = 0; node < kNodes; ++node) {
    const std::size_t index = static_cast<std::size_t>(node);
    ours.told(index, "open " + DhtGround::endpoint(Kind::ours, node));
    if (node > 0) ours.told(index, "meet " + DhtGround::endpoint(Kind::ours, 0));
  }
  const Peer peer(ground.space(Kind::ours), DhtGround::endpoint(Kind::ours, 7));
  CHECK(ours.told(7, std::string("announce ") + kHash).at(0) == "8");

  // One would do; with more it is sooner satisfied with its DHT.
  std::vector<std::string> hosts;
  for (int node = 0; node < 12; ++node) hosts.push_back(DhtGround::address(Kind::ours, node));
  const Transmission transmission(ground.space(Kind::theirs), DhtGround::address(Kind::theirs, 0),
                                  hosts);
  const Stopwatch stopwatch;
  const std::string magnet = std::string("magnet:?xt=urn:btih:") + kHash;
  REQUIRE(transmission.remote({"--add", magnet}).exit_code == 0);

  const auto connection = peer.greet();
  REQUIRE_MESSAGE(connection, transmission.log());
  std::printf("transmission connects to our announced port after %.1f s\n", stopwatch.seconds());
  CHECK_MESSAGE(wait_until(kHandshakePatience,
                           [&] {
                             return transmission.remote({"-t1", "--info-peers"})
                                        .out.find(DhtGround::address(Kind::ours, 7)) !=
                                    std::string::npos;
                           }),
                transmission.remote({"-t1", "--info-peers"}).description);

  CHECK(wait_until(kTransmissionPatience, [&] {
    const Words found = ours.told(12, std::string("peers ") + kHash);
    return std::ranges::find(found, DhtGround::endpoint(Kind::theirs, 0)) != found.end();
  }));
  std::printf("our node finds transmission after %.1f s\n", stopwatch.seconds());
}

}  // namespace
}  // namespace lanyard::lab
