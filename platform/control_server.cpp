// SPDX-License-Identifier: Apache-2.0
#include "platform/control_server.h"

#include <array>
#include <cerrno>
#include <utility>
#include <vector>

#include "core/control/line_buffer.h"
#include "platform/control_socket.h"

namespace lanyard::platform {
namespace {

constexpr int kBacklog = 32;
// Read at once; so many tiny requests at most are answered before their client is paused.
constexpr std::size_t kReadBytes = 16 * 1024;

uv_stream_t* stream(uv_pipe_t& pipe) { return reinterpret_cast<uv_stream_t*>(&pipe); }
uv_handle_t* generic(uv_pipe_t& pipe) { return reinterpret_cast<uv_handle_t*>(&pipe); }

}  // namespace

// Owned by the server until close(), and then by libuv, which deletes it when it has let go.
struct ControlServer::Client {
  enum class State : std::uint8_t { open, paused, finishing, closed };

  ControlServer* server = nullptr;
  uv_pipe_t pipe;
  PeerCredentials peer;
  control::LineBuffer lines{control::kMaxRequestBytes};
  State state = State::open;
  std::size_t unsent_bytes = 0;
  std::size_t open_requests = 0;
  std::array<char, kReadBytes> arriving;

  bool is_closed() const { return state == State::closed; }
  void start_reading();

