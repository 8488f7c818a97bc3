// SPDX-License-Identifier: Apache-2.0
#include "platform/drop_counters.h"

#include <map>

namespace lanyard::platform {

void add_drops(DropList& list, std::string_view reason, std::uint64_t packets) {
  if (packets != 0) list.emplace_back(reason, packets);
}

DropList sum_of(std::span<const DropList> lists) {
  std::map<std::string, std::uint64_t> sum;
  for (const DropList& list : lists) {
    for (const auto& [reason, packets] : list) sum[reason] += packets;
  }
  return {sum.begin(), sum.end()};
}

void SendDrops::add(const SendCount& count) {
  congested_.add(count.congested);
  too_long_.add(count.too_long);
  unreachable_.add(count.unreachable);
  forbidden_.add(count.forbidden);
  refused_.add(count.refused);
}

void SendDrops::tell(DropList& list) const {
  add_drops(list, "udp_congested", congested_.read());
  add_drops(list, "udp_too_long", too_long_.read());
  add_drops(list, "udp_unreachable", unreachable_.read());
  add_drops(list, "udp_forbidden", forbidden_.read());
  add_drops(list, "udp_refused", refused_.read());
}

void WorkerDrops::tell(DropList& list) const {
  sends.tell(list);
  add_drops(list, "udp_truncated", udp_truncated.read());
  add_drops(list, "device_congested", device_congested.read());
  add_drops(list, "device_refused", device_refused.read());
  add_drops(list, "device_malformed", device_malformed.read());
  add_drops(list, "device_unreadable", device_unreadable.read());
  add_drops(list, "unknown_datagram", unknown_datagram.read());
}

}  // namespace lanyard::platform
