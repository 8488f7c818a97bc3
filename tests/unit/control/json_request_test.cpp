// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "core/control/json.h"
#include "tests/unit/control/samples.h"

namespace lanyard::control {
namespace {

const Call* accepted(const std::variant<Call, RejectedCall>& parsed) {
  return std::get_if<Call>(&parsed);
}

RpcCode code_of(std::string_view line) {
  const auto parsed = parse_request(line);
  const auto* rejected = std::get_if<RejectedCall>(&parsed);
  REQUIRE(rejected);
  CHECK(!rejected->error.message.empty());
  return rejected->code;
}

std::string request(std::string_view method, std::string_view params) {
  return R"({"jsonrpc":"2.0","id":1,"method":")" + std::string(method) + R"(","params":)" +
         std::string(params) + "}";
}

TEST_CASE("every request survives the way there") {
  const auto requests = samples::requests();
  CHECK(requests.size() == std::variant_size_v<Request>);
  for (const Request& sent : requests) {
    const std::string line = encode_request(7, sent);
    CAPTURE(line);
    const auto parsed = parse_request(line);
    const Call* call = accepted(parsed);
    REQUIRE(call);
    CHECK(call->id.json == "7");
    CHECK(call->request.index() == sent.index());
    CHECK(encode_request(7, call->request) == line);
  }
}

TEST_CASE("the fields of a request arrive where they belong") {
  const auto parsed = parse_request(encode_request(1, samples::requests()[5]));
  const auto& invite = std::get<CreateInvite>(std::get<Call>(parsed).request);
  CHECK(invite.network == "lab");
  CHECK(invite.expires_seconds == 3600);
  CHECK(invite.uses == 20);
  CHECK(invite.member_name == "bob");
  CHECK(invite.address == "10.9.0.2");
}

TEST_CASE("what is left out has its default") {
  const auto parsed = parse_request(R"({"jsonrpc":"2.0","id":"x","method":"invite.create"})");
  const Call* call = accepted(parsed);
  REQUIRE(call);
  CHECK(call->id.json == "\"x\"");
  const auto& invite = std::get<CreateInvite>(call->request);
  CHECK(invite.expires_seconds == 24 * 3600);
  CHECK(invite.uses == 1);
  CHECK(!invite.member_name);
}

TEST_CASE("unknown fields are ignored and null is absent") {
  const auto parsed =
      parse_request(R"({"jsonrpc":"2.0","id":1,"later":[1],"method":"network.create",)"
                    R"("params":{"name":"lab","mtu":null,"colour":{"deep":[[]]}}})");
  const Call* call = accepted(parsed);
  REQUIRE(call);
  CHECK(!std::get<CreateNetwork>(call->request).mtu);
}

TEST_CASE("ids are echoed as they came") {
  for (const std::string id : {"0", "-5", "1.5", "\"a b\"", "null", "18446744073709551615"}) {
    const auto parsed = parse_request(R"({"jsonrpc":"2.0","method":"status","id":)" + id + "}");
    const Call* call = accepted(parsed);
    REQUIRE(call);
    CHECK(call->id.json == id);
    CHECK(encode_reply(call->id, Done{}) == R"({"jsonrpc":"2.0","id":)" + id + R"(,"result":{}})");
  }
}

TEST_CASE("refusals have JSON-RPC's codes") {
  CHECK(code_of("") == RpcCode::parse_error);
  CHECK(code_of("hello") == RpcCode::parse_error);
  CHECK(code_of("{\"jsonrpc\":\"2.0\"") == RpcCode::parse_error);
  CHECK(code_of("[]") == RpcCode::invalid_request);
  CHECK(code_of("7") == RpcCode::invalid_request);
  CHECK(code_of(R"([{"jsonrpc":"2.0","id":1,"method":"status"}])") == RpcCode::invalid_request);
  CHECK(code_of(R"({"jsonrpc":"2.0","method":"status"})") == RpcCode::invalid_request);
  CHECK(code_of(R"({"jsonrpc":"2.0","id":[1],"method":"status"})") == RpcCode::invalid_request);
  CHECK(code_of(R"({"id":1,"method":"status"})") == RpcCode::invalid_request);
  CHECK(code_of(R"({"jsonrpc":"1.0","id":1,"method":"status"})") == RpcCode::invalid_request);
  CHECK(code_of(R"({"jsonrpc":2.0,"id":1,"method":"status"})") == RpcCode::invalid_request);
  CHECK(code_of(R"({"jsonrpc":"2.0","id":1})") == RpcCode::invalid_request);
  CHECK(code_of(R"({"jsonrpc":"2.0","id":1,"method":5})") == RpcCode::invalid_request);
  CHECK(code_of(request("network.destroy", "{}")) == RpcCode::method_not_found);
  CHECK(code_of(request("status", "[]")) == RpcCode::invalid_params);
  CHECK(code_of(request("status", "\"x\"")) == RpcCode::invalid_params);
}

TEST_CASE("a refusal carries the id that could be read") {
  const auto parsed = parse_request(R"({"jsonrpc":"2.0","id":99,"method":"ping","params":{}})");
  const auto& rejected = std::get<RejectedCall>(parsed);
  CHECK(rejected.id.json == "99");
  CHECK(encode_error(rejected) == R"({"jsonrpc":"2.0","id":99,"error":{"code":-32602,)"
                                  R"("message":"bad parameters: \"peer\" is missing",)"
                                  R"("data":{"code":"invalid","hint":""}}})");
}

struct Field {
  const char* method;
  const char* needed;  // what else the method must have
  const char* name;
  bool number;
};

TEST_CASE("every field refuses every other type") {
  const Field fields[] = {
      {"network.create", "", "name", false},
      {"network.create", R"("name":"a",)", "subnet", false},
      {"network.create", R"("name":"a",)", "address", false},
      {"network.create", R"("name":"a",)", "interface", false},
      {"network.create", R"("name":"a",)", "mtu", true},
      {"network.create", R"("name":"a",)", "member_name", false},
      {"network.up", "", "network", false},
      {"network.up", "", "interface", false},
      {"network.up", "", "mtu", true},
      {"network.down", "", "network", false},
      {"network.leave", "", "network", false},
      {"network.join", "", "token", false},
      {"network.join", R"("token":"a",)", "member_name", false},
      {"network.join", R"("token":"a",)", "interface", false},
      {"invite.create", "", "network", false},
      {"invite.create", "", "expires_seconds", true},
      {"invite.create", "", "uses", true},
      {"invite.create", "", "member_name", false},
      {"invite.create", "", "address", false},
      {"invite.list", "", "network", false},
      {"invite.revoke", R"("invite":"a",)", "network", false},
      {"invite.revoke", "", "invite", false},
      {"ping", R"("peer":"a",)", "network", false},
      {"ping", "", "peer", false},
      {"ping", R"("peer":"a",)", "count", true},
      {"ping", R"("peer":"a",)", "interval_milliseconds", true},
      {"ping", R"("peer":"a",)", "timeout_milliseconds", true},
  };
  for (const Field& field : fields) {
    const auto with = [&field](std::string_view value) {
      return request(field.method, "{" + std::string(field.needed) + "\"" + field.name +
                                       "\":" + std::string(value) + "}");
    };
    CAPTURE(field.method);
    CAPTURE(field.name);
    CHECK(accepted(parse_request(with(field.number ? "5" : "\"text\""))));
    for (const char* wrong : {"true", "[]", "{}", "[\"text\"]", "1.5", "1e3"}) {
      CHECK(code_of(with(wrong)) == RpcCode::invalid_params);
    }
    CHECK(code_of(with(field.number ? "\"5\"" : "5")) == RpcCode::invalid_params);
    if (field.number) {
      CHECK(code_of(with("18446744073709551615")) == RpcCode::invalid_params);
      CHECK(code_of(with("99999999999999999999999999")) == RpcCode::invalid_params);
      CHECK(code_of(with("1e999")) == RpcCode::parse_error);
    }
  }
  CHECK(code_of(request("ping", R"({"peer":"a","count":-1})")) == RpcCode::invalid_params);
  CHECK(code_of(request("ping", R"({"peer":"a","count":4294967296})")) == RpcCode::invalid_params);
}

TEST_CASE("fields that are needed are named when missing") {
  for (const char* method : {"network.create", "network.join", "invite.revoke", "ping"}) {
    CHECK(code_of(request(method, "{}")) == RpcCode::invalid_params);
  }
}

TEST_CASE("every prefix of a request is refused") {
  for (const Request& sent : samples::requests()) {
    const std::string line = encode_request(1, sent);
    for (std::size_t length = 0; length < line.size(); ++length) {
      CHECK(code_of(std::string_view(line).substr(0, length)) == RpcCode::parse_error);
    }
  }
}

TEST_CASE("no flipped bit does harm") {
  for (const Request& sent : samples::requests()) {
    std::string line = encode_request(1, sent);
    for (std::size_t i = 0; i < line.size() * 8; ++i) {
      const char original = line[i / 8];
      line[i / 8] = static_cast<char>(original ^ (1 << (i % 8)));
      const auto parsed = parse_request(line);
      if (const auto* rejected = std::get_if<RejectedCall>(&parsed)) {
        CHECK(!encode_error(*rejected).empty());
      } else {
        CHECK(!encode_request(1, std::get<Call>(parsed).request).empty());
      }
      line[i / 8] = original;
    }
  }
}

TEST_CASE("depth and size are bounded") {
  CHECK(code_of(std::string(60'000, '[')) == RpcCode::parse_error);
  CHECK(code_of(std::string(100'000, '[')) == RpcCode::parse_error);
  CHECK(code_of(request("status", std::string(20, '[') + std::string(20, ']'))) ==
        RpcCode::parse_error);
  std::string objects;
  for (int i = 0; i < 5000; ++i) objects += "{\"a\":";
  CHECK(code_of(objects) == RpcCode::parse_error);
  // Brackets inside a text are no depth.
  CHECK(
      accepted(parse_request(request("network.down", R"({"network":"[[[[[[[[[[[[[[[[[[[[\"["})"))));

  const auto padded = [](std::size_t size) {
    const std::string rest = request("network.down", R"({"network":""})");
    return request("network.down",
                   R"({"network":")" + std::string(size - rest.size(), 'x') + "\"}");
  };
  CHECK(accepted(parse_request(padded(kMaxRequestBytes))));
  CHECK(code_of(padded(kMaxRequestBytes + 1)) == RpcCode::parse_error);
  CHECK(code_of(R"({"jsonrpc":"2.0","id":")" + std::string(1000, 'i') +
                R"(","method":"status"})") == RpcCode::invalid_request);
}

TEST_CASE("text that is not UTF-8 is refused") {
  CHECK(code_of(request("network.down", "{\"network\":\"\xff\xfe\"}")) == RpcCode::parse_error);
  CHECK(code_of(request("network.down", "{\"network\":\"\xc3\"}")) == RpcCode::parse_error);
}

}  // namespace
}  // namespace lanyard::control
