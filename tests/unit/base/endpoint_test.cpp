// SPDX-License-Identifier: Apache-2.0
#include "core/base/endpoint.h"

#include <doctest/doctest.h>

using namespace lanyard;

TEST_CASE("addresses: text to value and back") {
  for (const char* text : {"0.0.0.0", "20.1.2.3", "255.255.255.255", "::", "::1", "2001:db8::1",
                           "fe80::1:0:0:1", "1:2:3:4:5:6:7:8", "2001:db8:0:1:1:1:1:1"}) {
    CAPTURE(text);
    const auto address = IpAddress::parse(text);
    REQUIRE(address);
    CHECK(address->to_string() == text);
  }
  CHECK(IpAddress::parse("::ffff:192.0.2.1")->to_string() == "192.0.2.1");
  CHECK(IpAddress::parse("1:0:0:2:0:0:0:3")->to_string() == "1:0:0:2::3");
  for (const char* text : {"", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", ":",
                           ":::", "1::2::3", "12345::", "g::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
                           "1:2:3:4:5:6:7:8::", "::1.2.3", "1.2.3.4::"}) {
    CAPTURE(text);
    CHECK_FALSE(IpAddress::parse(text));
  }
}

TEST_CASE("endpoints: text and compact form") {
  for (const char* text : {"20.1.2.3:4001", "[2001:db8::1]:65535"}) {
    const auto endpoint = Endpoint::parse(text);
    REQUIRE(endpoint);
    CHECK(endpoint->to_string() == text);
    CHECK(Endpoint::from_compact(endpoint->compact()) == *endpoint);
  }
  for (const char* text :
       {"20.1.2.3", "20.1.2.3:", "20.1.2.3:65536", "2001:db8::1:80", "[1.2.3.4]:1"}) {
    CAPTURE(text);
    CHECK_FALSE(Endpoint::parse(text));
  }
  CHECK_FALSE(Endpoint::from_compact(Buffer(7)));
  CHECK_FALSE(Endpoint::parse("0.0.0.0:5")->is_usable());
  CHECK_FALSE(Endpoint::parse("20.0.0.1:0")->is_usable());
}

TEST_CASE("prefixes: contains, overlaps, network") {
  const IpPrefix prefix = *IpPrefix::parse("10.77.0.0/16");
  CHECK(prefix.contains(*IpAddress::parse("10.77.255.1")));
  CHECK_FALSE(prefix.contains(*IpAddress::parse("10.78.0.1")));
  CHECK_FALSE(prefix.contains(*IpAddress::parse("fd00::1")));
  CHECK(prefix.overlaps(*IpPrefix::parse("10.0.0.0/8")));
  CHECK(prefix.overlaps(*IpPrefix::parse("10.77.3.0/24")));
  CHECK_FALSE(prefix.overlaps(*IpPrefix::parse("10.76.0.0/16")));
  CHECK(IpPrefix::parse("192.168.1.77/20")->network().to_string() == "192.168.0.0/20");
  CHECK(IpPrefix::parse("0.0.0.0/0")->contains(*IpAddress::parse("20.0.0.1")));
  CHECK_FALSE(IpPrefix::parse("10.0.0.0/33"));
  CHECK_FALSE(IpPrefix::parse("10.0.0.0"));
}
