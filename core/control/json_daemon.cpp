// SPDX-License-Identifier: Apache-2.0
// The daemon's half of json.h: requests read, replies written, and what --json prints.
#include "core/control/json.h"
#include "core/control/json_shapes.h"

namespace lanyard::control {
namespace {

RejectedCall reject(CallId id, RpcCode code, std::string message, std::string hint = {}) {
  return {std::move(id), code, make_error(Errc::invalid, std::move(message), std::move(hint))};
}

template <typename T>
std::variant<Call, RejectedCall> read_call(CallId id, const Json& params) {
  T request;
  JsonReader reader(params);
  describe(reader, request);
  if (reader.problem()) {
    return reject(std::move(id), RpcCode::invalid_params, "bad parameters: " + *reader.problem());
  }
  return Call{std::move(id), std::move(request)};
}

std::variant<Call, RejectedCall> read_call(CallId id, Method method, const Json& params) {
  switch (method) {
    case Method::network_create: return read_call<CreateNetwork>(std::move(id), params);
    case Method::network_up: return read_call<NetworkUp>(std::move(id), params);
    case Method::network_down: return read_call<NetworkDown>(std::move(id), params);
    case Method::network_leave: return read_call<LeaveNetwork>(std::move(id), params);
    case Method::network_join: return read_call<JoinNetwork>(std::move(id), params);
    case Method::invite_create: return read_call<CreateInvite>(std::move(id), params);
    case Method::invite_list: return read_call<ListInvites>(std::move(id), params);
    case Method::invite_revoke: return read_call<RevokeInvite>(std::move(id), params);
    case Method::status: return read_call<GetStatus>(std::move(id), params);
    case Method::ping: return read_call<Ping>(std::move(id), params);
    case Method::version: return read_call<GetVersion>(std::move(id), params);
    case Method::doctor: return read_call<GetDiagnosis>(std::move(id), params);
    case Method::netcheck: return read_call<GetNetcheck>(std::move(id), params);
    case Method::why: return read_call<Why>(std::move(id), params);
  }
  return reject(std::move(id), RpcCode::method_not_found, "there is no such method");
}

std::optional<Method> method_named(std::string_view word) {
  for (std::size_t i = 0; i < std::variant_size_v<Request>; ++i) {
    const auto method = static_cast<Method>(i);
    if (name(method) == word) return method;
  }
  return std::nullopt;
}

// Ids are echoed, so they are kept short: a client counts.
constexpr std::size_t kMaxIdBytes = 128;

std::optional<CallId> read_id(const Json& message) {
  const auto id = message.find("id");
  if (id == message.end()) return std::nullopt;
  if (!id->is_string() && !id->is_number() && !id->is_null()) return std::nullopt;
  CallId read{dump(*id)};
  if (read.json.size() > kMaxIdBytes) return std::nullopt;
  return read;
}

OrderedJson with_id(const CallId& id) {
  OrderedJson message = OrderedJson::object();
  message["jsonrpc"] = "2.0";
  OrderedJson parsed = OrderedJson::parse(id.json, nullptr, /*allow_exceptions=*/false);
  message["id"] = parsed.is_discarded() ? OrderedJson(nullptr) : std::move(parsed);
  return message;
}

std::string encode_error(const CallId& id, RpcCode code, const Error& error) {
  OrderedJson message = with_id(id);
  OrderedJson& body = message["error"];
  body["code"] = static_cast<int>(code);
  body["message"] = error.message;
  body["data"]["code"] = std::string(name(error.code));
  body["data"]["hint"] = error.hint;
  return dump(message);
}

template <typename T>
OrderedJson write(const T& value) {
  JsonWriter writer;
  describe(writer, value);
  return writer.take();
}

OrderedJson write(const Reply& reply) {
  return std::visit([](const auto& value) { return write(value); }, reply);
}

OrderedJson write(const Notification& notification) {
  return std::visit([](const auto& value) { return write(value); }, notification);
}

}  // namespace

std::variant<Call, RejectedCall> parse_request(std::string_view line) {
  const std::optional<Json> message = parse_json(line, kMaxRequestBytes);
  if (!message) return reject({}, RpcCode::parse_error, "the request is not JSON");
  if (!message->is_object()) {
    return reject({}, RpcCode::invalid_request, "the request is not a JSON object");
  }
  std::optional<CallId> id = read_id(*message);
  if (!id) return reject({}, RpcCode::invalid_request, "the request has no usable \"id\"");
  const auto version = message->find("jsonrpc");
  if (version == message->end() || *version != "2.0") {
    return reject(std::move(*id), RpcCode::invalid_request, "the request is not JSON-RPC 2.0");
  }
  const auto method_field = message->find("method");
  const auto* word =
      method_field == message->end() ? nullptr : method_field->get_ptr<const Json::string_t*>();
  if (!word) {
    return reject(std::move(*id), RpcCode::invalid_request, "the request names no \"method\"");
  }
  const std::optional<Method> method = method_named(*word);
  if (!method) {
    return reject(std::move(*id), RpcCode::method_not_found,
                  "the daemon does not know the request \"" + word->substr(0, 64) + "\"",
                  "restart the daemon if it is older than this program: lanyard version");
  }
  const auto params = message->find("params");
  if (params == message->end()) return read_call(std::move(*id), *method, Json::object());
  return read_call(std::move(*id), *method, *params);
}

std::string encode_reply(const CallId& id, const Reply& reply) {
  OrderedJson message = with_id(id);
  message["result"] = write(reply);
  return dump(message);
}

std::string encode_error(const CallId& id, const Error& error) {
  return encode_error(id, RpcCode::server_error, error);
}

std::string encode_error(const RejectedCall& rejected) {
  return encode_error(rejected.id, rejected.code, rejected.error);
}

std::string encode_notification(const CallId& id, const Notification& notification) {
  OrderedJson params = with_id(id);
  params.erase("jsonrpc");
  params.update(write(notification));
  OrderedJson message = OrderedJson::object();
  message["jsonrpc"] = "2.0";
  message["method"] = std::holds_alternative<PingEcho>(notification) ? "ping.echo" : "progress";
  message["params"] = std::move(params);
  return dump(message);
}

std::string to_json(const Status& status) { return dump(write(status)); }
std::string to_json(const NetworkStatus& network) { return dump(write(network)); }
std::string to_json(const Reply& reply) { return dump(write(reply)); }
std::string to_json(const Notification& notification) { return dump(write(notification)); }

std::string error_to_json(std::string_view code, const Error& error) {
  OrderedJson body = OrderedJson::object();
  body["error"]["code"] = std::string(code);
  body["error"]["message"] = error.message;
  body["error"]["hint"] = error.hint;
  return dump(body);
}

}  // namespace lanyard::control
