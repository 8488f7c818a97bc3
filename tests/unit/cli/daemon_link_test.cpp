// SPDX-License-Identifier: Apache-2.0
// The way to the daemon through a real Unix socket, with daemons that behave and that do not.
#include "cli/daemon_link.h"

#include <cstring>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "platform/file_descriptor.h"

namespace lanyard::cli {
namespace {

using platform::FileDescriptor;

// Listens, takes one client and its request, writes the given text and closes; or, for `silent`,
// writes nothing and waits until the client has gone.
class OneAnswer {
 public:
  enum class Manner { answers, silent };

  OneAnswer(std::string text, Manner manner)
      : path_(std::filesystem::temp_directory_path() /
              ("lanyard-link-test-" + std::to_string(::getpid()))),
        listener_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    std::filesystem::remove(path_);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.c_str(), path_.string().size());
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    REQUIRE(::bind(listener_.get(), generic, sizeof address) == 0);
    REQUIRE(::listen(listener_.get(), 1) == 0);
    thread_ = std::thread([this, text, manner] { serve(text, manner); });
  }
  ~OneAnswer() {
    thread_.join();
    std::filesystem::remove(path_);
  }

  std::string path() const { return path_.string(); }

 private:
  void serve(const std::string& text, Manner manner) {
    const FileDescriptor client(::accept(listener_.get(), nullptr, nullptr));
    std::string request;
    char c = 0;
    while (c != '\n' && ::recv(client.get(), &c, 1, 0) == 1) request += c;
    if (manner == Manner::silent) {
      while (::recv(client.get(), &c, 1, 0) == 1) {
      }
      return;
    }
    // A byte at a time, as a stream may well arrive.
    for (const char out : text) ::send(client.get(), &out, 1, MSG_NOSIGNAL);
  }

  std::filesystem::path path_;
  FileDescriptor listener_;
  std::thread thread_;
};

Asked ask_version(const std::string& path, std::vector<std::string>* progress = nullptr) {
  SocketLink link(path);
  const auto note = [progress](const control::Notification& notification) {
    if (progress) progress->push_back(std::get<control::Progress>(notification).text);
  };
  return link.ask(control::GetVersion{}, milliseconds(200), note);
}

Failure failure_of(const Asked& asked) {
  const auto* failure = std::get_if<Failure>(&asked);
  REQUIRE(failure);
  return *failure;
}

TEST_CASE("progress, then the reply") {
  OneAnswer daemon(R"({"jsonrpc":"2.0","method":"progress","params":{"id":1,"text":"thinking"}})"
                   "\n"
                   R"({"jsonrpc":"2.0","id":1,"result":{"version":"1.2.3","protocol":1}})"
                   "\n",
                   OneAnswer::Manner::answers);
  std::vector<std::string> progress;
  const Asked asked = ask_version(daemon.path(), &progress);
  const auto* reply = std::get_if<control::Reply>(&asked);
  REQUIRE(reply);
  CHECK(std::get<control::Version>(*reply).version == "1.2.3");
  CHECK(progress == std::vector<std::string>{"thinking"});
}

TEST_CASE("the daemon's error has its exit status") {
  OneAnswer daemon(R"({"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"no",)"
                   R"("data":{"code":"permission","hint":"sudo"}}})"
                   "\n",
                   OneAnswer::Manner::answers);
  const Failure failure = failure_of(ask_version(daemon.path()));
  CHECK(failure.exit == ExitCode::permission);
  CHECK(failure.error.hint == "sudo");
}

TEST_CASE("a daemon that says nothing") {
  OneAnswer silent("", OneAnswer::Manner::silent);
  CHECK(failure_of(ask_version(silent.path())).exit == ExitCode::timeout);
}

TEST_CASE("a daemon that goes away in the middle of a line") {
  OneAnswer half(R"({"jsonrpc":"2.0","id":1,"res)", OneAnswer::Manner::answers);
  const Failure failure = failure_of(ask_version(half.path()));
  CHECK(failure.exit == ExitCode::failure);
  CHECK(failure.error.message.find("closed") != std::string::npos);
}

TEST_CASE("something that is no daemon") {
  OneAnswer web("HTTP/1.1 400 Bad Request\r\n\r\n", OneAnswer::Manner::answers);
  CHECK(failure_of(ask_version(web.path())).error.message.find("understood") != std::string::npos);
}

TEST_CASE("no daemon at the socket") {
  const Failure missing = failure_of(ask_version("/nonexistent/lanyard/control.sock"));
  CHECK(missing.exit == ExitCode::daemon_not_running);
  CHECK(missing.code == "daemon_not_running");
  CHECK(missing.error.hint.find("lanyard daemon") != std::string::npos);
  // A path that is no socket, and one that no socket can have.
  CHECK(failure_of(ask_version("/dev/null")).exit == ExitCode::daemon_not_running);
  CHECK(failure_of(ask_version(std::string(300, 'x'))).exit == ExitCode::usage);
}

}  // namespace
}  // namespace lanyard::cli
