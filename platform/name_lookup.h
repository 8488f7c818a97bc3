// SPDX-License-Identifier: Apache-2.0
// Finds the addresses of host names in the background, and keeps trying those that are not found
// yet: at boot the network is often not there when the daemon starts.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/endpoint.h"
#include "core/base/log.h"
#include "core/base/result.h"
#include "platform/event_loop.h"

namespace lanyard::platform {

struct HostAndPort {
  std::string host;
  std::uint16_t port = 0;

  // "node.example:6881". An address with a port is an Endpoint (core/base/endpoint.h).
  static Result<HostAndPort> parse(std::string_view text);
};

// Control thread; the look-ups themselves run in libuv's pool.
class NameLookup {
 public:
  // Gets all addresses of one name, once for each name.
  using Found = std::function<void(const std::vector<Endpoint>&)>;

  NameLookup(EventLoop& loop, std::vector<HostAndPort> names, LogSink& log_sink, Found on_found);
  NameLookup(const NameLookup&) = delete;
  NameLookup& operator=(const NameLookup&) = delete;
  // A look-up that is running is abandoned, but the loop ends only once it has.
  ~NameLookup();

  // Asks for all that are not found yet: at the start, and when the network has changed.
  void ask();

 private:
  struct Question;

  void ask_for(const HostAndPort& name);
  void finish(Question& question, int status, const addrinfo* answer);

  EventLoop& loop_;
  std::vector<HostAndPort> missing_;
  LogSink& log_sink_;
  Found on_found_;
  std::vector<Question*> asked_;  // each deletes itself when it is answered
  Timer retry_;
  Duration retry_after_;
};

}  // namespace lanyard::platform
