// SPDX-License-Identifier: Apache-2.0
#include "platform/unsaved_files.h"

namespace lanyard::platform {

Result<void> UnsavedFiles::store(const std::vector<node::StateFile>& files) {
  for (const node::StateFile& file : files) files_.insert_or_assign(file.name, file);
  Result<void> first;
  for (auto it = files_.begin(); it != files_.end();) {
    const node::StateFile& file = it->second;
    const auto stored =
        file.contents ? directory_.write(file.name, *file.contents) : directory_.remove(file.name);
    if (stored) {
      it = files_.erase(it);
      continue;
    }
    log_sink_.write(LogLevel::error, stored.error().message);
    if (first) first = stored;
    ++it;
  }
  return first;
}

}  // namespace lanyard::platform
