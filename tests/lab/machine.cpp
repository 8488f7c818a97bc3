// SPDX-License-Identifier: Apache-2.0
#include "tests/lab/machine.h"

#include <array>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/control/json.h"

namespace lanyard::lab {
namespace {

// A daemon with sanitizers, twenty of them starting at once on two cores.
constexpr Patience kStartPatience{30'000};
constexpr Patience kStopPatience{15'000};
constexpr int kHadToBeKilled = 124;

// `status --json` prints the result of the status request as it came.
Result<control::Status> parse_status(const std::string& json) {
  const std::array<control::OpenCall, 1> open{{{1, control::Method::status}}};
  const auto message =
      control::parse_server_message(R"({"jsonrpc":"2.0","id":1,"result":)" + json + "}", open);
  if (!message) return message.error();
  if (!*message) return make_error(Errc::invalid, "not an answer");
  const auto* reply = std::get_if<control::Reply>(&(*message)->content);
  if (reply == nullptr || !std::holds_alternative<control::Status>(*reply)) {
    return make_error(Errc::invalid, "not a status");
  }
  return std::get<control::Status>(*reply);
}

}  // namespace

Machine::Machine(std::string name, std::string program, std::string directory)
    : name_(std::move(name)), program_(std::move(program)), directory_(std::move(directory)) {}

Machine::~Machine() = default;

Surroundings Machine::surroundings() const {
  return {.network = space_.descriptor(),
          .host_name = name_,
          .environment = {{"LANYARD_SOCKET", socket_path()}, {"LC_ALL", "C"}}};
}

std::string Machine::log() const {
  std::ifstream in(directory_ + "/daemon.log");
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::vector<std::string> Machine::daemon_command(
    const std::vector<std::string>& more_options) const {
  std::vector<std::string> command{program_,   "daemon",      "--state-dir", state_directory(),
                                   "--socket", socket_path(), "--log-level", "debug"};
  command.insert(command.end(), options_.begin(), options_.end());
  command.insert(command.end(), more_options.begin(), more_options.end());
  return command;
}

void Machine::start_daemon(const std::vector<std::string>& more_options) {
  daemon_ = Process(surroundings(), daemon_command(more_options), directory_ + "/daemon.log");
  const bool up = wait_until(kStartPatience, [this] { return answers() || !daemon_.is_running(); });
  if (!up || !daemon_.is_running()) {
    throw std::runtime_error(name_ + ": the daemon did not start\n" + log());
  }
}

int Machine::stop_daemon() {
  daemon_.signal(SIGTERM);
  const auto exit_code = daemon_.wait(kStopPatience);
  daemon_ = Process();
  return exit_code.value_or(kHadToBeKilled);
}

void Machine::kill_daemon() {
  daemon_.signal(SIGKILL);
  daemon_.wait(kStopPatience);
  daemon_ = Process();
}

bool Machine::answers() const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = socket_path();
  if (path.size() >= sizeof(address.sun_path)) throw std::runtime_error("path too long: " + path);
  std::memcpy(address.sun_path, path.data(), path.size());
  const int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool accepted =
      ::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  close(client);
  return accepted;
}

Finished Machine::lanyard(const std::vector<std::string>& verb,
                          std::string_view input,
                          Patience patience) const {
  std::vector<std::string> arguments{program_};
  arguments.insert(arguments.end(), verb.begin(), verb.end());
  return lab::run(surroundings(), arguments, input, patience);
}

Finished Machine::run(const std::vector<std::string>& arguments, Patience patience) const {
  return lab::run(surroundings(), arguments, {}, patience);
}

control::Status Machine::status() const {
  const Finished finished = lanyard({"status", "--json"});
  if (finished.exit_code != 0) throw std::runtime_error(name_ + ": " + finished.description);
  auto status = parse_status(finished.out);
  if (!status) throw std::runtime_error(name_ + ": " + status.error().message + finished.out);
  return *std::move(status);
}

std::optional<control::NetworkStatus> Machine::network(std::string_view name) const {
  for (control::NetworkStatus& network : status().networks) {
    if (network.name == name) return std::move(network);
  }
  return std::nullopt;
}

std::optional<control::MemberStatus> Machine::member(std::string_view network_name,
                                                     std::string_view name) const {
  auto network = this->network(network_name);
  if (!network) return std::nullopt;
  for (control::MemberStatus& member : network->members) {
    if (member.name == name) return std::move(member);
  }
  return std::nullopt;
}

std::string Machine::address_in(std::string_view network_name, Family family) const {
  const auto network = this->network(network_name);
  if (!network) return {};
  for (const std::string& address : network->addresses) {
    const bool is_v4 = address.find(':') == std::string::npos;
    if (is_v4 == (family == Family::v4)) return address.substr(0, address.find('/'));
  }
  return {};
}

}  // namespace lanyard::lab
