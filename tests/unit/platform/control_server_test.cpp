// SPDX-License-Identifier: Apache-2.0
// The control socket and clients that behave badly, over real sockets.
#include "platform/control_server.h"

#include <chrono>
#include <fstream>

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <doctest/doctest.h>

#include "platform/file_descriptor.h"
#include "tests/unit/platform/recording_log.h"
#include "tests/unit/platform/temporary_directory.h"

namespace lanyard::platform {
namespace {

FileDescriptor unix_socket() {
  return FileDescriptor(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

class TestClient {
 public:
  explicit TestClient(const std::string& path) : socket_(unix_socket()) {
    const sockaddr_un address = address_of(path);
    REQUIRE(connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
            0);
  }

  // How much of it was taken.
  std::size_t send(std::string_view text) {
    const ssize_t sent = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
  }
  void call(std::uint64_t number, const control::Request& request) {
    const std::string line = control::encode_request(number, request) + "\n";
    REQUIRE(send(line) == line.size());
  }
  // All that has arrived since the start.
  const std::string& received() {
    std::array<char, 65536> bytes;
    ssize_t size = 0;
    while ((size = recv(socket_.get(), bytes.data(), bytes.size(), 0)) > 0) {
      received_.append(bytes.data(), static_cast<std::size_t>(size));
    }
    is_cut_off_ = is_cut_off_ || size == 0 || errno != EAGAIN;
    return received_;
  }
  bool has_received(std::string_view text) { return received().find(text) != std::string::npos; }
  bool is_cut_off() {
    received();
    return is_cut_off_;
  }
  void leave() { socket_.close(); }

 private:
  FileDescriptor socket_;
  std::string received_;
  bool is_cut_off_ = false;
};

class RecordedRequests final : public ControlRequests {
 public:
  void handle_request(node::RequestId id, const control::Request& request) override {
    open.emplace_back(id, request);
  }
  void handle_gone(node::RequestId id) override { gone.push_back(id); }

  std::vector<std::pair<node::RequestId, control::Request>> open;
  std::vector<node::RequestId> gone;
};

class ServerFixture {
 protected:
  ServerFixture() {
    auto opened = ControlServer::open(loop, path, requests, log, limits);
    REQUIRE(opened);
    server = std::move(*opened);
  }

  // Lets the server run until the condition holds, for at most five seconds.
  template <typename Condition>
  bool reaches(Condition condition) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > give_up) return false;
      pollfd poll_for{uv_backend_fd(loop.get()), POLLIN, 0};
      poll(&poll_for, 1, 1);
      uv_run(loop.get(), UV_RUN_NOWAIT);
    }
    return true;
  }
  void answer_all(const control::Reply& reply) {
    for (const auto& [id, request] : std::exchange(requests.open, {})) {
      server->answer({id, reply});
    }
  }
  // A client that behaves is served as ever.
  bool serves() {
    TestClient client(path);
    client.call(7, control::GetVersion{});
    return reaches([&] {
      answer_all(control::Version{"1.2.3", 1});
      return client.has_received("1.2.3");
    });
  }

  TemporaryDirectory directory;
  std::string path = directory / "run/control.sock";
  RecordingLog log;
  ControlLimits limits;
  EventLoop loop;
  RecordedRequests requests;
  std::unique_ptr<ControlServer> server;
};

TEST_CASE_FIXTURE(ServerFixture, "requests come through and answers go back to who asked") {
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0660);

  TestClient alice(path);
  TestClient bob(path);
  alice.call(1, control::GetStatus{});
  bob.call(1, control::NetworkDown{"lab"});
  REQUIRE(reaches([&] { return requests.open.size() == 2; }));
  for (const auto& [id, request] : requests.open) {
    if (std::holds_alternative<control::GetStatus>(request)) {
      server->notify({id, control::Progress{"working on it"}});
      server->answer({id, control::Reply(control::Version{"for alice", 1})});
      // Answered: no more comes of it.
      server->answer({id, control::Reply(control::Version{"again", 1})});
    } else {
      CHECK(std::get<control::NetworkDown>(request).network == "lab");
      server->answer({id, make_error(Errc::not_found, "no such network", "")});
    }
  }
  server->answer({999, control::Reply(control::Done{})});
  CHECK(reaches([&] { return alice.has_received("for alice"); }));
  CHECK(alice.received().find("working on it") < alice.received().find("for alice"));
  CHECK_FALSE(alice.has_received("again"));
  CHECK(reaches([&] { return bob.has_received("no such network"); }));
  CHECK_FALSE(bob.has_received("alice"));
}

TEST_CASE_FIXTURE(ServerFixture, "a request may arrive byte by byte, and several in one piece") {
  TestClient client(path);
  const std::string line = control::encode_request(1, control::GetStatus{}) + "\n";
  for (const char& c : line) {
    REQUIRE(client.send({&c, 1}) == 1);
    uv_run(loop.get(), UV_RUN_NOWAIT);
  }
  CHECK(reaches([&] { return requests.open.size() == 1; }));
  CHECK(client.send(line + line + line) == 3 * line.size());
  CHECK(reaches([&] { return requests.open.size() == 4; }));
}

TEST_CASE_FIXTURE(ServerFixture, "a client that leaves cancels what it asked for") {
  TestClient client(path);
  client.call(1, control::GetStatus{});
  client.call(2, control::GetStatus{});
  REQUIRE(reaches([&] { return requests.open.size() == 2; }));
  server->answer({requests.open[0].first, control::Reply(control::Done{})});
  client.leave();
  REQUIRE(reaches([&] { return server->client_count() == 0; }));
  CHECK(requests.gone == std::vector<node::RequestId>{requests.open[1].first});
  server->answer({requests.open[1].first, control::Reply(control::Done{})});
  CHECK(serves());
}

