// SPDX-License-Identifier: Apache-2.0
#include "core/vswitch/ethernet.h"

#include <doctest/doctest.h>

#include "tests/unit/vswitch/frames.h"

namespace lanyard::vswitch::test {

TEST_CASE("a frame is read behind all of its tags") {
  const Buffer plain = ethernet(kAnna, kOwn, kEtherTypeIpv4, hex("4500"));
  const auto view = parse_frame(plain);
  REQUIRE(view);
  CHECK(view->destination == kAnna);
  CHECK(view->source == kOwn);
  CHECK(view->tagging == Tagging::none);
  CHECK(view->ether_type == kEtherTypeIpv4);
  CHECK(equal(view->payload, hex("4500")));

  const auto priority = parse_frame(tagged(plain, 0xe000));  // priority 7, VLAN 0
  REQUIRE(priority);
  CHECK(priority->tagging == Tagging::priority);
  CHECK(priority->ether_type == kEtherTypeIpv4);

  const auto in_vlan = parse_frame(tagged(tagged(plain, 0), 0x6123));
  REQUIRE(in_vlan);
  CHECK(in_vlan->tagging == Tagging::vlan);
  CHECK(in_vlan->ether_type == kEtherTypeIpv4);
  CHECK(parse_frame(tagged(tagged(plain, 5), 0))->tagging == Tagging::vlan);
}

TEST_CASE("a tag that is cut off stays an ethertype") {
  Buffer frame = tagged(ethernet(kAnna, kOwn, kEtherTypeIpv4, {}), 7);
  frame.pop_back();
  const auto view = parse_frame(frame);
  REQUIRE(view);
  CHECK(view->ether_type == kEtherTypeVlan);
  CHECK(view->tagging == Tagging::none);
  CHECK(view->payload.size() == 3);
}

TEST_CASE("a runt is no frame") {
  const Buffer frame = ethernet(kAnna, kOwn, kEtherTypeIpv4, {});
  CHECK(parse_frame(frame));
  for (std::size_t size = 0; size < frame.size(); ++size) {
    CHECK_FALSE(parse_frame(Buffer(frame.begin(), frame.begin() + static_cast<long>(size))));
  }
}

}  // namespace lanyard::vswitch::test
