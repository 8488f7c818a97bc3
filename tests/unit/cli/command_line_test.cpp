// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.h"

#include <sstream>

#include <doctest/doctest.h>

#include "core/crypto/aead_backends.h"

namespace lanyard::cli {
namespace {

using Words = std::vector<std::string>;

Words split(const std::string& text) {
  std::istringstream in(text);
  Words words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

Invocation accept(const std::string& text) {
  auto parsed = parse_command_line(split(text));
  if (const auto* failure = std::get_if<Failure>(&parsed)) FAIL(failure->error.message);
  return std::get<Invocation>(std::move(parsed));
}

template <typename T>
T command(const std::string& text) {
  return std::get<T>(accept(text).command);
}

Error refusal(const std::string& text) {
  CAPTURE(text);
  const auto parsed = parse_command_line(split(text));
  const auto* failure = std::get_if<Failure>(&parsed);
  REQUIRE(failure);
  CHECK(failure->exit == ExitCode::usage);
  CHECK(!failure->error.hint.empty());
  return failure->error;
}

TEST_CASE("what every verb takes") {
  const Invocation bare = accept("status");
  CHECK(bare.socket_path == "/run/lanyard/control.sock");
  CHECK(bare.network.empty());
  CHECK(bare.output == Output::text);
  const Invocation full = accept("status --json --socket /tmp/s --network lab");
  CHECK(full.socket_path == "/tmp/s");
  CHECK(full.network == "lab");
  CHECK(full.output == Output::json);
  const Invocation before = accept("--json --socket /tmp/s status");
  CHECK(before.socket_path == "/tmp/s");
  CHECK(before.output == Output::json);
  for (const char* verb : {"down", "leave", "invite", "invites", "peers", "members", "ping bob"}) {
    CHECK(accept(std::string(verb) + " --json --socket /tmp/s --network lab").network == "lab");
  }
  for (const char* verb : {"join LANYARD1Q", "version", "doctor", "netcheck"}) {
    CHECK(accept(std::string(verb) + " --json --socket /tmp/s").socket_path == "/tmp/s");
  }
}

TEST_CASE("up") {
  const auto plain = command<UpCommand>("up");
  CHECK(!plain.new_name);
  CHECK(accept("up lab").network == "lab");
  CHECK(command<UpCommand>("up lab --mtu 1300").mtu == 1300u);
  const auto made = command<UpCommand>(
      "up --new lab --subnet 10.9.0.0/16 --address 10.9.0.1 --interface lan0 --mtu 1400 --name al");
  CHECK(made.new_name == "lab");
  CHECK(made.subnet == "10.9.0.0/16");
  CHECK(made.address == "10.9.0.1");
  CHECK(made.interface == "lan0");
  CHECK(made.mtu == 1400u);
  CHECK(made.member_name == "al");
  refusal("up --subnet 10.0.0.0/8");
  refusal("up --new a b");
  refusal("up --mtu abc");
  refusal("up --mtu -1");
  refusal("up --mtu 99999999999");
}

TEST_CASE("invite and invites") {
  const auto plain = command<InviteCommand>("invite");
  CHECK(plain.expires_seconds == 86'400);
  CHECK(plain.uses == 1);
  const auto full =
      command<InviteCommand>("invite --expires 7d --uses 20 --name bob --address 10.9.0.2");
  CHECK(full.expires_seconds == 7 * 86'400);
  CHECK(full.uses == 20);
  CHECK(full.member_name == "bob");
  CHECK(full.address == "10.9.0.2");
  CHECK(refusal("invite --expires 24").message.find("unit is missing") != std::string::npos);
  refusal("invite --uses 0");
  refusal("invite --uses 65536");
  CHECK(command<InvitesCommand>("invites --revoke 3f").revoke == "3f");
}

TEST_CASE("join") {
  const auto pieces = command<JoinCommand>("join LANYARD1QQ PPZZ --name bob --interface lan0");
  CHECK(pieces.words == Words{"LANYARD1QQ", "PPZZ"});
  CHECK(pieces.member_name == "bob");
  CHECK(pieces.patience_seconds == 150);
  CHECK(command<JoinCommand>("join -").words == Words{"-"});
  CHECK(command<JoinCommand>("join - --timeout 5s").patience_seconds == 5);
  refusal("join");
}

TEST_CASE("ping") {
  const auto full = command<PingCommand>("ping bob -c 3 -i 0.2 -W 0.5");
  CHECK(full.peer == "bob");
  CHECK(full.count == 3);
  CHECK(full.interval_milliseconds == 200);
  CHECK(full.timeout_milliseconds == 500);
  CHECK(command<PingCommand>("ping -c 1 bob").peer == "bob");
  CHECK(command<WhyCommand>("why bob").peer == "bob");
  refusal("why");
  refusal("ping");
  refusal("ping bob -c 0");
  refusal("ping bob -i fast");
}

TEST_CASE("daemon") {
  const auto plain = command<DaemonCommand>("daemon").options;
  CHECK(plain.state_directory == "/var/lib/lanyard");
  CHECK(plain.dht_mode == node::DhtMode::public_);
  CHECK(!plain.version.empty());
  const auto full = command<DaemonCommand>(
                        "daemon --state-dir /tmp/d --socket /tmp/s --port 41000 --dht private "
                        "--bootstrap 20.0.0.1:6881 --bootstrap [2001:db8::1]:6881 --bootstrap h:1 "
                        "--lan off --log-level debug --rekey-interval 3 --port-mapping off "
                        "--workers 1 --relay off --relay-quota 8")
                        .options;
  CHECK(full.state_directory == "/tmp/d");
  CHECK(full.socket_path == "/tmp/s");
  CHECK(full.port == 41000);
  CHECK(full.dht_mode == node::DhtMode::private_);
  CHECK(full.bootstrap == Words{"20.0.0.1:6881", "[2001:db8::1]:6881", "h:1"});
  CHECK(full.lan == node::Lan::off);
  CHECK(plain.relay == node::Relay::on);
  CHECK(plain.relay_quota == node::RelayDesk::kDefaultQuota);
  CHECK(full.relay == node::Relay::off);
  CHECK(full.relay_quota == 1'000'000);
  CHECK(full.log_level == LogLevel::debug);
  CHECK(full.rekey_after == seconds(3));
  CHECK(refusal("daemon --dht maybe").message.find("public|private|off") != std::string::npos);
  CHECK(command<DaemonCommand>("daemon --port-mapping on").options.port_mappings ==
        node::PortMappings::on);
  CHECK(full.port_mappings == node::PortMappings::off);
  CHECK(refusal("daemon --relay maybe").message.find("on|off") != std::string::npos);
  refusal("daemon --relay-quota 0");
  const dht::Limits limits = command<DaemonCommand>(
                                 "daemon --dht-limit stored-hashes=5,queries-per-second=10 "
                                 "--dht-limit peers-per-hash=7")
                                 .options.dht_limits;
  CHECK(limits.stored_hashes == 5);
  CHECK(limits.query_interval == milliseconds(100));
  CHECK(limits.peers_per_hash == 7);
  CHECK(plain.dht_limits.stored_hashes == dht::Limits().stored_hashes);
  for (const char* bad :
       {"stored-hashes", "stored-hashes=", "=5", "stored-hashes=0", "stored-hashes=-1",
        "stored-hashes=5x", "hashes=5", "stored-hashes=99999999"}) {
    refusal("daemon --dht-limit " + std::string(bad));
  }
  CHECK(refusal("daemon --dht-limit x=1").message.find("there are: queries-per-second") !=
        std::string::npos);
  // The first node of a private DHT knows no other; later ones may be told by a token.
  CHECK(command<DaemonCommand>("daemon --dht private").options.dht_mode == node::DhtMode::private_);
  refusal("daemon --port 0");
  refusal("daemon --port 65536");
  refusal("daemon --rekey-interval 0");
  for (const char* bad :
       {"host", "host:", ":1", "host:0", "host:65536", "host:1x", "2001:db8::1"}) {
    refusal(std::string("daemon --bootstrap ") + bad);
  }
}

platform::DaemonOptions daemon_options(const std::string& options) {
  return command<DaemonCommand>("daemon " + options).options;
}

TEST_CASE("daemon: workers and the back end") {
  CHECK(daemon_options("").workers == 0);
  CHECK(daemon_options("--workers 0").workers == 0);
  CHECK(daemon_options("--workers 1").workers == 1);
  CHECK(daemon_options("--workers 4").workers == 4);
  CHECK(refusal("daemon --workers 5").message.find("from 1 to 4") != std::string::npos);
  refusal("daemon --workers -1");
  refusal("daemon --workers many");
  CHECK(!daemon_options("").aead_backend);
  CHECK(!daemon_options("--aead-backend auto").aead_backend);
  CHECK(daemon_options("--aead-backend libsodium").aead_backend == crypto::AeadBackend::libsodium);
  CHECK(daemon_options("--aead-backend ipsec-mb").aead_backend == crypto::AeadBackend::ipsec_mb);
  CHECK(refusal("daemon --aead-backend openssl").message.find("auto|libsodium|ipsec-mb") !=
        std::string::npos);
  refusal("daemon --aead-backend");
}

TEST_CASE("daemon: offloads") {
  using platform::Offload;
  using platform::Offloads;
  CHECK(daemon_options("").offloads == Offloads());
  const Offloads without_tso = Offloads().without(Offload::tso);
  CHECK(daemon_options("--disable-offload tso").offloads == without_tso);
  const Offloads without_three = without_tso.without(Offload::udp_gso).without(Offload::udp_gro);
  for (const char* options :
       {"--disable-offload tso,udp-gso,udp-gro", "--disable-offload tso,udp-gro,udp-gso,tso",
        "--disable-offload udp-gso --disable-offload tso,udp-gro"}) {
    CAPTURE(options);
    CHECK(daemon_options(options).offloads == without_three);
  }
  CHECK(daemon_options("--disable-offload all").offloads == Offloads::none());
  CHECK(daemon_options("--disable-offload tso,all").offloads == Offloads::none());
  CHECK(refusal("daemon --disable-offload lro")
            .message.find("vnet|checksum|tso|uso|udp-gso|udp-gro|all") != std::string::npos);
  refusal("daemon --disable-offload tso,lro");
  refusal("daemon --disable-offload tso uso");
  refusal("daemon --disable-offload");
}

TEST_CASE("words that lead nowhere") {
  CHECK(refusal("").message == "a verb is missing");
  CHECK(refusal("frobnicate").message == "there is no verb \"frobnicate\"");
  CHECK(refusal("status --colour").hint == "lanyard status --help");
  refusal("status extra words");
  refusal("--socket");
}

TEST_CASE("every verb has help with an example") {
  for (const char* verb :
       {"up", "down", "invite", "invites", "join", "leave", "status", "peers", "members", "ping",
        "why", "version", "doctor", "netcheck", "daemon", "completion"}) {
    CAPTURE(verb);
    const auto help = command<PrintCommand>(std::string(verb) + " --help").text;
    CHECK(help.find("lanyard " + std::string(verb)) != std::string::npos);
    CHECK(help.find("Example") != std::string::npos);
    CHECK(command<PrintCommand>("--help").text.find(verb) != std::string::npos);
  }
  CHECK(command<PrintCommand>("--help").text.find("124 timeout") != std::string::npos);
}

TEST_CASE("completion knows every verb and its options") {
  const auto script = command<PrintCommand>("completion bash").text;
  CHECK(script.find("invite) words=\"--help --expires --uses --name --address") !=
        std::string::npos);
  CHECK(script.find("complete -o default -F _lanyard lanyard") != std::string::npos);
  refusal("completion tcsh");
}

TEST_CASE("an invite in a wrong place is not repeated") {
  const Error error = refusal("status LANYARD1QQQSECRET");
  CHECK(error.message.find("SECRET") == std::string::npos);
  CHECK(redact("see lanyard1qpz9, LANYARD1XX and Lanyard") ==
        "see lanyard1..., LANYARD1... and Lanyard");
  CHECK(redact("LANYARD1") == "LANYARD1");
}

}  // namespace
}  // namespace lanyard::cli
