// SPDX-License-Identifier: Apache-2.0
// The whole daemon on a thread, with a client, and what keeps it from starting.
#include "platform/daemon.h"

#include <chrono>
#include <filesystem>
#include <thread>

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "core/control/client.h"
#include "platform/control_connection.h"
#include "platform/udp_port.h"
#include "tests/unit/platform/network_namespace.h"
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

TEST_CASE("a daemon that cannot start says why and what to do") {
  in_network_namespace([] {
    const TemporaryDirectory directory;
    const TemporaryDirectory elsewhere;
    const DaemonOptions options = options_in(directory);
    RunningDaemon daemon(options);
    daemon.connect();

    const auto expect = [](const DaemonOptions& wrong, Errc code, std::string_view option) {
      const auto refused = run_daemon(wrong);
      REQUIRE_FALSE(refused);
      CAPTURE(refused.error().message);
      CHECK(refused.error().code == code);
      const std::string said = refused.error().message + refused.error().hint;
      CHECK(said.find(option) != std::string::npos);
    };
    DaemonOptions same_state = options;
    same_state.socket_path = elsewhere / "control.sock";
    expect(same_state, Errc::conflict, "--state-dir");

    DaemonOptions same_socket = options_in(elsewhere);
    same_socket.socket_path = options.socket_path;
    expect(same_socket, Errc::conflict, "--socket");

    const auto taken = UdpPort::open(0);
    REQUIRE(taken);
    DaemonOptions same_port = options_in(elsewhere);
    same_port.port = taken->port();
    expect(same_port, Errc::conflict, "--port");

    DaemonOptions no_address = options_in(elsewhere);
    no_address.bootstrap = {"node.example"};
    expect(no_address, Errc::invalid, "HOST");
    CHECK(daemon.stop());
  });
}

}  // namespace
}  // namespace lanyard::platform
