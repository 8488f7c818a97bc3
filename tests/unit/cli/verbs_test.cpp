// SPDX-License-Identifier: Apache-2.0
// What each verb asks of the daemon, and what it says on which stream.
#include "cli/verbs/verbs.h"

#include <deque>
#include <sstream>

#include <doctest/doctest.h>

#include "cli/command_line.h"

namespace lanyard::cli {
namespace {

// Answers as it was told to, and keeps what it was asked.
class ScriptedDaemon final : public DaemonLink {
 public:
  Asked ask(const control::Request& request,
            Duration,
            const OnNotification& on_notification) override {
    asked.push_back(request);
    for (const control::Notification& notification : notifications) on_notification(notification);
    if (answers.empty()) return to_failure(make_error(Errc::failure, "not scripted"));
    Asked answer = std::move(answers.front());
    answers.pop_front();
    return answer;
  }

  std::vector<control::Request> asked;
  std::vector<control::Notification> notifications;
  std::deque<Asked> answers;
};

struct Fixture {
  explicit Fixture(Asked answer) { daemon.answers.push_back(std::move(answer)); }

  template <typename Command>
  int run_verb(const Command& command, Output output = Output::text) {
    Context context{daemon, in, out, err, output, Colour::off, "lab", {1'790'000'000}};
    return static_cast<int>(run(command, context));
  }
  template <typename T>
  T request() const {
    return std::get<T>(daemon.asked.at(0));
  }

  ScriptedDaemon daemon;
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
};

const control::NetworkReply kLab{"00ff", "lab", "lanyard0", {"10.77.3.12/16", "fd12::1/64"}};

TEST_CASE("up makes or raises a network") {
  Fixture made{control::Reply(kLab)};
  UpCommand command;
  command.new_name = "lab";
  command.mtu = 1400;
  CHECK(made.run_verb(command) == 0);
  CHECK(made.request<control::CreateNetwork>().name == "lab");
  CHECK(made.request<control::CreateNetwork>().mtu == 1400u);
  CHECK(made.out.str() == "lab is up on lanyard0: 10.77.3.12/16, fd12::1/64\n");
  CHECK(made.err.str() == "let another machine in: lanyard invite\n");

  Fixture raised{control::Reply(kLab)};
  CHECK(raised.run_verb(UpCommand{}, Output::json) == 0);
  CHECK(raised.request<control::NetworkUp>().network == "lab");
  CHECK(raised.out.str().starts_with(R"({"id":"00ff","name":"lab")"));
  CHECK(raised.err.str().empty());
}

TEST_CASE("down and leave say little, on the error stream") {
  Fixture down{control::Reply(control::Done{})};
  CHECK(down.run_verb(DownCommand{}) == 0);
  CHECK(down.request<control::NetworkDown>().network == "lab");
  CHECK(down.out.str().empty());
  CHECK(down.err.str() == "lab is down\n");
  Fixture leave{control::Reply(control::Done{})};
  CHECK(leave.run_verb(LeaveCommand{}) == 0);
  CHECK(leave.request<control::LeaveNetwork>().network == "lab");
}

TEST_CASE("invite prints the token and nothing else") {
  Fixture fixture{
      control::Reply(control::InviteReply{"LANYARD1QQ", "3f9a", "lab", 1'790'000'000 + 86'400, 2})};
  InviteCommand command;
  command.uses = 2;
  CHECK(fixture.run_verb(command) == 0);
  CHECK(fixture.request<control::CreateInvite>().uses == 2);
  CHECK(fixture.out.str() == "LANYARD1QQ\n");
  CHECK(fixture.err.str() ==
        "admits 2 machines to lab, until 2026-09-22 14:13 UTC (24 h from now)\n"
        "there: sudo lanyard join TOKEN\n"
        "take it back: lanyard invites --revoke 3f9a\n");
}

TEST_CASE("invites lists and revokes") {
  Fixture list{control::Reply(control::InviteList{
      "lab", {{"3f9a", "open", 1'790'000'000, 20, {"bob", "carol"}, "", "10.9.0.9"}}})};
  CHECK(list.run_verb(InvitesCommand{}) == 0);
  CHECK(list.out.str() ==
        "ID    STATE  USED  EXPIRES               FOR       CLAIMED BY\n"
        "3f9a  open   2/20  2026-09-21 14:13 UTC  10.9.0.9  bob, carol\n");
  Fixture revoke{control::Reply(control::Done{})};
  CHECK(revoke.run_verb(InvitesCommand{"3f"}) == 0);
  CHECK(revoke.request<control::RevokeInvite>().invite == "3f");
  CHECK(revoke.out.str().empty());
}

TEST_CASE("join reads the token and shows progress") {
  Fixture fixture{control::Reply(kLab)};
  fixture.in.str("LANYARD1QQ\n  PP\n");
  fixture.daemon.notifications = {control::Progress{"found a member"}};
  JoinCommand command;
  command.words = {"-"};
  command.member_name = "bob";
  CHECK(fixture.run_verb(command) == 0);
  CHECK(fixture.request<control::JoinNetwork>().token == "LANYARD1QQPP");
  CHECK(fixture.request<control::JoinNetwork>().member_name == "bob");
  CHECK(fixture.err.str() == "found a member\n");
  CHECK(fixture.out.str() == "lab is up on lanyard0: 10.77.3.12/16, fd12::1/64\n");

  Fixture wrong{control::Reply(kLab)};
  command.words = {"hello"};
  CHECK(wrong.run_verb(command) == 2);
  CHECK(wrong.daemon.asked.empty());
}

TEST_CASE("ping shows each echo with its path") {
  Fixture fixture{control::Reply(control::PingSummary{2, 1, 0.00123, 0.00123, 0.00123})};
  fixture.daemon.notifications = {
      control::PingEcho{1, "bob", "10.77.3.12", false, 0.00123, control::PathKind::direct, "",
                        "20.0.2.2:41000"},
      control::PingEcho{2, "bob", "10.77.3.12", true, 0, control::PathKind::none, "", ""}};
  PingCommand command;
  command.peer = "bob";
  CHECK(fixture.run_verb(command) == 0);
  CHECK(fixture.request<control::Ping>().peer == "bob");
  CHECK(fixture.out.str() ==
        "reply from bob (10.77.3.12) seq=1 time=1.23 ms via direct 20.0.2.2:41000\n"
        "no reply from bob seq=2\n"
        "bob: 2 sent, 1 received, 50 % lost, rtt min/avg/max 1.23 ms / 1.23 ms / 1.23 ms\n");

  Fixture lost{control::Reply(control::PingSummary{4, 0, 0, 0, 0})};
  CHECK(lost.run_verb(command) == 6);
  CHECK(lost.out.str() == "bob: 4 sent, 0 received, 100 % lost\n");

  Fixture nobody{to_failure(make_error(Errc::not_found, "there is no peer \"bob\""))};
  CHECK(nobody.run_verb(command) == 5);
}

control::Status two_networks() {
  control::NetworkStatus lab;
  lab.id = "00ff00ff";
  lab.name = "lab";
  lab.members.resize(2);
  lab.members[0].name = "alice";
  lab.members[0].self = true;
  lab.members[1].name = "bob";
  control::NetworkStatus home = lab;
  home.id = "00aa00aa";
  home.name = "home";
  control::Status status;
  status.networks = {lab, home};
  return status;
}

TEST_CASE("peers, members and status of the network that is meant") {
  Fixture peers{control::Reply(two_networks())};
  CHECK(peers.run_verb(PeersCommand{}, Output::json) == 0);
  CHECK(peers.out.str().find("\"name\":\"lab\"") != std::string::npos);
  CHECK(peers.out.str().find("alice") == std::string::npos);
  CHECK(peers.out.str().find("bob") != std::string::npos);
  Fixture members{control::Reply(two_networks())};
  CHECK(members.run_verb(MembersCommand{}) == 0);
  CHECK(members.out.str().find("alice") != std::string::npos);
  Fixture status{control::Reply(two_networks())};
  CHECK(status.run_verb(StatusCommand{}) == 0);
  CHECK(status.daemon.asked.size() == 1);
  CHECK(status.out.str().find("lab") != std::string::npos);
  CHECK(status.out.str().find("home") == std::string::npos);
}

int peers_of(const std::string& network, control::Status status) {
  ScriptedDaemon daemon;
  daemon.answers.push_back(control::Reply(std::move(status)));
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  Context context{daemon, in, out, err, Output::text, Colour::off, network, {0}};
  return static_cast<int>(run(PeersCommand{}, context));
}

TEST_CASE("a network by name, by the start of its id, or by being alone") {
  CHECK(peers_of("lab", two_networks()) == 0);
  CHECK(peers_of("00aa", two_networks()) == 0);
  CHECK(peers_of("", two_networks()) == 2);
  CHECK(peers_of("nowhere", two_networks()) == 5);
  CHECK(peers_of("", {}) == 5);
  control::Status one = two_networks();
  one.networks.pop_back();
  CHECK(peers_of("", one) == 0);
}

TEST_CASE("errors name the remedy, on the stream that was asked for") {
  const Failure failure = to_failure(
      make_error(Errc::used_up, "the invite LANYARD1QQSECRET has no uses left", "ask for another"));
  Fixture text{failure};
  CHECK(text.run_verb(StatusCommand{}) == 1);
  CHECK(text.out.str().empty());
  CHECK(text.err.str() ==
        "lanyard: the invite LANYARD1... has no uses left\nhint: ask for another\n");
  Fixture json{failure};
  CHECK(json.run_verb(StatusCommand{}, Output::json) == 1);
  CHECK(json.err.str().empty());
  CHECK(json.out.str() ==
        R"({"error":{"code":"used_up","message":"the invite LANYARD1... has no uses left",)"
        R"("hint":"ask for another"}})"
        "\n");
}

TEST_CASE("an answer to another question is a failure") {
  Fixture fixture{control::Reply(control::Done{})};
  CHECK(fixture.run_verb(StatusCommand{}) == 1);
}

TEST_CASE("version works without a daemon") {
  Fixture alone{to_failure(make_error(Errc::failure, "no daemon"))};
  CHECK(alone.run_verb(VersionCommand{}) == 0);
  CHECK(alone.out.str().starts_with("lanyard "));
  CHECK(alone.err.str().empty());
  Fixture other{control::Reply(control::Version{"0.0.0", 1})};
  CHECK(other.run_verb(VersionCommand{}) == 0);
  CHECK(other.err.str().find("0.0.0") != std::string::npos);
}

std::string own_version() {
  const auto parsed = parse_command_line({"daemon"});
  return std::get<DaemonCommand>(std::get<Invocation>(parsed).command).options.version;
}

// A daemon that finds this about itself.
struct Examined : Fixture {
  explicit Examined(std::vector<control::Check> checks, std::string version = own_version())
      : Fixture(control::Reply(control::Version{std::move(version)})) {
    daemon.answers.push_back(control::Reply(control::Diagnosis{std::move(checks)}));
  }
};

const control::Check kFine{"dht", control::CheckState::ok, "87 nodes", ""};
const control::Check kSmall{"udp_send_buffer", control::CheckState::warning, "small", "sysctl"};
const control::Check kBroken{"network", control::CheckState::failure, "broken", "mend it"};

TEST_CASE("doctor's exit status is that of the worst that it found") {
  CHECK(Examined({kFine}).run_verb(DoctorCommand{}) == 0);
  CHECK(Examined({kFine, kSmall}).run_verb(DoctorCommand{}) == 8);
  CHECK(Examined({kBroken, kFine, kSmall}).run_verb(DoctorCommand{}) == 1);
  CHECK(Examined({kFine}, "0.0.0").run_verb(DoctorCommand{}) == 8);
}

TEST_CASE("doctor puts the daemon and its version first") {
  Examined fixture({kSmall}, "0.0.0");
  CHECK(fixture.run_verb(DoctorCommand{}) == 8);
  CHECK(std::holds_alternative<control::GetDiagnosis>(fixture.daemon.asked.at(1)));
  const std::string text = fixture.out.str();
  CHECK(text.starts_with("ok       the daemon is running\nwarning  the program is version "));
  CHECK(
      text.ends_with("         restart the daemon\nwarning  small\n         sysctl\n2 warnings\n"));

  Examined json({kSmall}, "0.0.0");
  CHECK(json.run_verb(DoctorCommand{}, Output::json) == 8);
  CHECK(json.out.str().starts_with(R"({"checks":[{"code":"daemon","state":"ok",)"));
  CHECK(json.out.str().ends_with(
      R"({"code":"udp_send_buffer","state":"warning","sentence":"small","remedy":"sysctl"}]})"
      "\n"));
}

TEST_CASE("netcheck's exit status is that of the worst of its checks") {
  control::Netcheck netcheck;
  netcheck.dht.mode = "off";
  netcheck.checks = {kFine};
  Fixture fine{control::Reply(netcheck)};
  CHECK(fine.run_verb(NetcheckCommand{}) == 0);
  CHECK(std::holds_alternative<control::GetNetcheck>(fine.daemon.asked.at(0)));
  CHECK(fine.out.str().ends_with("ok       87 nodes\nall is well\n"));
  netcheck.checks = {kFine, kSmall};
  Fixture warned{control::Reply(netcheck)};
  CHECK(warned.run_verb(NetcheckCommand{}, Output::json) == 8);
  CHECK(warned.out.str().starts_with(R"({"schema":1,"udp":{"port":0,)"));
  Fixture none{Failure{ExitCode::daemon_not_running, "daemon_not_running",
                       make_error(Errc::unavailable, "the daemon is not running")}};
  CHECK(none.run_verb(NetcheckCommand{}) == 3);
}

TEST_CASE("why's exit status is that of its verdict") {
  control::PathReport report;
  report.peer = "bob";
  report.verdict = {"direct", control::CheckState::ok, "bob is reached directly", ""};
  Fixture direct{control::Reply(report)};
  CHECK(direct.run_verb(WhyCommand{"bob"}) == 0);
  CHECK(std::get<control::Why>(direct.daemon.asked.at(0)).peer == "bob");
  CHECK(direct.out.str().starts_with("bob is reached directly\n"));
  report.verdict.state = control::CheckState::warning;
  Fixture relayed{control::Reply(report)};
  CHECK(relayed.run_verb(WhyCommand{"bob"}, Output::json) == 8);
  CHECK(relayed.out.str().starts_with(R"({"schema":1,"peer":"bob",)"));
  report.verdict.state = control::CheckState::failure;
  Fixture none{control::Reply(report)};
  CHECK(none.run_verb(WhyCommand{"bob"}) == 6);
}

TEST_CASE("doctor looks at what a daemon needs where there is none") {
  const Failure none{ExitCode::daemon_not_running, "daemon_not_running",
                     make_error(Errc::unavailable, "the daemon is not running")};
  Fixture fixture{none};
  CHECK(fixture.run_verb(DoctorCommand{}, Output::json) == 3);
  CHECK(fixture.daemon.asked.size() == 1);
  const std::string text = fixture.out.str();
  CHECK(text.starts_with(R"({"checks":[{"code":"daemon","state":"failure",)"));
  CHECK(text.find(R"("code":"tun_device")") != std::string::npos);
  CHECK(text.find(R"("code":"permission")") != std::string::npos);
  CHECK(fixture.err.str().empty());
}

TEST_CASE("doctor that the daemon does not let in, or does not understand") {
  Fixture forbidden{to_failure(make_error(Errc::permission, "no right to use the socket", "sudo"))};
  CHECK(forbidden.run_verb(DoctorCommand{}) == 4);
  CHECK(forbidden.out.str().empty());
  CHECK(forbidden.err.str() == "lanyard: no right to use the socket\nhint: sudo\n");
  Fixture older{control::Reply(control::Version{"0.0.0"})};
  older.daemon.answers.push_back(to_failure(make_error(Errc::invalid, "it does not know that")));
  CHECK(older.run_verb(DoctorCommand{}) == 2);
}

}  // namespace
}  // namespace lanyard::cli
