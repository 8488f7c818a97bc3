// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "core/control/json.h"
#include "tests/unit/control/samples.h"

namespace lanyard::control {
namespace {

std::vector<OpenCall> open_call(std::size_t index) { return {{7, static_cast<Method>(index)}}; }

const CallId kSeven{"7"};

TEST_CASE("every reply survives the way back") {
  const auto replies = samples::replies();
  REQUIRE(replies.size() == std::variant_size_v<Request>);
  for (std::size_t i = 0; i < replies.size(); ++i) {
    const std::string line = encode_reply(kSeven, replies[i]);
    CAPTURE(line);
    const auto message = parse_server_message(line, open_call(i));
    REQUIRE(message.has_value());
    REQUIRE(message.value().has_value());
    const ServerMessage& answer = **message;
    CHECK(answer.call == 7);
    const auto* reply = std::get_if<Reply>(&answer.content);
    REQUIRE(reply);
    CHECK(reply->index() == replies[i].index());
    CHECK(encode_reply(kSeven, *reply) == line);
  }
}

TEST_CASE("every notification survives the way back") {
  for (const Notification& sent : samples::notifications()) {
    const std::string line = encode_notification(kSeven, sent);
    CAPTURE(line);
    const auto message = parse_server_message(line, open_call(9));
    REQUIRE(message.has_value());
    REQUIRE(message.value().has_value());
    const auto* received = std::get_if<Notification>(&(*message)->content);
    REQUIRE(received);
    CHECK(encode_notification(kSeven, *received) == line);
  }
}

TEST_CASE("every kind of error survives the way back") {
  for (int i = 0; i <= static_cast<int>(Errc::unavailable); ++i) {
    const Error sent = make_error(static_cast<Errc>(i), "cannot do it: \"why\"", "type this");
    const auto message = parse_server_message(encode_error(kSeven, sent), open_call(0));
    REQUIRE(message.has_value());
    const auto* error = std::get_if<Error>(&message.value()->content);
    REQUIRE(error);
    CHECK(error->code == sent.code);
    CHECK(error->message == sent.message);
    CHECK(error->hint == sent.hint);
  }
}

TEST_CASE("an error of a newer daemon is a plain failure") {
  const auto message = parse_server_message(
      R"({"jsonrpc":"2.0","id":7,"error":{"code":-32050,"message":"m","data":{"code":"odd"}}})",
      open_call(0));
  REQUIRE(message.has_value());
  CHECK(std::get<Error>(message.value()->content).code == Errc::failure);
}

TEST_CASE("a state of a newer daemon is worth a look") {
  const auto message = parse_server_message(
      R"({"jsonrpc":"2.0","id":7,"result":{"checks":[{"code":"x","state":"odd"}]}})",
      open_call(11));
  REQUIRE(message.has_value());
  const auto& diagnosis = std::get<Diagnosis>(std::get<Reply>((*message)->content));
  CHECK(diagnosis.checks.at(0).state == CheckState::warning);
}

TEST_CASE("text that is not UTF-8 is made so") {
  const std::string line = encode_notification(kSeven, Progress{"bad \xff byte"});
  const auto message = parse_server_message(line, open_call(0));
  REQUIRE(message.has_value());
  const auto& progress = std::get<Progress>(std::get<Notification>((*message)->content));
  CHECK(progress.text == "bad \xef\xbf\xbd byte");
}

TEST_CASE("answers to nobody and unknown notifications are passed over") {
  for (const char* line :
       {R"({"jsonrpc":"2.0","id":8,"result":{}})", R"({"jsonrpc":"2.0","id":"7","result":{}})",
        R"({"jsonrpc":"2.0","method":"progress","params":{"id":8,"text":"x"}})",
        R"({"jsonrpc":"2.0","method":"state.changed","params":{"id":7}})"}) {
    CAPTURE(line);
    const auto message = parse_server_message(line, open_call(0));
    REQUIRE(message.has_value());
    CHECK(!message.value().has_value());
  }
}

TEST_CASE("what is no answer is an error") {
  for (const char* line :
       {"", "x", "[]", "{}", R"({"jsonrpc":"2.0"})", R"({"jsonrpc":"2.0","id":7})",
        R"({"id":7,"result":{}})", R"({"jsonrpc":"2.0","id":7,"result":5})",
        R"({"jsonrpc":"2.0","id":7,"result":null})", R"({"jsonrpc":"2.0","id":7,"error":[]})",
        R"({"jsonrpc":"2.0","id":7,"error":{"code":1}})",
        R"({"jsonrpc":"2.0","id":7,"result":{"addresses":"10.0.0.1"}})",
        R"({"jsonrpc":"2.0","id":7,"result":{"addresses":[1]}})",
        R"({"jsonrpc":"2.0","method":7,"params":{}})", R"({"jsonrpc":"2.0","method":"progress"})",
        R"({"jsonrpc":"2.0","method":"progress","params":{"id":7,"text":1}})",
        R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"not JSON"}})"}) {
    CAPTURE(line);
    CHECK(!parse_server_message(line, open_call(0)).has_value());
  }
}

TEST_CASE("prefixes and flipped bits of a status do no harm") {
  Status status = samples::status();
  status.networks[0].members.erase(status.networks[0].members.begin());
  std::string line = encode_reply(kSeven, status);
  for (std::size_t length = 0; length < line.size(); ++length) {
    CHECK(
        !parse_server_message(std::string_view(line).substr(0, length), open_call(8)).has_value());
  }
  std::size_t understood = 0;
  for (std::size_t i = 0; i < line.size() * 8; ++i) {
    const char original = line[i / 8];
    line[i / 8] = static_cast<char>(original ^ (1 << (i % 8)));
    understood += parse_server_message(line, open_call(8)).has_value() ? 1 : 0;
    line[i / 8] = original;
  }
  CHECK(understood < line.size() * 8);
}

TEST_CASE("a status in another schema's shape is refused") {
  for (const char* result :
       {R"({})", R"({"schema":"1"})", R"({"schema":0})", R"({"schema":1,"daemon":[]})",
        R"({"schema":1,"networks":{}})", R"({"schema":1,"networks":[5]})",
        R"({"schema":1,"networks":[{"members":[{"rtt_seconds":"fast"}]}]})",
        R"({"schema":1,"networks":[{"mtu":-1}]})", R"({"schema":1,"daemon":{"port":70000}})",
        R"({"schema":1,"daemon":{"dropped":{"x":"y"}}})"}) {
    CAPTURE(result);
    const std::string line = R"({"jsonrpc":"2.0","id":7,"result":)" + std::string(result) + "}";
    CHECK(!parse_server_message(line, open_call(8)).has_value());
  }
  const auto newer = parse_server_message(
      R"({"jsonrpc":"2.0","id":7,"result":{"schema":2,"networks":[{"state":"asleep"}]}})",
      open_call(8));
  REQUIRE(newer.has_value());
  const auto& status = std::get<Status>(std::get<Reply>((*newer)->content));
  CHECK(status.networks.at(0).state == NetworkState::down);
}

}  // namespace
}  // namespace lanyard::control
