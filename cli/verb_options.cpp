// SPDX-License-Identifier: Apache-2.0
#include "cli/verb_options.h"

#include <memory>

#include "cli/duration.h"

namespace lanyard::cli {
namespace {

// The value of a Result, or the option refused with its error.
template <typename T>
T accept(const std::string& option, const Result<T>& parsed) {
  if (!parsed) refuse(option, parsed.error().message + " (" + parsed.error().hint + ")");
  return *parsed;
}

CLI::Option* add_duration(CLI::App& verb,
                          const std::string& option,
                          std::int64_t& target,
                          const std::string& help) {
  const auto set = [option, &target](const std::string& given) {
    target = accept(option, parse_duration(given));
  };
  return verb.add_option_function<std::string>(option, set, help)->type_name("DURATION");
}

void add_seconds(CLI::App& verb,
                 const std::string& option,
                 std::uint32_t& target,
                 const std::string& help) {
  const auto set = [option, &target](const std::string& given) {
    target = accept(option, parse_decimal_seconds(given));
  };
  verb.add_option_function<std::string>(option, set, help)->type_name("SECONDS");
}

// A verb whose command lives as long as the app, which calls `finish` and then keeps the command.
template <typename T>
std::shared_ptr<T> set_command(CLI::App& verb, Invocation& invocation) {
  const auto command = std::make_shared<T>();
  verb.callback([command, &invocation] { invocation.command = *command; });
  return command;
}

}  // namespace

void refuse(const std::string& option, const std::string& why) {
  throw CLI::ValidationError(option, why);
}

void add_socket_option(CLI::App& verb, Invocation& invocation) {
  verb.add_option("--socket", invocation.socket_path, "The daemon's control socket")
      ->type_name("PATH")
      ->envname("LANYARD_SOCKET");
}

void add_json_option(CLI::App& verb, Invocation& invocation) {
  verb.add_flag_callback(
      "--json", [&invocation] { invocation.output = Output::json; }, "Answer in JSON");
}

void add_common_options(CLI::App& verb, Invocation& invocation) {
  add_socket_option(verb, invocation);
  verb.add_option("--network", invocation.network, "Which network, where there are several")
      ->type_name("NAME");
  add_json_option(verb, invocation);
}

void add_network_argument(CLI::App& verb, Invocation& invocation) {
  verb.add_option("NETWORK", invocation.network, "The network; not needed where there is just one")
      ->type_name("");
}

void declare_network_verbs(CLI::App& app, Invocation& invocation) {
  CLI::App* up = app.add_subcommand("up", "Bring a network up, or make a new one");
  up->footer(
      "Examples:\n  lanyard up --new home\n  lanyard up --new lab --subnet 10.9.0.0/16\n"
      "  lanyard up home");
  const auto command = std::make_shared<UpCommand>();
  CLI::Option* make = up->add_option("--new", command->new_name, "Make a network of this name");
  make->type_name("NAME");
  up->add_option("--subnet", command->subnet, "IPv4 subnet of the new network")
      ->type_name("CIDR")
      ->needs(make);
  up->add_option("--address", command->address, "IPv4 address of this machine in it")
      ->type_name("IP")
      ->needs(make);
  up->add_option("--name", command->member_name, "Name of this machine in it (default: host name)")
      ->type_name("NAME")
      ->needs(make);
  up->add_option("--interface", command->interface, "Name of the network device")->type_name("DEV");
  up->add_option("--mtu", command->mtu, "MTU of the device (default: what fits the underlay)")
      ->type_name("BYTES");
  add_network_argument(*up, invocation);
  add_common_options(*up, invocation);
  up->callback([command, &invocation] {
    if (command->new_name && !invocation.network.empty()) {
      refuse("--new", "makes a network and cannot bring up \"" + invocation.network + "\" as well");
    }
    invocation.command = *command;
  });

  CLI::App* down = app.add_subcommand("down", "Take a network down; this machine stays a member");
  down->footer("Example:\n  lanyard down home");
  set_command<DownCommand>(*down, invocation);
  add_network_argument(*down, invocation);
  add_common_options(*down, invocation);

  CLI::App* leave = app.add_subcommand("leave", "Leave a network for good and forget its keys");
  leave->footer("Example:\n  lanyard leave home");
  set_command<LeaveCommand>(*leave, invocation);
  add_network_argument(*leave, invocation);
  add_common_options(*leave, invocation);
}

void declare_invite_verbs(CLI::App& app, Invocation& invocation) {
  CLI::App* invite = app.add_subcommand("invite", "Make a token that lets a machine join");
  invite->footer("Examples:\n  lanyard invite\n  lanyard invite | ssh box sudo lanyard join -");
  const auto to_invite = set_command<InviteCommand>(*invite, invocation);
  add_duration(*invite, "--expires", to_invite->expires_seconds, "How long it is good (24h)");
  invite->add_option("--uses", to_invite->uses, "How many machines it admits (1)")
      ->type_name("N")
      ->check(CLI::Range(1, 65535).description(""));
  invite->add_option("--name", to_invite->member_name, "Name that the machine will have")
      ->type_name("NAME");
  invite->add_option("--address", to_invite->address, "IPv4 address that the machine will have")
      ->type_name("IP");
  add_common_options(*invite, invocation);

  CLI::App* invites = app.add_subcommand("invites", "List the invites, or take one back");
  invites->footer("Examples:\n  lanyard invites\n  lanyard invites --revoke 3f9a");
  const auto to_list = set_command<InvitesCommand>(*invites, invocation);
  invites->add_option("--revoke", to_list->revoke, "Take back the invite whose id starts so")
      ->type_name("ID");
  add_common_options(*invites, invocation);

  // Longer than the daemon tries: it knows better than we do why nobody was found.
  constexpr std::int64_t kJoinPatienceSeconds = 150;
  CLI::App* join = app.add_subcommand("join", "Join a network by a token");
  join->footer(
      "Examples:\n  lanyard join LANYARD1...\n  lanyard join invite.txt\n"
      "  ssh nas sudo lanyard invite | sudo lanyard join -");
  const auto to_join = set_command<JoinCommand>(*join, invocation);
  to_join->patience_seconds = kJoinPatienceSeconds;
  join->add_option("TOKEN", to_join->words, "The token; or - for standard input; or a file")
      ->required()
      ->type_name("");
  join->add_option("--name", to_join->member_name, "Name of this machine (default: host name)")
      ->type_name("NAME");
  join->add_option("--interface", to_join->interface, "Name of the network device")
      ->type_name("DEV");
  add_duration(*join, "--timeout", to_join->patience_seconds, "When to give up (2m30s)");
  add_socket_option(*join, invocation);
  add_json_option(*join, invocation);
}

void declare_looking_verbs(CLI::App& app, Invocation& invocation) {
  CLI::App* status = app.add_subcommand("status", "Show the networks, their members and paths");
  status->footer("Examples:\n  lanyard status\n  lanyard status --json | jq .networks[0].members");
  set_command<StatusCommand>(*status, invocation);
  add_common_options(*status, invocation);

  CLI::App* peers = app.add_subcommand("peers", "Show how each other member is reached");
  peers->footer("Example:\n  lanyard peers");
  set_command<PeersCommand>(*peers, invocation);
  add_common_options(*peers, invocation);

  CLI::App* members = app.add_subcommand("members", "Show who belongs to the network");
  members->footer("Example:\n  lanyard members");
  set_command<MembersCommand>(*members, invocation);
  add_common_options(*members, invocation);

  CLI::App* ping = app.add_subcommand("ping", "Ping a member through the tunnel");
  ping->footer("Examples:\n  lanyard ping nas\n  lanyard ping 10.77.3.12 -c 1 -W 0.5");
  const auto to_ping = set_command<PingCommand>(*ping, invocation);
  ping->add_option("PEER", to_ping->peer, "Name, address or start of the id of a member")
      ->required()
      ->type_name("");
  ping->add_option("-c,--count", to_ping->count, "How many echoes to ask for (4)")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000'000).description(""));
  add_seconds(*ping, "-i,--interval", to_ping->interval_milliseconds, "Between two of them (1)");
  add_seconds(*ping, "-W,--timeout", to_ping->timeout_milliseconds, "To wait for each (2)");
  add_common_options(*ping, invocation);

  CLI::App* why = app.add_subcommand("why", "Say why a member is reached the way it is");
  why->footer("Examples:\n  lanyard why nas\n  lanyard why nas --json | jq -r .verdict.code");
  const auto to_why = set_command<WhyCommand>(*why, invocation);
  why->add_option("PEER", to_why->peer, "Name, address or start of the id of a member")
      ->required()
      ->type_name("");
  add_common_options(*why, invocation);

  CLI::App* doctor =
      app.add_subcommand("doctor", "Look for what is wrong or slow, and say what helps");
  doctor->footer("Examples:\n  lanyard doctor\n  lanyard doctor --json | jq -r .checks[].remedy");
  set_command<DoctorCommand>(*doctor, invocation);
  add_socket_option(*doctor, invocation);
  add_json_option(*doctor, invocation);

  CLI::App* netcheck =
      app.add_subcommand("netcheck", "Show how the DHT and the NAT let this machine be reached");
  netcheck->footer("Examples:\n  lanyard netcheck\n  lanyard netcheck --json | jq .dht.ipv4");
  set_command<NetcheckCommand>(*netcheck, invocation);
  add_socket_option(*netcheck, invocation);
  add_json_option(*netcheck, invocation);

  CLI::App* version = app.add_subcommand("version", "Show the version of program and daemon");
  version->footer("Example:\n  lanyard version");
  set_command<VersionCommand>(*version, invocation);
  add_socket_option(*version, invocation);
  add_json_option(*version, invocation);
}

}  // namespace lanyard::cli
