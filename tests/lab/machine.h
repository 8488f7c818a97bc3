// SPDX-License-Identifier: Apache-2.0
// A machine of the laboratory: a network namespace with one interface, a host name, and a Lanyard
// daemon that is a real process. What a person at its keyboard would do is a member function.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/control/messages.h"
#include "tests/lab/network_namespace.h"
#include "tests/lab/process.h"

namespace lanyard::lab {

class Machine {
 public:
  // The program is the lanyard to run; the directory is the machine's own and exists.
  Machine(std::string name, std::string program, std::string directory);
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  ~Machine();

  const std::string& name() const { return name_; }
  const NetworkNamespace& space() const { return space_; }
  Surroundings surroundings() const;
  std::string state_directory() const { return directory_ + "/state"; }
  std::string socket_path() const { return directory_ + "/control.sock"; }
  std::string log() const;

  void set_program(std::string program) { program_ = std::move(program); }
  // Given to every daemon that is started from now on.
  void set_daemon_options(std::vector<std::string> options) { options_ = std::move(options); }

  // Returns when the daemon answers; throws its log when it does not.
  void start_daemon(const std::vector<std::string>& more_options = {});
  // The daemon's command line, for those who want to see it fail.
  std::vector<std::string> daemon_command(const std::vector<std::string>& more_options = {}) const;
  // SIGTERM; the exit code, 124 if it had to be killed.
  int stop_daemon();
  void kill_daemon();  // SIGKILL: nothing is said or saved
  Process& daemon() { return daemon_; }
  // Whether something accepts connections on the control socket.
  bool answers() const;

  // `lanyard VERB...`.
  Finished lanyard(const std::vector<std::string>& verb,
                   std::string_view input = {},
                   Patience patience = Patience{30'000}) const;
  // Any program on this machine.
  Finished run(const std::vector<std::string>& arguments,
               Patience patience = Patience{20'000}) const;

  // `lanyard status --json`, understood; throws what it said when it fails.
  control::Status status() const;
  std::optional<control::NetworkStatus> network(std::string_view name) const;
  std::optional<control::MemberStatus> member(std::string_view network,
                                              std::string_view name) const;
  // The own address in the network, without prefix length; empty if there is none.
  std::string address_in(std::string_view network, Family family = Family::v4) const;

 private:
  const std::string name_;
  std::string program_;
  const std::string directory_;
  NetworkNamespace space_;
  std::vector<std::string> options_;
  Process daemon_;
};

}  // namespace lanyard::lab
