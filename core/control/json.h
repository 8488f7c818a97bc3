// SPDX-License-Identifier: Apache-2.0
// The control protocol as text: JSON-RPC 2.0, one JSON object a line, the line feed being the end
// of a message and never part of one here. Requests, replies, errors and notifications go both
// ways through these functions, so that daemon and clients cannot disagree.
//
// No input makes these functions throw, recurse deeply or allocate without bound: a line over its
// limit, nested deeper than kMaxDepth or of a wrong type anywhere is an error. Unknown fields are
// ignored, so that newer and older programs understand each other. Transport is the caller's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "core/base/result.h"
#include "core/control/messages.h"

namespace lanyard::control {

// A request holds a token of 250 characters or less; far more leaves room for what comes later.
inline constexpr std::size_t kMaxRequestBytes = 64 * 1024;
// A status of 1000 members with 500 bytes each takes half of this.
inline constexpr std::size_t kMaxReplyBytes = 1024 * 1024;
// The deepest message, a status, nests 6 levels.
inline constexpr std::size_t kMaxDepth = 16;

// ---- The daemon's side ----

// The id of a call as JSON text (a number, a string with its quotes, or null), to be echoed as it
// came.
struct CallId {
  std::string json = "null";
};

struct Call {
  CallId id;
  Request request;
};

// JSON-RPC 2.0 section 5.1.
enum class RpcCode : int {
  parse_error = -32700,
  invalid_request = -32600,
  method_not_found = -32601,
  invalid_params = -32602,
  server_error = -32000,  // every failure of a request that was understood; see data.code
};

// A line that is no request we know. The id is the line's own where it could be read.
struct RejectedCall {
  CallId id;
  RpcCode code = RpcCode::invalid_request;
  Error error;
};

// The line, without its line feed, is borrowed for the call.
std::variant<Call, RejectedCall> parse_request(std::string_view line);

// All without a line feed.
std::string encode_reply(const CallId& id, const Reply& reply);
std::string encode_error(const CallId& id, const Error& error);
std::string encode_error(const RejectedCall& rejected);
// Tells the client of the open call `id` something before its reply.
std::string encode_notification(const CallId& id, const Notification& notification);

// ---- A client's side; control::Client composes these ----

// The kinds of request, in the order of Request's alternatives.
enum class Method : std::uint8_t {
  network_create,
  network_up,
  network_down,
  network_leave,
  network_join,
  invite_create,
  invite_list,
  invite_revoke,
  status,
  ping,
  version,
  doctor,
  netcheck,
  why,
};

Method method_of(const Request& request);
std::string_view name(Method method);  // "network.create"

struct OpenCall {
  std::uint64_t number = 0;
  Method method = Method::status;
};

struct ServerMessage {
  std::uint64_t call = 0;  // number of the open call that it belongs to
  std::variant<Reply, Error, Notification> content;
};

std::string encode_request(std::uint64_t number, const Request& request);

// `open` names the calls that may be answered, for a reply is read by what was asked. Nothing for
// an answer to another call and for a notification of a newer daemon: to be passed over. An error
// when the line is no message of this protocol. Both parameters are borrowed for the call.
Result<std::optional<ServerMessage>> parse_server_message(std::string_view line,
                                                          std::span<const OpenCall> open);

// ---- What --json prints, and scripts read ----

std::string to_json(const Status& status);  // schema 1
std::string to_json(const NetworkStatus& network);
std::string to_json(const Reply& reply);
std::string to_json(const Notification& notification);
// {"error":{"code":"not_found","message":...,"hint":...}}; code as given, for a client has failures
// of its own.
std::string error_to_json(std::string_view code, const Error& error);

}  // namespace lanyard::control
