// SPDX-License-Identifier: Apache-2.0
// A client's half of json.h: requests written, answers read.
#include <array>

#include "core/control/json.h"
#include "core/control/json_shapes.h"

namespace lanyard::control {
namespace {

// In the order of Method.
constexpr std::array<std::string_view, 14> kMethodNames{"network.create", "network.up",
                                                        "network.down",   "network.leave",
                                                        "network.join",   "invite.create",
                                                        "invite.list",    "invite.revoke",
                                                        "status",         "ping",
                                                        "version",        "doctor",
                                                        "netcheck",       "why"};
static_assert(kMethodNames.size() == std::variant_size_v<Request>);

Error not_understood(std::string_view why) {
  return make_error(Errc::invalid, "the daemon's answer cannot be understood: " + std::string(why),
                    "check that daemon and program have one version: lanyard version");
}

template <typename T>
Result<ServerMessage> read_content(std::uint64_t call, const Json& json) {
  T value;
  JsonReader reader(json);
  describe(reader, value);
  if (reader.problem()) return not_understood(*reader.problem());
  if constexpr (std::is_constructible_v<Reply, T>) {
    return ServerMessage{call, Reply(std::move(value))};
  } else {
    return ServerMessage{call, Notification(std::move(value))};
  }
}

Result<ServerMessage> read_reply(const OpenCall& call, const Json& result) {
  switch (call.method) {
    case Method::network_create:
    case Method::network_up:
    case Method::network_join: return read_content<NetworkReply>(call.number, result);
    case Method::network_down:
    case Method::network_leave:
    case Method::invite_revoke: return read_content<Done>(call.number, result);
    case Method::invite_create: return read_content<InviteReply>(call.number, result);
    case Method::invite_list: return read_content<InviteList>(call.number, result);
    case Method::status: return read_content<Status>(call.number, result);
    case Method::ping: return read_content<PingSummary>(call.number, result);
    case Method::version: return read_content<Version>(call.number, result);
    case Method::doctor: return read_content<Diagnosis>(call.number, result);
    case Method::netcheck: return read_content<Netcheck>(call.number, result);
    case Method::why: return read_content<PathReport>(call.number, result);
  }
  return not_understood("it answers nothing that was asked");
}

struct RpcErrorData {
  std::string code;
  std::string hint;
};

struct RpcError {
  std::string message;
  RpcErrorData data;
};

template <typename Io>
void describe(Io& io, Of<Io, RpcErrorData>& data) {
  io.optional("code", data.code);
  io.optional("hint", data.hint);
}

template <typename Io>
void describe(Io& io, Of<Io, RpcError>& error) {
  io.required("message", error.message);
  io.optional("data", error.data);
}

Result<ServerMessage> read_error(std::uint64_t call, const Json& json) {
  RpcError error;
  JsonReader reader(json);
  describe(reader, error);
  if (reader.problem()) return not_understood(*reader.problem());
  return ServerMessage{call, make_error(errc_named(error.data.code).value_or(Errc::failure),
                                        std::move(error.message), std::move(error.data.hint))};
}

const OpenCall* find_call(const Json& object, std::span<const OpenCall> open) {
  const auto id = object.find("id");
  if (id == object.end()) return nullptr;
  const auto* number = id->get_ptr<const Json::number_unsigned_t*>();
  if (!number) return nullptr;
  for (const OpenCall& call : open) {
    if (call.number == *number) return &call;
  }
  return nullptr;
}

using MaybeMessage = std::optional<ServerMessage>;

Result<MaybeMessage> pass_on(Result<ServerMessage> message) {
  if (!message) return message.error();
  return MaybeMessage(std::move(*message));
}

Result<MaybeMessage> read_notification(const Json& message,
                                       const std::string& method,
                                       std::span<const OpenCall> open) {
  const auto params = message.find("params");
  if (params == message.end() || !params->is_object()) return not_understood("no parameters");
  const OpenCall* call = find_call(*params, open);
  if (!call) return MaybeMessage();
  if (method == "progress") return pass_on(read_content<Progress>(call->number, *params));
  if (method == "ping.echo") return pass_on(read_content<PingEcho>(call->number, *params));
  return MaybeMessage();
}

}  // namespace

Method method_of(const Request& request) { return static_cast<Method>(request.index()); }

std::string_view name(Method method) { return kMethodNames[static_cast<std::size_t>(method)]; }

std::string encode_request(std::uint64_t number, const Request& request) {
  OrderedJson message = OrderedJson::object();
  message["jsonrpc"] = "2.0";
  message["id"] = number;
  message["method"] = std::string(name(method_of(request)));
  JsonWriter params;
  std::visit([&params](const auto& value) { describe(params, value); }, request);
  message["params"] = params.take();
  return dump(message);
}

Result<std::optional<ServerMessage>> parse_server_message(std::string_view line,
                                                          std::span<const OpenCall> open) {
  const std::optional<Json> message = parse_json(line, kMaxReplyBytes);
  if (!message || !message->is_object()) return not_understood("it is not a JSON object");
  const auto version = message->find("jsonrpc");
  if (version == message->end() || *version != "2.0") return not_understood("not JSON-RPC 2.0");
  if (const auto method = message->find("method"); method != message->end()) {
    const auto* word = method->get_ptr<const Json::string_t*>();
    if (!word) return not_understood("a notification without a name");
    return read_notification(*message, *word, open);
  }
  const OpenCall* call = find_call(*message, open);
  const auto error = message->find("error");
  const auto result = message->find("result");
  if (error == message->end() && result == message->end()) {
    return not_understood("neither a result nor an error");
  }
  if (call && result != message->end()) return pass_on(read_reply(*call, *result));
  if (call) return pass_on(read_error(call->number, *error));
  // The daemon could not even read our id: every call on this connection is in doubt.
  const auto id = message->find("id");
  if (error != message->end() && id != message->end() && id->is_null()) {
    const Result<ServerMessage> refused = read_error(0, *error);
    if (!refused) return refused.error();
    return std::get<Error>(refused->content);
  }
  return MaybeMessage();
}

}  // namespace lanyard::control
