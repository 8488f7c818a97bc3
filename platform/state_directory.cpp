// SPDX-License-Identifier: Apache-2.0
#include "platform/state_directory.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "platform/state_format.h"
#include "platform/system_error.h"

namespace lanyard::platform {
namespace {

constexpr std::string_view kLockName = "lock";
constexpr std::string_view kTemporarySuffix = ".new";
constexpr std::string_view kCorruptMark = ".corrupt-";
// The largest, a roster of 1000 members with all their records, is a tenth of this.
constexpr off_t kMaxFileBytes = 16 * 1024 * 1024;
constexpr mode_t kDirectoryMode = 0700;
constexpr mode_t kFileMode = 0600;

bool is_plain_name(std::string_view name) {
  const auto is_allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return !name.empty() && name.front() != '.' && name.size() <= 200 &&
         std::all_of(name.begin(), name.end(), is_allowed);
}

// A name without its directory, and that directory, open.
struct Place {
  FileDescriptor directory;
  std::string name;
};

enum class Missing { fails, is_made };

Result<Place> find_place(const FileDescriptor& root, std::string_view name, Missing missing) {
  const std::size_t slash = name.find('/');
  const bool is_nested = slash != std::string_view::npos;
  const std::string folder(is_nested ? name.substr(0, slash) : std::string_view("."));
  const std::string_view file = is_nested ? name.substr(slash + 1) : name;
  if (!is_plain_name(file) || (is_nested && !is_plain_name(folder))) {
    return make_error(Errc::invalid, "'" + std::string(name) + "' is no name for a state file");
  }
  if (is_nested && missing == Missing::is_made &&
      mkdirat(root.get(), folder.c_str(), kDirectoryMode) == 0) {
    fsync(root.get());
  }
  FileDescriptor directory(
      openat(root.get(), folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory.is_open()) return system_error(errno, "directory of " + std::string(name));
  return Place{std::move(directory), std::string(file)};
}

Result<Buffer> read_file(const Place& place) {
  // O_NONBLOCK: a pipe that was put in a file's place must not hold up the start.
  FileDescriptor file(openat(place.directory.get(), place.name.c_str(),
                             O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  // A symbolic link: O_NOFOLLOW.
  if (!file.is_open() && errno == ELOOP) return make_error(Errc::corrupt, "it is no plain file");
  struct stat status {};
  if (!file.is_open() || fstat(file.get(), &status) != 0) {
    return system_error(errno, "it cannot be read");
  }
  if (!S_ISREG(status.st_mode)) return make_error(Errc::corrupt, "it is no plain file");
  if (status.st_size > kMaxFileBytes) return make_error(Errc::corrupt, "it is too long");
  Buffer out(static_cast<std::size_t>(status.st_size));
  std::size_t size = 0;
  while (size < out.size()) {
    const ssize_t count = read(file.get(), out.data() + size, out.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error(errno, "it cannot be read");
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  out.resize(size);
  return out;
}

bool write_all(const FileDescriptor& file, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return true;
}

Error directory_error(int error_number, const std::string& path) {
  return system_error(error_number, "the state directory " + path + " cannot be used",
                      error_number == EACCES || error_number == EPERM
                          ? "run the daemon as root or choose a directory of yours with --state-dir"
                          : "choose another directory with --state-dir");
}

Error locked_error(const FileDescriptor& lock, const std::string& path) {
  std::string who = "another daemon";
  std::array<char, 16> text{};
  const ssize_t size = pread(lock.get(), text.data(), text.size(), 0);
  long process = 0;
  if (size > 0 && std::from_chars(text.data(), text.data() + size, process).ec == std::errc()) {
    who += " (process " + std::to_string(process) + ")";
  }
  return make_error(Errc::conflict, who + " is using the state directory " + path,
                    "stop it first, or choose another directory with --state-dir");
}

// The lock is the kernel's: it goes with the process, however that ends. The number in the file is
// for people.
Result<FileDescriptor> take_lock(const FileDescriptor& directory, const std::string& path) {
  const std::string name(kLockName);
  FileDescriptor lock(
      openat(directory.get(), name.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, kFileMode));
  if (!lock.is_open()) return directory_error(errno, path);
  if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return locked_error(lock, path);
    return directory_error(errno, path);
  }
  const std::string process = std::to_string(getpid()) + "\n";
  if (ftruncate(lock.get(), 0) != 0 || !write_all(lock, as_bytes(process))) {
    return directory_error(errno, path);
  }
  return lock;
}

bool is_state_file(std::string_view name) {
  return is_plain_name(name) && name != kLockName && !name.ends_with(kTemporarySuffix) &&
         name.find(kCorruptMark) == std::string_view::npos;
}

}  // namespace

Result<StateDirectory> StateDirectory::open(std::string path, LogSink& log_sink) {
  std::error_code error;
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, error);
  if (mkdir(path.c_str(), kDirectoryMode) != 0 && errno != EEXIST) {
    return directory_error(errno, path);
  }
  FileDescriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.is_open()) return directory_error(errno, path);
  struct stat status {};
  if (fstat(directory.get(), &status) == 0 && (status.st_mode & 077) != 0 &&
      fchmod(directory.get(), kDirectoryMode) != 0) {
    log(log_sink, LogLevel::warning, "the state directory ", path, " is open to other users");
  }
  auto lock = take_lock(directory, path);
  if (!lock) return lock.error();
  return StateDirectory(std::move(path), std::move(directory), std::move(*lock), log_sink);
}

Result<std::vector<StoredFile>> StateDirectory::load_all(UnixTime now) const {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator top(path_, error);
  if (error) return directory_error(error.value(), path_);
  for (const auto& entry : top) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_directory(error)) {
      if (is_state_file(name)) names.push_back(name);
      continue;
    }
    std::filesystem::directory_iterator inside(entry.path(), error);
    if (error) continue;
    for (const auto& nested : inside) {
      const std::string file = nested.path().filename().string();
      if (is_plain_name(name) && is_state_file(file)) names.push_back(name + "/" + file);
    }
  }
  std::sort(names.begin(), names.end());

