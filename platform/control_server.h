// SPDX-License-Identifier: Apache-2.0
// The Unix socket that clients ask through: one JSON object a line (core/control/json.h). Cuts the
// stream into requests, numbers them for the node and carries answers back to whoever asked.
//
// A client costs bounded memory whatever it does: lines, open requests, unread output and clients
// all have limits, and beyond them the client is told so and cut off. None of it can hold up
// another client.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <uv.h>

#include "core/base/log.h"
#include "core/base/result.h"
#include "core/control/json.h"
#include "core/node/outbox.h"
#include "platform/control_access.h"
#include "platform/event_loop.h"

namespace lanyard::platform {

// Where requests go. Neither function may destroy the server.
class ControlRequests {
 public:
  virtual void handle_request(node::RequestId id, const control::Request& request) = 0;
  // The client of an open request has gone.
  virtual void handle_gone(node::RequestId id) = 0;

 protected:
  ~ControlRequests() = default;
};

struct ControlLimits {
  std::size_t clients = 64;
  std::size_t open_requests = 64;              // of one client
  std::size_t unsent_bytes = 4 * 1024 * 1024;  // of one client; a status is 1 MiB at most
  std::size_t paused_at_bytes = 256 * 1024;    // unsent: no more requests are read until it shrinks
};

// Control thread.
class ControlServer {
 public:
  // Replaces the socket of a daemon that has died. Errc::conflict when one that lives listens
  // there. The socket is 0660 and belongs to the group `lanyard` where there is one.
  static Result<std::unique_ptr<ControlServer>> open(EventLoop& loop,
                                                     const std::string& path,
                                                     ControlRequests& requests,
                                                     LogSink& log_sink,
                                                     const ControlLimits& limits = {});
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;
  // Removes the socket; what clients have not read by now is lost.
  ~ControlServer();

  // Both ignore requests whose client has gone.
  void notify(const node::Notice& notice);
  void answer(const node::Answer& answer);

  std::size_t client_count() const { return clients_.size(); }

 private:
  struct Client;
  struct OpenRequest {
    Client* client = nullptr;
    control::CallId call;
  };

  ControlServer(EventLoop& loop,
                ControlRequests& requests,
                LogSink& log_sink,
                const ControlLimits& limits);

  Result<void> listen(const std::string& path);
  void accept();
  void read(Client& client, std::string_view bytes);
  void take_line(Client& client, std::string_view line);
  void send(Client& client, std::string line);
  void write(Client& client, std::string text);
  void after_write(Client& client, int status);
  // Sends what is left, reads nothing more and then closes.
  void finish(Client& client);
  void close(Client& client);

  EventLoop& loop_;
  ControlRequests& requests_;
  LogSink& log_sink_;
  ControlLimits limits_;
  uv_pipe_t* listener_ = nullptr;  // deleted by its close callback
  std::map<Client*, std::unique_ptr<Client>> clients_;
  std::map<node::RequestId, OpenRequest> open_requests_;
  node::RequestId last_request_ = 0;
};

}  // namespace lanyard::platform
