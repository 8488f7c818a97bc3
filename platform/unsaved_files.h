// SPDX-License-Identifier: Apache-2.0
// State files on their way to the disk. One that could not be written (a full disk, mostly) is kept
// and tried again with whatever is written next, so that no setting is lost while the daemon runs.
// Owned by the daemon, control thread.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "core/base/log.h"
#include "core/node/outbox.h"
#include "platform/state_directory.h"

namespace lanyard::platform {

class UnsavedFiles {
 public:
  // directory and log_sink must outlive the object.
  UnsavedFiles(const StateDirectory& directory, LogSink& log_sink)
      : directory_(directory), log_sink_(log_sink) {}

  // Writes these and all that failed before. The first error, if anything is still not on disk.
  Result<void> store(const std::vector<node::StateFile>& files);
  std::size_t count() const { return files_.size(); }

 private:
  const StateDirectory& directory_;
  LogSink& log_sink_;
  std::map<std::string, node::StateFile> files_;
};

}  // namespace lanyard::platform
