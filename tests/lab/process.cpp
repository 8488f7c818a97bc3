// SPDX-License-Identifier: Apache-2.0
#include "tests/lab/process.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lanyard::lab {
namespace {

constexpr int kTimedOut = 124;  // as timeout(1)
constexpr int kCannotRun = 127;

[[noreturn]] void give_up(const char* what) {
  dprintf(STDERR_FILENO, "lab: %s: %s\n", what, std::strerror(errno));
  _exit(kCannotRun);
}

void enter(const Surroundings& surroundings, pid_t parent) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) give_up("prctl");
  if (getppid() != parent) _exit(kCannotRun);
  if (surroundings.network >= 0 && setns(surroundings.network, CLONE_NEWNET) != 0) {
    give_up("setns");
  }
  if (!surroundings.host_name.empty()) {
    if (unshare(CLONE_NEWUTS) != 0) give_up("unshare");
    if (sethostname(surroundings.host_name.data(), surroundings.host_name.size()) != 0) {
      give_up("sethostname");
    }
  }
  if (surroundings.tun == Surroundings::Tun::absent) {
    if (unshare(CLONE_NEWNS) != 0) give_up("unshare");
    if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) give_up("mount /");
    if (mount("none", "/dev/net", "tmpfs", 0, nullptr) != 0) give_up("mount /dev/net");
  }
  for (const auto& [name, value] : surroundings.environment) {
    setenv(name.c_str(), value.c_str(), 1);
  }
  if (surroundings.user) {
    if (setgroups(0, nullptr) != 0 || setgid(*surroundings.user) != 0 ||
        setuid(*surroundings.user) != 0) {
      give_up("setuid");
    }
    // Changing the user clears it.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) give_up("prctl");
  }
}

// The child's three standard descriptors.
struct Descriptors {
  int in, out, err;
};

pid_t spawn(const Surroundings& surroundings,
            const std::vector<std::string>& arguments,
            const Descriptors& descriptors) {
  std::vector<char*> words;
  for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.data()));
  words.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child > 0) return child;
  dup2(descriptors.in, STDIN_FILENO);
  dup2(descriptors.out, STDOUT_FILENO);
  dup2(descriptors.err, STDERR_FILENO);
  std::signal(SIGPIPE, SIG_DFL);
  enter(surroundings, parent);
  execvp(words[0], words.data());
  give_up(words[0]);
}

struct Pipe {
  int read_end = -1;
  int write_end = -1;

  Pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe failed");
    read_end = ends[0];
    write_end = ends[1];
  }
  ~Pipe() {
    close_end(read_end);
    close_end(write_end);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  static void close_end(int& end) {
    if (end >= 0) close(end);
    end = -1;
  }
};

int open_handle(pid_t id) { return static_cast<int>(syscall(SYS_pidfd_open, id, 0)); }

int exit_code_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Both outputs until both ends are closed; false when the deadline passed first.
bool read_all(Pipe& out, Pipe& err, Finished& finished, const Deadline& deadline) {
  std::array<pollfd, 2> waiting{{{out.read_end, POLLIN, 0}, {err.read_end, POLLIN, 0}}};
  const std::array<std::string*, 2> texts{&finished.out, &finished.err};
  while (waiting[0].fd >= 0 || waiting[1].fd >= 0) {
    throw_if_interrupted();
    const int ready = poll(waiting.data(), 2, static_cast<int>(deadline.left().count()));
    if (ready == 0 && deadline.passed()) return false;
    for (std::size_t i = 0; ready > 0 && i < 2; ++i) {
      if (waiting[i].fd < 0 || waiting[i].revents == 0) continue;
      std::array<char, 4096> chunk{};
      const ssize_t n = read(waiting[i].fd, chunk.data(), chunk.size());
      if (n <= 0) {
        waiting[i].fd = -1;
      } else if (texts[i]->size() < kMaximumOutput) {
        texts[i]->append(chunk.data(), static_cast<std::size_t>(n));
      }
    }
  }
  return true;
}

std::string describe(const std::vector<std::string>& arguments, const Finished& finished) {
  std::string text;
  for (const std::string& argument : arguments) text += (text.empty() ? "" : " ") + argument;
  return text + "\n  exit code " + std::to_string(finished.exit_code) +
         "\n  stdout: " + finished.out + "\n  stderr: " + finished.err;
}

}  // namespace

Finished run(const Surroundings& surroundings,
             const std::vector<std::string>& arguments,
             std::string_view input,
             Patience patience) {
  const Stopwatch stopwatch;
  const Deadline deadline(patience);
  Pipe in, out, err;
  // What is given as input here fits a pipe, so that writing it at once cannot block.
  if (input.size() > 60'000) throw std::runtime_error("too much input");
  if (write(in.write_end, input.data(), input.size()) < 0) throw std::runtime_error("write failed");
  Pipe::close_end(in.write_end);

  Finished finished;
  const pid_t child = spawn(surroundings, arguments, {in.read_end, out.write_end, err.write_end});
  Pipe::close_end(out.write_end);
  Pipe::close_end(err.write_end);
  bool in_time = false;
  try {
    in_time = read_all(out, err, finished, deadline);
  } catch (const Interrupted&) {
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    throw;
  }
  if (!in_time) kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  finished.exit_code = in_time ? exit_code_of(status) : kTimedOut;
  finished.seconds = stopwatch.seconds();
  finished.description = describe(arguments, finished);
  return finished;
}

Process::Process(const Surroundings& surroundings,
                 const std::vector<std::string>& arguments,
                 const std::string& output_file) {
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int output =
      open(output_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (nothing < 0 || output < 0) throw std::runtime_error("cannot open " + output_file);
  id_ = spawn(surroundings, arguments, {nothing, output, output});
  handle_ = open_handle(id_);
  close(nothing);
  close(output);
}

Process::Process(const Surroundings& surroundings,
                 const std::vector<std::string>& arguments,
                 int input,
                 int output)
    : id_(spawn(surroundings, arguments, {input, output, STDERR_FILENO})),
      handle_(open_handle(id_)) {}

Process::Process(Process&& other) noexcept { *this = std::move(other); }

Process& Process::operator=(Process&& other) noexcept {
  std::swap(id_, other.id_);
  std::swap(handle_, other.handle_);
  std::swap(exit_code_, other.exit_code_);
  return *this;
}

Process::~Process() {
  if (id_ > 0) {
    kill(id_, SIGKILL);
    waitpid(id_, nullptr, 0);
  }
  if (handle_ >= 0) close(handle_);
}

bool Process::is_running() { return id_ > 0 && !wait(Patience{0}); }

void Process::signal(int number) const {
  if (id_ > 0) kill(id_, number);
}

std::optional<int> Process::wait(Patience patience) {
  if (id_ <= 0) return exit_code_;
  if (!wait_for(handle_, Readiness::readable, Deadline(patience))) return std::nullopt;
  int status = 0;
  waitpid(id_, &status, 0);
  id_ = -1;
  exit_code_ = exit_code_of(status);
  return exit_code_;
}

}  // namespace lanyard::lab
