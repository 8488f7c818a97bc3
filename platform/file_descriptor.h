// SPDX-License-Identifier: Apache-2.0
// Owns one file descriptor and closes it. Copies are not made; where two threads need the same
// descriptor, they share a SharedDescriptor, and the last one to let go closes it.
#pragma once

#include <memory>
#include <utility>

#include <unistd.h>

namespace lanyard::platform {

class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}
  FileDescriptor(FileDescriptor&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    if (this != &other) {
      close();
      descriptor_ = std::exchange(other.descriptor_, -1);
    }
    return *this;
  }
  ~FileDescriptor() { close(); }

  int get() const { return descriptor_; }
  bool is_open() const { return descriptor_ >= 0; }
  void close() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  }

 private:
  int descriptor_ = -1;
};

using SharedDescriptor = std::shared_ptr<const FileDescriptor>;

}  // namespace lanyard::platform