TEST_CASE_FIXTURE(ServerFixture, "a client that sends without end is told and cut off") {
  TestClient client(path);
  const std::string megabyte(1 << 20, 'x');
  std::size_t taken = 0;
  REQUIRE(reaches([&] {
    taken += client.send(megabyte);
    return client.is_cut_off();
  }));
  CHECK(client.has_received("longer than 65536 bytes"));
  CHECK(taken < 4 * megabyte.size());
  CHECK(serves());
}

TEST_CASE_FIXTURE(ServerFixture, "clients that send nothing or half a line disturb no one") {
  TestClient silent(path);
  TestClient half(path);
  REQUIRE(half.send(R"({"jsonrpc":"2.0",)") > 0);
  CHECK(serves());
  CHECK_FALSE(silent.is_cut_off());
  CHECK_FALSE(half.is_cut_off());
  half.leave();
  CHECK(reaches([&] { return server->client_count() == 1; }));
  CHECK(requests.open.empty());
}

TEST_CASE_FIXTURE(ServerFixture, "lines that are no requests are answered with an error each") {
  TestClient client(path);
  REQUIRE(client.send("junk\n\n[]\n{\"id\":5}\n\xff\xfe\n") > 0);
  const auto error_count = [&] {
    std::size_t count = 0;
    const std::string& text = client.received();
    for (std::size_t at = 0; (at = text.find("\"error\"", at)) != std::string::npos; ++at) ++count;
    return count;
  };
  CHECK(reaches([&] { return error_count() >= 4; }));
  CHECK_FALSE(client.is_cut_off());
  CHECK(requests.open.empty());
}

TEST_CASE_FIXTURE(ServerFixture, "a client that asks and never reads is paused, then cut off") {
  TestClient client(path);
  std::string junk;
  for (int i = 0; i < 4000; ++i) junk += "x\n";
  // Every line earns an answer that is never read: the server stops reading before long, and the
  // socket takes no more.
  std::size_t taken = 0;
  int refused = 0;
  REQUIRE(reaches([&] {
    const std::size_t more = client.send(junk);
    taken += more;
    refused = more == 0 ? refused + 1 : 0;
    return refused > 5;
  }));
  CHECK(taken < 2'000'000);
  CHECK(serves());

  TestClient greedy(path);
  for (std::uint64_t i = 1; i <= 5; ++i) greedy.call(i, control::GetStatus{});
  REQUIRE(reaches([&] { return requests.open.size() == 5; }));
  answer_all(control::Version{std::string(1 << 20, 'v'), 1});
  CHECK(log.has("does not read"));
  CHECK(reaches([&] { return greedy.is_cut_off(); }));
  CHECK(serves());
}

TEST_CASE_FIXTURE(ServerFixture, "too many requests and too many clients are refused, not kept") {
  TestClient busy(path);
  for (std::uint64_t i = 1; i <= limits.open_requests + 1; ++i) busy.call(i, control::GetStatus{});
  CHECK(reaches([&] { return busy.has_received("too many requests"); }));
  CHECK(requests.open.size() == limits.open_requests);

  std::vector<std::unique_ptr<TestClient>> crowd;
  while (crowd.size() < limits.clients - 1) {
    crowd.push_back(std::make_unique<TestClient>(path));
    REQUIRE(reaches([&] { return server->client_count() == crowd.size() + 1; }));
  }
  TestClient late(path);
  CHECK(reaches([&] { return late.is_cut_off(); }));
  CHECK(late.has_received("too many clients"));
  crowd.pop_back();
  REQUIRE(reaches([&] { return server->client_count() == limits.clients - 1; }));
  requests.open.clear();
  CHECK(serves());
}

TEST_CASE_FIXTURE(ServerFixture,
                  "the socket of a living daemon is left alone, a dead one's is not") {
  const auto second = ControlServer::open(loop, path, requests, log);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == Errc::conflict);
  CHECK(second.error().message == "another daemon is listening on " + path);
  CHECK(serves());

  const std::string dead = directory / "dead.sock";
  {
    const FileDescriptor left = unix_socket();
    const sockaddr_un address = address_of(dead);
    REQUIRE(bind(left.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }
  CHECK(ControlServer::open(loop, dead, requests, log));

  const std::string file = directory / "file";
  std::ofstream(file) << "precious";
  const auto refused = ControlServer::open(loop, file, requests, log);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::conflict);
  CHECK(std::filesystem::file_size(file) == 8);
}

TEST_CASE_FIXTURE(ServerFixture, "the socket is gone with the server") {
  TestClient client(path);
  client.call(1, control::GetStatus{});
  REQUIRE(reaches([&] { return requests.open.size() == 1; }));
  server.reset();
  CHECK(reaches([&] { return client.is_cut_off(); }));
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK(requests.gone.empty());
}

TEST_CASE("a path that is too long for a socket is refused") {
  EventLoop loop;
  RecordedRequests requests;
  RecordingLog log;
  const auto server = ControlServer::open(loop, "/tmp/" + std::string(120, 'x'), requests, log);
  REQUIRE_FALSE(server);
  CHECK(server.error().code == Errc::invalid);
}

TEST_CASE("what takes rights from others takes root") {
  const PeerCredentials root{0};
  const PeerCredentials somebody{54321};
  CHECK(check_access(root, control::RevokeInvite{}));
  CHECK(check_access(somebody, control::GetStatus{}));
  CHECK(check_access(somebody, control::CreateInvite{}));
  const auto refused = check_access(somebody, control::RevokeInvite{});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::permission);
}

}  // namespace
}  // namespace lanyard::platform
