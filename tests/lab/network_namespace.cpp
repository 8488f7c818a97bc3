// SPDX-License-Identifier: Apache-2.0
#include "tests/lab/network_namespace.h"

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "tests/lab/process.h"

namespace lanyard::lab {
namespace {

constexpr const char* kOwnNetwork = "/proc/thread-self/ns/net";

std::vector<std::string> split(std::string_view text) {
  std::istringstream in{std::string(text)};
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

int open_own_network() {
  const int descriptor = open(kOwnNetwork, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw std::runtime_error("cannot open the own network namespace");
  return descriptor;
}

void return_to(int home) {
  // A test that goes on in the wrong namespace would touch the wrong network.
  if (setns(home, CLONE_NEWNET) != 0) std::abort();
  close(home);
}

}  // namespace

NetworkNamespace::NetworkNamespace() {
  const int home = open_own_network();
  const bool made = unshare(CLONE_NEWNET) == 0;
  if (made) descriptor_ = open(kOwnNetwork, O_RDONLY | O_CLOEXEC);
  return_to(home);
  if (!made || descriptor_ < 0) throw std::runtime_error("cannot make a network namespace");
  ip("link set lo up");
}

NetworkNamespace::~NetworkNamespace() {
  if (descriptor_ >= 0) close(descriptor_);
}

std::string NetworkNamespace::path() const {
  return "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(descriptor_);
}

void NetworkNamespace::ip(std::string_view arguments) const {
  std::vector<std::string> words = split(arguments);
  words.insert(words.begin(), "ip");
  const Finished finished = run({.network = descriptor_}, words);
  if (finished.exit_code != 0) throw std::runtime_error(finished.description);
}

void NetworkNamespace::nft(const std::string& rules) const {
  const Finished finished = run({.network = descriptor_}, {"nft", "-f", "-"}, rules);
  if (finished.exit_code != 0) throw std::runtime_error(finished.description + rules);
}

void NetworkNamespace::set(std::string name, std::string_view value) const {
  std::ranges::replace(name, '.', '/');
  const Visit visit(*this);
  const int file = open(("/proc/sys/" + name).c_str(), O_WRONLY | O_CLOEXEC);
  const bool written =
      file >= 0 && write(file, value.data(), value.size()) == static_cast<ssize_t>(value.size());
  if (file >= 0) close(file);
  if (!written) throw std::runtime_error("cannot set " + name);
}

Visit::Visit(const NetworkNamespace& space) : home_(open_own_network()) {
  if (setns(space.descriptor(), CLONE_NEWNET) == 0) return;
  close(home_);
  throw std::runtime_error("cannot enter a network namespace");
}

Visit::~Visit() { return_to(home_); }

void connect(const WireEnd& a, const WireEnd& b) {
  a.space.ip("link add " + a.interface + " type veth peer name " + b.interface + " netns " +
             b.space.path());
  a.space.ip("link set " + a.interface + " up");
  b.space.ip("link set " + b.interface + " up");
}

}  // namespace lanyard::lab
