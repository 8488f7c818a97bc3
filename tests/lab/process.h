// SPDX-License-Identifier: Apache-2.0
// Programs as children of the test: in another network namespace, under another host name, without
// a device or a right, with their output caught. A child never outlives the test: the kernel kills
// it when the test dies, whatever it dies of.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "tests/lab/waiting.h"

namespace lanyard::lab {

// Where a program runs.
struct Surroundings {
  int network = -1;  // descriptor of a network namespace, not owned; -1: the test's own
  std::string host_name = {};
  std::vector<std::pair<std::string, std::string>> environment = {};  // besides the test's own
  enum class Tun { present, absent } tun = Tun::present;              // /dev/net/tun
  std::optional<std::uint32_t> user = {};                             // instead of root
};

struct Finished {
  int exit_code = -1;  // 128 + n: ended by signal n; 124: ran out of time and was killed
  std::string out;
  std::string err;
  double seconds = 0;

  // For messages: command line, exit code and output.
  std::string description;
};

// Output of more than this is cut off; no program of ours has that much to say.
constexpr std::size_t kMaximumOutput = std::size_t{4} << 20;

Finished run(const Surroundings& surroundings,
             const std::vector<std::string>& arguments,
             std::string_view input = {},
             Patience patience = Patience{20'000});

// A program that runs beside the test. Its output goes to a file.
class Process {
 public:
  Process() = default;
  Process(const Surroundings& surroundings,
          const std::vector<std::string>& arguments,
          const std::string& output_file);
  // Reads and writes these descriptors, which stay the caller's.
  Process(const Surroundings& surroundings,
          const std::vector<std::string>& arguments,
          int input,
          int output);
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;
  ~Process();  // kills it

  bool is_running();
  pid_t id() const { return id_; }
  void signal(int number) const;
  // As Finished::exit_code; nothing if it still runs.
  std::optional<int> wait(Patience patience);

 private:
  pid_t id_ = -1;    // -1: none, or ended
  int handle_ = -1;  // pidfd
  std::optional<int> exit_code_;
};

}  // namespace lanyard::lab
