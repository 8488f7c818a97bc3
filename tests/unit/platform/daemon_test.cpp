// SPDX-License-Identifier: Apache-2.0
// The whole daemon on a thread, with a client, and what keeps it from starting.
#include "platform/daemon.h"

#include <chrono>
#include <filesystem>
#include <thread>

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "core/control/client.h"
#include "platform/control_connection.h"
#include "platform/state_directory.h"
#include "platform/udp_port.h"
#include "tests/unit/platform/network_namespace.h"
#include "tests/unit/platform/recording_log.h"
#include "tests/unit/platform/temporary_directory.h"

namespace lanyard::platform {
namespace {

DaemonOptions options_in(const TemporaryDirectory& directory) {
  DaemonOptions options;
  options.state_directory = directory / "state";
  options.socket_path = directory / "control.sock";
  options.dht_mode = node::DhtMode::off;
  options.log_level = LogLevel::error;
  options.version = "1.2.3";
  return options;
}

// A daemon on a thread; the signal that ends it goes to the whole process.
class RunningDaemon {
 public:
  explicit RunningDaemon(const DaemonOptions& options)
      : options_(options), thread_([this] { result_ = run_daemon(options_); }) {}
  ~RunningDaemon() { CHECK(stop()); }

  Result<void> stop() {
    if (thread_.joinable()) {
      kill(getpid(), SIGTERM);
      thread_.join();
    }
    return result_;
  }
  // Connects as soon as it listens.
  ControlConnection connect() const {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (true) {
      auto connection = ControlConnection::open(options_.socket_path);
      if (connection) return std::move(*connection);
      REQUIRE(std::chrono::steady_clock::now() < give_up);
      poll(nullptr, 0, 1);
    }
  }

 private:
  DaemonOptions options_;
  Result<void> result_;
  std::thread thread_;
};

template <typename Expected>
Expected ask(ControlConnection& connection, const control::Request& request) {
  control::Client client;
  client.call(request);
  REQUIRE(connection.write(client.take_outgoing(), seconds(5)));
  while (true) {
    const auto bytes = connection.read(seconds(5));
    REQUIRE(bytes);
    REQUIRE(client.receive(*bytes));
    while (const auto message = client.next()) {
      if (const auto* error = std::get_if<Error>(&message->content)) FAIL(error->message);
      if (const auto* reply = std::get_if<control::Reply>(&message->content)) {
        REQUIRE(std::holds_alternative<Expected>(*reply));
        return std::get<Expected>(*reply);
      }
    }
  }
}

TEST_CASE("a daemon answers, makes a network, and has it again after a restart") {
  in_network_namespace([] {
    const TemporaryDirectory directory;
    const DaemonOptions options = options_in(directory);
    std::uint16_t port = 0;
    std::vector<std::string> addresses;
    {
      RunningDaemon daemon(options);
      auto connection = daemon.connect();
      CHECK(ask<control::Version>(connection, control::GetVersion{}).version == "1.2.3");
      control::CreateNetwork create;
      create.name = "lab";
      CHECK(ask<control::NetworkReply>(connection, create).interface == "lanyard0");
      const auto status = ask<control::Status>(connection, control::GetStatus{});
      REQUIRE(status.networks.size() == 1);
      CHECK(status.networks[0].state == control::NetworkState::up);
      port = status.port;
      addresses = status.networks[0].addresses;
      CHECK(addresses.size() == 2);
      CHECK(daemon.stop());
      CHECK_FALSE(std::filesystem::exists(options.socket_path));
    }
    RunningDaemon again(options);
    auto connection = again.connect();
    const auto status = ask<control::Status>(connection, control::GetStatus{});
    REQUIRE(status.networks.size() == 1);
    CHECK(status.networks[0].name == "lab");
    CHECK(status.networks[0].addresses == addresses);
    CHECK(status.port == port);
    CHECK(again.stop());
  });
}

TEST_CASE("datagrams of the control plane that cannot be sent are counted by their reason") {
  in_network_namespace([] {
    const TemporaryDirectory directory;
    DaemonOptions options = options_in(directory);
    options.dht_mode = node::DhtMode::private_;
    options.bootstrap = {"203.0.113.1:6881"};  // no way leads there
    RunningDaemon daemon(options);
    auto connection = daemon.connect();
    // Asked for before the first request is answered.
    const auto status = ask<control::Status>(connection, control::GetStatus{});
    REQUIRE(status.dropped.size() == 1);
    CHECK(status.dropped[0].first == "udp_unreachable");
    CHECK(status.dropped[0].second >= 1);
    CHECK(daemon.stop());
  });
}

// Only errors come back: a daemon that does start would never end.
void expect_refusal(const DaemonOptions& options, Errc code, std::string_view remedy) {
  const auto refused = run_daemon(options);
  REQUIRE_FALSE(refused);
  CAPTURE(refused.error().message);
  CHECK(refused.error().code == code);
  CHECK(refused.error().hint.find(remedy) != std::string::npos);
}

TEST_CASE("a daemon whose state, socket or port is taken says so and what to do") {
  const TemporaryDirectory directory;
  const DaemonOptions options = options_in(directory);
  {
    RecordingLog log;
    const auto other = StateDirectory::open(options.state_directory, log);
    REQUIRE(other);
    expect_refusal(options, Errc::conflict, "--state-dir");
  }
  {
    const FileDescriptor other(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    options.socket_path.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(bind(other.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(listen(other.get(), 1) == 0);
    expect_refusal(options, Errc::conflict, "--socket");
  }
  {
    const auto other = UdpPort::open(0);
    REQUIRE(other);
    DaemonOptions same_port = options;
    same_port.port = other->port();
    expect_refusal(same_port, Errc::conflict, "--port");
    CHECK_FALSE(std::filesystem::exists(options.socket_path));
  }
  DaemonOptions no_port = options;
  no_port.bootstrap = {"node.example"};
  expect_refusal(no_port, Errc::invalid, "node.example:6881");
}

}  // namespace
}  // namespace lanyard::platform
