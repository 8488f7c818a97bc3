// SPDX-License-Identifier: Apache-2.0
#include "platform/state_directory.h"

#include <filesystem>
#include <fstream>
#include <thread>

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "tests/unit/platform/recording_log.h"
#include "tests/unit/platform/temporary_directory.h"

namespace lanyard::platform {
namespace {

constexpr UnixTime kNow{1'800'000'000};

mode_t mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return status.st_mode & 0777;
}

std::string read_all(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_all(const std::string& path, std::string_view contents) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << contents;
}

TEST_CASE("state files are there after the directory is opened again") {
  const TemporaryDirectory temporary;
  const std::string path = temporary / "a/state";
  RecordingLog log;
  {
    const auto state = StateDirectory::open(path, log);
    REQUIRE(state);
    CHECK(mode_of(path) == 0700);
    REQUIRE(state->write("node", as_bytes("first")));
    REQUIRE(state->write("node", as_bytes("second")));
    REQUIRE(state->write("networks/4f2a.roster", as_bytes("members")));
    REQUIRE(state->write("networks/gone", as_bytes("x")));
    REQUIRE(state->remove("networks/gone"));
    REQUIRE(state->remove("networks/never-there"));
    REQUIRE(state->remove("no-directory/never-there"));
    CHECK(mode_of(path + "/node") == 0600);
    CHECK(mode_of(path + "/networks") == 0700);
  }
  const auto again = StateDirectory::open(path, log);
  REQUIRE(again);
  const auto files = again->load_all(kNow);
  REQUIRE(files);
  REQUIRE(files->size() == 2);
  CHECK((*files)[0].name == "networks/4f2a.roster");
  CHECK(to_string((*files)[0].contents) == "members");
  CHECK((*files)[1].name == "node");
  CHECK(to_string((*files)[1].contents) == "second");
  CHECK(log.lines.empty());
}

TEST_CASE("a damaged state file is set aside and named, and the rest is used") {
  const TemporaryDirectory temporary;
  RecordingLog log;
  const auto state = StateDirectory::open(temporary.path(), log);
  REQUIRE(state);
  for (const char* name : {"good", "torn", "flipped", "networks/empty"}) {
    REQUIRE(state->write(name, as_bytes("some contents")));
  }
  std::filesystem::resize_file(temporary / "torn", 20);
  std::string flipped = read_all(temporary / "flipped");
  flipped[flipped.size() / 2] ^= 4;
  write_all(temporary / "flipped", flipped);
  write_all(temporary / "networks/empty", "");
  write_all(temporary / "node.new", "left behind by a loss of power");
  std::filesystem::create_symlink("/etc/passwd", temporary / "link");
  REQUIRE(mkfifo((temporary / "pipe").c_str(), 0600) == 0);

  const auto files = state->load_all(kNow);
  REQUIRE(files);
  REQUIRE(files->size() == 1);
  CHECK((*files)[0].name == "good");
  for (const char* name : {"torn", "flipped", "networks/empty"}) {
    CAPTURE(name);
    CHECK_FALSE(std::filesystem::exists(temporary / name));
    CHECK(std::filesystem::exists(temporary / name + ".corrupt-1800000000"));
    CHECK(log.has("state file " + std::string(name) + " cannot be used and was set aside as " +
                  (temporary / name) + ".corrupt-1800000000: "));
  }
  // What was set aside is not met again.
  log.lines.clear();
  REQUIRE(state->load_all(kNow));
  CHECK(log.lines.empty());
}

TEST_CASE("a second daemon on the same directory is told who has it") {
  const TemporaryDirectory temporary;
  RecordingLog log;
  auto first = StateDirectory::open(temporary.path(), log);
  REQUIRE(first);
  const auto second = StateDirectory::open(temporary.path(), log);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == Errc::conflict);
  CHECK(second.error().message == "another daemon (process " + std::to_string(getpid()) +
                                      ") is using the state directory " + temporary.path());
  CHECK(second.error().hint.find("--state-dir") != std::string::npos);

  { const auto ended = std::move(*first); }
  CHECK(StateDirectory::open(temporary.path(), log));
}

TEST_CASE("names that would leave the state directory are refused") {
  const TemporaryDirectory temporary;
  RecordingLog log;
  const auto state = StateDirectory::open(temporary / "state", log);
  REQUIRE(state);
  std::filesystem::create_directory_symlink(temporary.path(), temporary / "state/elsewhere");
  for (const char* name :
       {"", ".", "..", "../out", "a/b/c", "/etc/x", "a/", "/", ".hidden", "a b", "elsewhere/out"}) {
    CAPTURE(name);
    CHECK_FALSE(state->write(name, as_bytes("x")));
  }
  CHECK_FALSE(std::filesystem::exists(temporary / "out"));
}

TEST_CASE("a directory that cannot be made or used is an error with its remedy") {
  const TemporaryDirectory temporary;
  RecordingLog log;
  write_all(temporary / "file", "x");
  const auto state = StateDirectory::open(temporary / "file/state", log);
  REQUIRE_FALSE(state);
  CHECK(state.error().message.find(temporary / "file/state") != std::string::npos);
  CHECK(state.error().hint.find("--state-dir") != std::string::npos);
}

TEST_CASE("without the right to the directory the error says so") {
  if (geteuid() != 0) {
    MESSAGE("skipped: needs root, to become another user");
    return;
  }
  const TemporaryDirectory temporary;
  std::thread thread([&] {
    // The system call, for the library's function would change all threads.
    if (syscall(SYS_setresuid, 65534, 65534, 65534) != 0) return;
    NullLogSink log;
    const auto state = StateDirectory::open(temporary / "state", log);
    CHECK_FALSE(state);
    if (state) return;
    CHECK(state.error().code == Errc::permission);
    CHECK(state.error().hint.find("root") != std::string::npos);
  });
  thread.join();
}

}  // namespace
}  // namespace lanyard::platform
