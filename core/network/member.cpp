// SPDX-License-Identifier: Apache-2.0
#include "core/network/member.h"

namespace lanyard::network {

namespace {

template <typename T>
void append_all(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

bool RosterChange::is_empty() const {
  return !charter && !invites && !presence && admitted.empty() && removed.empty() &&
         readdressed.empty() && renamed.empty() && accepted.empty();
}

void RosterChange::merge(const RosterChange& later) {
  charter |= later.charter;
  invites |= later.invites;
  presence |= later.presence;
  append_all(admitted, later.admitted);
  append_all(removed, later.removed);
  append_all(readdressed, later.readdressed);
  append_all(renamed, later.renamed);
  append_all(accepted, later.accepted);
}

}  // namespace lanyard::network
