// SPDX-License-Identifier: Apache-2.0
// The daemon's files. A write is on disk whole or not at all, also when the machine loses power; a
// file that is torn or altered is set aside under another name and reported, and the rest is used.
// One daemon at a time: the directory is locked for as long as the object lives.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/log.h"
#include "core/base/result.h"
#include "core/base/time.h"
#include "platform/file_descriptor.h"

namespace lanyard::platform {

struct StoredFile {
  std::string name;
  Buffer contents;
};

// Control thread. Names are letters, digits, '-', '_' and '.', with at most one directory before
// them ("networks/4f2a.roster").
class StateDirectory {
 public:
  // Creates the directory (0700). Errc::conflict when another daemon holds it.
  static Result<StateDirectory> open(std::string path, LogSink& log_sink);

  const std::string& path() const { return path_; }
  // All files in the order of their names; a damaged one is set aside as it is met. An error when
  // one cannot be read at all (permission, a failing disk).
  Result<std::vector<StoredFile>> load_all(UnixTime now) const;
  // On disk when it returns; the file is readable by its owner alone.
  Result<void> write(std::string_view name, Bytes contents) const;
  // A file that is not there is no error.
  Result<void> remove(std::string_view name) const;
  // Renames the file to NAME.corrupt-TIME and warns with the reason.
  void set_aside(std::string_view name, std::string_view reason, UnixTime now) const;

 private:
  StateDirectory(std::string path, FileDescriptor directory, FileDescriptor lock, LogSink& log_sink)
      : path_(std::move(path)),
        directory_(std::move(directory)),
        lock_(std::move(lock)),
        log_sink_(&log_sink) {}

  std::string path_;
  FileDescriptor directory_;
  FileDescriptor lock_;
  LogSink* log_sink_;
};

}  // namespace lanyard::platform