  static void delete_after_close(uv_handle_t* handle) { delete static_cast<Client*>(handle->data); }
};

namespace {

// A line on its way out; deletes itself when libuv is done with it.
struct PendingWrite {
  uv_write_t request{};
  std::string text;
};

}  // namespace

Result<std::unique_ptr<ControlServer>> ControlServer::open(EventLoop& loop,
                                                           const std::string& path,
                                                           ControlRequests& requests,
                                                           LogSink& log_sink,
                                                           const ControlLimits& limits) {
  std::unique_ptr<ControlServer> server(new ControlServer(loop, requests, log_sink, limits));
  const auto listening = server->listen(path);
  if (!listening) return listening.error();
  return server;
}

ControlServer::ControlServer(EventLoop& loop,
                             ControlRequests& requests,
                             LogSink& log_sink,
                             const ControlLimits& limits)
    : loop_(loop), requests_(requests), log_sink_(log_sink), limits_(limits) {}

ControlServer::~ControlServer() {
  for (auto& [client, owned] : clients_) {
    client->state = Client::State::closed;
    owned.release();
    uv_close(generic(client->pipe), Client::delete_after_close);
  }
  if (listener_ == nullptr) return;
  // libuv removes the socket's file.
  uv_close(generic(*listener_),
           [](uv_handle_t* handle) { delete reinterpret_cast<uv_pipe_t*>(handle); });
}

Result<void> ControlServer::listen(const std::string& path) {
  auto place = claim_socket_path(path);
  if (!place) return place.error();
  listener_ = new uv_pipe_t;
  uv_pipe_init(loop_.get(), listener_, 0);
  listener_->data = this;
  const auto on_connection = [](uv_stream_t* listener, int status) {
    if (status == 0) static_cast<ControlServer*>(listener->data)->accept();
  };
  int result = bind_privately(listener_, path);
  if (result == 0) result = uv_listen(stream(*listener_), kBacklog, on_connection);
  if (result != 0) return socket_error(-result, path);
  return open_to_group(path);
}

void ControlServer::accept() {
  auto owned = std::make_unique<Client>();
  Client& client = *owned;
  client.server = this;
  uv_pipe_init(loop_.get(), &client.pipe, 0);
  client.pipe.data = &client;
  clients_.emplace(&client, std::move(owned));
  if (uv_accept(stream(*listener_), stream(client.pipe)) != 0) return close(client);
  client.peer = peer_credentials(client.pipe);
  if (clients_.size() > limits_.clients) {
    send(client,
         control::encode_error(control::CallId(),
                               make_error(Errc::overloaded, "the daemon has too many clients",
                                          "end some of them and try again")));
    return finish(client);
  }
  client.start_reading();
}

void ControlServer::Client::start_reading() {
  state = State::open;
  uv_read_start(
      stream(pipe),
      [](uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
        auto* self = static_cast<Client*>(handle->data);
        *buffer = uv_buf_init(self->arriving.data(), kReadBytes);
      },
      [](uv_stream_t* from, ssize_t size, const uv_buf_t* buffer) {
        auto* self = static_cast<Client*>(from->data);
        if (size < 0) return self->server->close(*self);
        self->server->read(*self, {buffer->base, static_cast<std::size_t>(size)});
      });
}

void ControlServer::read(Client& client, std::string_view bytes) {
  const bool is_bounded = client.lines.append(bytes);
  while (!client.is_closed()) {
    const auto line = client.lines.next_line();
    if (!line) break;
    take_line(client, *line);
  }
  if (client.is_closed() || is_bounded) return;
  send(client,
       control::encode_error(
           control::CallId(),
           make_error(Errc::invalid, "a request is longer than " +
                                         std::to_string(control::kMaxRequestBytes) + " bytes")));
  finish(client);
}

void ControlServer::take_line(Client& client, std::string_view line) {
  auto parsed = control::parse_request(line);
  if (const auto* rejected = std::get_if<control::RejectedCall>(&parsed)) {
    return send(client, control::encode_error(*rejected));
  }
  const auto& call = std::get<control::Call>(parsed);
  const auto access = check_access(client.peer, call.request);
  if (!access) return send(client, control::encode_error(call.id, access.error()));
  if (client.open_requests == limits_.open_requests) {
    return send(client, control::encode_error(
                            call.id, make_error(Errc::overloaded,
                                                "too many requests of this client are open",
                                                "wait for their answers")));
  }
  const node::RequestId id = ++last_request_;
  ++client.open_requests;
  open_requests_.emplace(id, OpenRequest{&client, call.id});
  requests_.handle_request(id, call.request);
}

void ControlServer::notify(const node::Notice& notice) {
  const auto found = open_requests_.find(notice.request);
  if (found == open_requests_.end()) return;
  send(*found->second.client,
       control::encode_notification(found->second.call, notice.notification));
}

void ControlServer::answer(const node::Answer& answer) {
  const auto found = open_requests_.find(answer.request);
  if (found == open_requests_.end()) return;
  const OpenRequest request = std::move(found->second);
  open_requests_.erase(found);
  --request.client->open_requests;
  send(*request.client, answer.reply ? control::encode_reply(request.call, *answer.reply)
                                     : control::encode_error(request.call, answer.reply.error()));
}

void ControlServer::send(Client& client, std::string line) {
  if (client.is_closed()) return;
  line += '\n';
  if (client.unsent_bytes == 0) {
    uv_buf_t buffer = uv_buf_init(line.data(), static_cast<unsigned>(line.size()));
    const int sent = uv_try_write(stream(client.pipe), &buffer, 1);
    if (sent > 0) line.erase(0, static_cast<std::size_t>(sent));
    if (line.empty()) return;
  }
  if (client.unsent_bytes + line.size() > limits_.unsent_bytes) {
    log(log_sink_, LogLevel::warning, "a control client does not read its answers: cut off");
    return close(client);
  }
  client.unsent_bytes += line.size();
  if (client.unsent_bytes > limits_.paused_at_bytes && client.state == Client::State::open) {
    client.state = Client::State::paused;
    uv_read_stop(stream(client.pipe));
  }
  write(client, std::move(line));
}

void ControlServer::write(Client& client, std::string text) {
  auto* pending = new PendingWrite{{}, std::move(text)};
  pending->request.data = pending;
  uv_buf_t buffer = uv_buf_init(pending->text.data(), static_cast<unsigned>(pending->text.size()));
  const auto on_written = [](uv_write_t* request, int status) {
    const std::unique_ptr<PendingWrite> done(static_cast<PendingWrite*>(request->data));
    auto* self = static_cast<Client*>(request->handle->data);
    self->unsent_bytes -= done->text.size();
    if (!self->is_closed()) self->server->after_write(*self, status);
  };
  if (uv_write(&pending->request, stream(client.pipe), &buffer, 1, on_written) != 0) {
    client.unsent_bytes -= pending->text.size();
    delete pending;
    close(client);
  }
}

void ControlServer::after_write(Client& client, int status) {
  if (status != 0) return close(client);
  if (client.state == Client::State::paused && client.unsent_bytes <= limits_.paused_at_bytes) {
    client.start_reading();
  }
  if (client.state == Client::State::finishing && client.unsent_bytes == 0) close(client);
}

void ControlServer::finish(Client& client) {
  if (client.is_closed()) return;
  if (client.unsent_bytes == 0) return close(client);
  client.state = Client::State::finishing;
  uv_read_stop(stream(client.pipe));
}

void ControlServer::close(Client& client) {
  if (client.is_closed()) return;
  client.state = Client::State::closed;
  const auto owned = clients_.extract(&client);
  owned.mapped().release();
  uv_close(generic(client.pipe), Client::delete_after_close);
  std::vector<node::RequestId> gone;
  for (const auto& [id, request] : open_requests_) {
    if (request.client == &client) gone.push_back(id);
  }
  for (const node::RequestId id : gone) open_requests_.erase(id);
  for (const node::RequestId id : gone) requests_.handle_gone(id);
}

}  // namespace lanyard::platform
