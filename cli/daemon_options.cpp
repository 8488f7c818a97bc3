// SPDX-License-Identifier: Apache-2.0
// The options of `lanyard daemon`.
#include <algorithm>
#include <charconv>

#include "cli/verb_options.h"
#include "core/crypto/aead_backends.h"
#include "core/dht/limit_names.h"

namespace lanyard::cli {
namespace {

using platform::DaemonOptions;
using platform::Offload;
using platform::Offloads;

enum class Switch : std::uint8_t { off, on };

// "host:port" or "[v6]:port"; whether the host exists is found when it is looked up.
bool is_host_and_port(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return false;
  const bool bracketed = text.front() == '[' && text[colon - 1] == ']';
  if (!bracketed && text.find(':') != colon) return false;
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [after, error] = std::from_chars(text.data() + colon + 1, end, port);
  return error == std::errc() && after == end && port != 0;
}

// "stored-hashes=500"
void set_dht_limit(dht::Limits& limits, const std::string& given) {
  const std::size_t sign = given.find('=');
  std::uint32_t value = 0;
  const char* const end = given.data() + given.size();
  const auto [after, error] =
      std::from_chars(given.data() + std::min(sign + 1, given.size()), end, value);
  if (sign == std::string::npos || error != std::errc() || after != end) {
    refuse("--dht-limit", "\"" + given + "\" is no NAME=N");
  }
  const auto set = dht::set_limit(limits, given.substr(0, sign), value);
  if (set) return;
  const std::string& hint = set.error().hint;
  refuse("--dht-limit", set.error().message + (hint.empty() ? "" : " (" + hint + ")"));
}

void add_dht_limits(CLI::App& verb, DaemonOptions& options) {
  const auto set_limits = [&options](const std::vector<std::string>& given) {
    for (const std::string& each : given) set_dht_limit(options.dht_limits, each);
  };
  verb.add_option_function<std::vector<std::string>>(
          "--dht-limit", set_limits, "A limit that the DHT keeps, as in lanyard(1); repeatable")
      ->type_name("NAME=N,...")
      ->delimiter(',')
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void add_discovery_options(CLI::App& verb, DaemonOptions& options) {
  add_choice<node::DhtMode>(verb, "--dht", options.dht_mode,
                            {{"public", node::DhtMode::public_},
                             {"private", node::DhtMode::private_},
                             {"off", node::DhtMode::off}},
                            "Find members through this DHT (public)");
  const auto check_bootstrap = [](const std::string& given) {
    return is_host_and_port(given) ? std::string() : "\"" + given + "\" is no HOST:PORT";
  };
  verb.add_option("--bootstrap", options.bootstrap, "A node of the DHT to start from; repeatable")
      ->type_name("HOST:PORT")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->check(check_bootstrap);
  add_choice<node::Lan>(verb, "--lan", options.lan,
                        {{"on", node::Lan::on}, {"off", node::Lan::off}},
                        "Find members on the local network by multicast (on)");
  add_choice<node::PortMappings>(verb, "--port-mapping", options.port_mappings,
                                 {{"on", node::PortMappings::on}, {"off", node::PortMappings::off}},
                                 "Ask the router by PCP or NAT-PMP to let strangers in (off)");
  add_choice<node::Relay>(verb, "--relay", options.relay,
                          {{"on", node::Relay::on}, {"off", node::Relay::off}},
                          "Relay for members without a direct path to each other (on)");
  const auto set_quota = [&options](std::uint32_t megabits) {
    options.relay_quota = std::int64_t{megabits} * 125'000;
  };
  verb.add_option_function<std::uint32_t>("--relay-quota", set_quota,
                                          "Mbit/s that each member may have relayed here (2000)")
      ->type_name("MBIT")
      ->check(CLI::Range(1U, 1'000'000U));
}

void switch_off(Offloads& offloads, const std::string& word) {
  if (word == "all") {
    offloads = Offloads::none();
    return;
  }
  const auto offload = platform::parse_offload(word);
  if (!offload) {
    std::string names;
    for (const Offload known : platform::kOffloads) {
      names += std::string(platform::to_string(known)) + "|";
    }
    refuse("--disable-offload", "must be of " + names + "all, not \"" + word + "\"");
  }
  offloads = offloads.without(*offload);
}

// How packets are carried.
void add_data_path_options(CLI::App& verb, DaemonOptions& options) {
  constexpr std::uint32_t kMost = platform::kMaxWorkers;
  const auto set_workers = [&options](const std::uint32_t& given) {
    if (given > kMost) {
      refuse("--workers",
             "must be from 1 to " + std::to_string(kMost) + ", or 0 for one for each processor");
    }
    options.workers = given;
  };
  verb.add_option_function<std::uint32_t>("--workers", set_workers,
                                          "Data threads, up to 4 (one for each processor)")
      ->type_name("N");

  const auto set_backend = [&options](const std::string& given) {
    options.aead_backend = crypto::parse_aead_backend(given);
    if (!options.aead_backend && given != "auto") {
      refuse("--aead-backend", "must be one of auto|libsodium|ipsec-mb, not \"" + given + "\"");
    }
  };
  verb.add_option_function<std::string>("--aead-backend", set_backend,
                                        "The library that encrypts (auto: the fastest here)")
      ->type_name("auto|libsodium|ipsec-mb");

  const auto set_offloads = [&options](const std::vector<std::string>& given) {
    for (const std::string& word : given) switch_off(options.offloads, word);
  };
  verb.add_option_function<std::vector<std::string>>(
          "--disable-offload", set_offloads,
          "Do without vnet, checksum, tso, uso, udp-gso, udp-gro or all; repeatable")
      ->type_name("NAME,...")
      ->delimiter(',')
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

}  // namespace

void declare_daemon(CLI::App& app, Invocation& invocation) {
  CLI::App* verb = app.add_subcommand("daemon", "Run the service, in the foreground");
  verb->footer(
      "Examples:\n  sudo lanyard daemon\n"
      "  sudo lanyard daemon --dht private --bootstrap 192.0.2.7:6881 --port 41000");
  const auto command = std::make_shared<DaemonCommand>();
  DaemonOptions& options = command->options;
  verb->add_option("--state-dir", options.state_directory, "Where keys and networks are kept")
      ->type_name("DIR");
  add_socket_option(*verb, invocation);
  verb->add_option("--port", options.port, "UDP port (a random one, then remembered)")
      ->type_name("N")
      ->check(CLI::Range(1, 65535).description(""));
  add_discovery_options(*verb, options);
  add_dht_limits(*verb, options);
  add_data_path_options(*verb, options);
  add_choice<LogLevel>(*verb, "--log-level", options.log_level,
                       {{"debug", LogLevel::debug},
                        {"info", LogLevel::info},
                        {"warning", LogLevel::warning},
                        {"error", LogLevel::error}},
                       "What to log (info)");
  const auto set_rekey = [&options](const std::uint32_t& given) {
    if (given < 1 || given > 120) refuse("--rekey-interval", "must be from 1 to 120 seconds");
    options.rekey_after = seconds(given);
  };
  verb->add_option_function<std::uint32_t>("--rekey-interval", set_rekey,
                                           "New session keys after so much use; for tests (120)")
      ->type_name("SECONDS");
  verb->callback([command, &invocation] {
    command->options.socket_path = invocation.socket_path;
    command->options.version = LANYARD_VERSION;
    invocation.command = *command;
  });
}

}  // namespace lanyard::cli
