// SPDX-License-Identifier: Apache-2.0
#include "core/dht/counters.h"

namespace lanyard::dht {

std::string_view to_string(Drop reason) {
  switch (reason) {
    case Drop::switched_off: return "switched_off";
    case Drop::no_family: return "no_family";
    case Drop::malformed: return "malformed";
    case Drop::own_message: return "own_message";
    case Drop::unsolicited: return "unsolicited";
    case Drop::source_limit: return "source_limit";
    case Drop::total_limit: return "total_limit";
    case Drop::read_only: return "read_only";
    case Drop::count_: break;
  }
  return "";
}

}  // namespace lanyard::dht
