// SPDX-License-Identifier: Apache-2.0
#include "platform/name_lookup.h"

#include <algorithm>
#include <optional>

#include <doctest/doctest.h>

#include "tests/unit/platform/recording_log.h"

namespace lanyard::platform {
namespace {

TEST_CASE("HOST:PORT is read, and what is none is refused") {
  const auto good = HostAndPort::parse("node.example:6881");
  REQUIRE(good);
  CHECK(good->host == "node.example");
  CHECK(good->port == 6881);
  for (const char* text :
       {"", ":", "node.example", "node.example:", ":6881", "node.example:0", "node.example:65536",
        "node.example:68x", "node.example:-1", "[::1]:5:6", "2001:db8::1", "a b:5"}) {
    CAPTURE(text);
    CHECK_FALSE(HostAndPort::parse(text));
  }
  CHECK_FALSE(HostAndPort::parse(std::string(254, 'x') + ":5"));
}

TEST_CASE("names are found in the background, each once") {
  EventLoop loop;
  RecordingLog log;
  std::vector<Endpoint> found;
  std::optional<NameLookup> lookup;
  const std::vector<HostAndPort> names = {{"localhost", 7}, {"127.0.0.1", 8}};
  int answers = 0;
  lookup.emplace(loop, names, log, [&](const std::vector<Endpoint>& endpoints) {
    found.insert(found.end(), endpoints.begin(), endpoints.end());
    if (++answers == 2) loop.stop();
  });
  lookup->ask();
  lookup->ask();
  CHECK(found.empty());
  loop.run();
  for (const char* text : {"127.0.0.1:7", "127.0.0.1:8"}) {
    CHECK(std::count(found.begin(), found.end(), *Endpoint::parse(text)) == 1);
  }
  // All are found: nothing is asked again.
  lookup->ask();
  CHECK(uv_run(loop.get(), UV_RUN_NOWAIT) == 0);
  lookup.reset();
  CHECK(answers == 2);
}

TEST_CASE("a look-up may be given up while it runs") {
  EventLoop loop;
  RecordingLog log;
  bool is_called = false;
  {
    NameLookup lookup(loop, {{"localhost", 7}}, log, [&](const auto&) { is_called = true; });
    lookup.ask();
  }
  loop.run();
  CHECK_FALSE(is_called);
}

}  // namespace
}  // namespace lanyard::platform
