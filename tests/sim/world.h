// SPDX-License-Identifier: Apache-2.0
// A simulation: hosts on an internet under one virtual clock. Everything that happens follows from
// the seed and from what the scenario does between runs; nothing here waits or reads a real clock.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "core/base/rng.h"
#include "tests/sim/event_queue.h"
#include "tests/sim/host.h"
#include "tests/sim/internet.h"
#include "tests/sim/trace.h"

namespace lanyard::sim {

enum class Logging : std::uint8_t { off, on };

class World {
 public:
  explicit World(std::uint64_t seed, Logging logging = Logging::off);
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Hosts stay where they are in memory. A new one is off and knows the bootstrap nodes that exist.
  Host& add_host(const std::string& name, SiteId site);
  Host& add_public_host(const std::string& name) {
    return add_host(name, internet_.add_public_site());
  }
  // A public host that is nothing but a node of the DHT, switched on. All hosts added after it
  // have it as bootstrap node.
  Host& add_beacon(const std::string& name);
  // To another site, with the address that it gets there.
  void move(Host& host, SiteId site);

  void run_for(Duration duration) { run_to(now_ + duration); }
  // Runs until the condition holds, looked at every 20 ms; false if it does not within patience.
  template <typename Condition>
  bool run_until(Duration patience, const Condition& condition) {
    const Instant deadline = now_ + patience;
    while (!condition()) {
      if (now_ >= deadline) return false;
      run_to(earlier(deadline, now_ + milliseconds(20)));
    }
    return true;
  }

  // Runs until the host has answered.
  Result<control::Reply> ask(Host& host, const control::Request& request, Duration patience);

  Instant now() const { return now_; }
  UnixTime wall() const;
  std::uint64_t seed() const { return seed_; }
  std::uint64_t events() const { return queue_.pushed(); }
  Logging logging() const { return logging_; }
  // The scenario's own dice.
  Rng& rng() { return rng_; }
  Internet& internet() { return internet_; }
  EventQueue& queue() { return queue_; }
  Trace& trace() { return trace_; }
  std::deque<Host>& hosts() { return hosts_; }
  // Lent to one host at a time: empty between two events.
  node::DataOutput& data_output() { return data_output_; }

 private:
  void run_to(Instant end);
  void dispatch(EventQueue::Event& event);

  const std::uint64_t seed_;
  const Logging logging_;
  SeededRng rng_;
  SeededRng weather_rng_;
  Instant now_{};
  Internet internet_;
  EventQueue queue_;
  Trace trace_;
  node::DataOutput data_output_{{},
                                {.tcp = false, .udp = false, .checksum = false}};  // merges nothing
  std::vector<Endpoint> bootstrap_;
  std::deque<Host> hosts_;
};

}  // namespace lanyard::sim
