// SPDX-License-Identifier: Apache-2.0
#include "core/control/client.h"

#include <doctest/doctest.h>

#include "tests/unit/control/samples.h"

namespace lanyard::control {
namespace {

TEST_CASE("a call, its progress and its reply") {
  Client client;
  const std::uint64_t number = client.call(JoinNetwork{"LANYARD1X", {}, {}});
  const std::string sent = client.take_outgoing();
  REQUIRE(sent.ends_with("\n"));
  CHECK(client.take_outgoing().empty());
  const auto parsed = parse_request(std::string_view(sent).substr(0, sent.size() - 1));
  const Call& call = std::get<Call>(parsed);
  CHECK(std::get<JoinNetwork>(call.request).token == "LANYARD1X");

  const std::string stream = encode_notification(call.id, Progress{"looking"}) + "\n" +
                             encode_reply(call.id, NetworkReply{"00ff", "lab", "lan0", {}}) + "\n";
  for (const char c : stream) REQUIRE(client.receive({&c, 1}).has_value());

  const auto progress = client.next();
  REQUIRE(progress);
  CHECK(progress->call == number);
  CHECK(std::get<Progress>(std::get<Notification>(progress->content)).text == "looking");
  const auto reply = client.next();
  REQUIRE(reply);
  CHECK(std::get<NetworkReply>(std::get<Reply>(reply->content)).name == "lab");
  CHECK(!client.next());
}

TEST_CASE("two open calls are told apart, and each is answered once") {
  Client client;
  const std::uint64_t first = client.call(GetVersion{});
  const std::uint64_t second = client.call(GetStatus{});
  CHECK(first != second);
  const std::string status = encode_reply({std::to_string(second)}, samples::status()) + "\n";
  const std::string version = encode_reply({std::to_string(first)}, Version{"1", 1}) + "\n";
  REQUIRE(client.receive(status + version + version).has_value());
  CHECK(std::holds_alternative<Status>(std::get<Reply>(client.next()->content)));
  CHECK(std::holds_alternative<Version>(std::get<Reply>(client.next()->content)));
  CHECK(!client.next());
}

TEST_CASE("what is not the protocol ends the connection") {
  Client garbage;
  garbage.call(GetStatus{});
  CHECK(!garbage.receive("HTTP/1.1 400 Bad Request\r\n").has_value());

  Client endless;
  const std::string chunk(64 * 1024, 'x');
  Result<void> received;
  for (int i = 0; i < 17 && received; ++i) received = endless.receive(chunk);
  CHECK(!received.has_value());
}

}  // namespace
}  // namespace lanyard::control