  std::vector<StoredFile> out;
  for (const std::string& name : names) {
    const auto place = find_place(directory_, name, Missing::fails);
    auto file = place ? read_file(*place) : Result<Buffer>(place.error());
    auto contents = file ? unwrap_state(*file) : std::move(file);
    if (contents) {
      out.push_back({name, std::move(*contents)});
    } else if (contents.error().code == Errc::corrupt) {
      set_aside(name, contents.error().message, now);
    } else {
      // It may be whole: a start that fails loses less than one without its networks.
      Error unreadable = contents.error();
      unreadable.message = "state file " + name + " cannot be read: " + unreadable.message;
      return unreadable;
    }
  }
  return out;
}

Result<void> StateDirectory::write(std::string_view name, Bytes contents) const {
  const std::string what = "state file " + std::string(name) + " cannot be written";
  const std::string hint = "make room on the disk that holds " + path_;
  const auto place = find_place(directory_, name, Missing::is_made);
  if (!place) return place.error();
  const std::string temporary = place->name + std::string(kTemporarySuffix);
  const int directory = place->directory.get();
  FileDescriptor file(openat(directory, temporary.c_str(),
                             O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, kFileMode));
  if (!file.is_open()) return system_error(errno, what, hint);
  const bool is_written = write_all(file, wrap_state(contents)) && fsync(file.get()) == 0;
  // The directory too: without it the new name may be lost with the power.
  if (!is_written || renameat(directory, temporary.c_str(), directory, place->name.c_str()) != 0 ||
      fsync(directory) != 0) {
    const int reason = errno;
    unlinkat(directory, temporary.c_str(), 0);
    return system_error(reason, what, hint);
  }
  return {};
}

Result<void> StateDirectory::remove(std::string_view name) const {
  const auto place = find_place(directory_, name, Missing::fails);
  if (!place) {
    if (place.error().code == Errc::not_found) return {};
    return place.error();
  }
  if (unlinkat(place->directory.get(), place->name.c_str(), 0) != 0 && errno != ENOENT) {
    return system_error(errno, "state file " + std::string(name) + " cannot be removed");
  }
  fsync(place->directory.get());
  return {};
}

void StateDirectory::set_aside(std::string_view name, std::string_view reason, UnixTime now) const {
  const std::string aside =
      std::string(name) + std::string(kCorruptMark) + std::to_string(now.seconds);
  if (renameat(directory_.get(), std::string(name).c_str(), directory_.get(), aside.c_str()) == 0) {
    log(*log_sink_, LogLevel::warning, "state file ", name, " cannot be used and was set aside as ",
        path_ + "/" + aside, ": ", reason);
  } else {
    log(*log_sink_, LogLevel::warning, "state file ", name, " cannot be used: ", reason);
  }
}

}  // namespace lanyard::platform
