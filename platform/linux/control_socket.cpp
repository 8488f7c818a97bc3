// SPDX-License-Identifier: Apache-2.0
#include "platform/control_socket.h"

#include <array>
#include <cerrno>
#include <filesystem>
#include <limits>

#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "platform/file_descriptor.h"
#include "platform/system_error.h"

namespace lanyard::platform {
namespace {

constexpr char kGroup[] = "lanyard";

// 0 when somebody listens there, else the reason why a client could not connect.
int try_connect(const std::string& path) {
  const FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  return connect(socket.get(), generic, sizeof address) == 0 ? 0 : errno;
}

}  // namespace

Error socket_error(int error_number, const std::string& path) {
  return system_error(error_number, "the control socket " + path + " cannot be made",
                      error_number == EACCES || error_number == EPERM
                          ? "run the daemon as root or choose a place of yours with --socket"
                          : "choose another place with --socket");
}

Result<void> claim_socket_path(const std::string& path) {
  if (path.size() >= sizeof(sockaddr_un::sun_path)) {
    return make_error(Errc::invalid, "the control socket's path is longer than 107 bytes: " + path,
                      "choose a shorter one with --socket");
  }
  std::error_code ignored;  // a directory that is missing shows when the socket is made
  const auto parent = std::filesystem::path(path).parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, ignored);
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return {};
  if (!S_ISSOCK(status.st_mode)) {
    return make_error(Errc::conflict, path + " exists and is no socket",
                      "remove it, or choose another place with --socket");
  }
  const int reason = try_connect(path);
  if (reason == 0 || reason == EAGAIN) {
    return make_error(Errc::conflict, "another daemon is listening on " + path,
                      "stop it first, or choose another place with --socket");
  }
  if (reason != ECONNREFUSED && reason != ENOENT) return socket_error(reason, path);
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return socket_error(errno, path);
  return {};
}

int bind_privately(uv_pipe_t* listener, const std::string& path) {
  const mode_t before = umask(0177);
  const int result = uv_pipe_bind(listener, path.c_str());
  umask(before);
  return result;
}

Result<void> open_to_group(const std::string& path) {
  group entry{};
  group* found = nullptr;
  std::array<char, 4096> strings;
  const bool has_group =
      getgrnam_r(kGroup, &entry, strings.data(), strings.size(), &found) == 0 && found != nullptr;
  // A daemon that is not root may be no member of the group; then the socket is its own user's.
  if (has_group && chown(path.c_str(), static_cast<uid_t>(-1), entry.gr_gid) != 0 &&
      errno != EPERM) {
    return socket_error(errno, path);
  }
  if (chmod(path.c_str(), 0660) != 0) return socket_error(errno, path);
  return {};
}

PeerCredentials peer_credentials(const uv_pipe_t& client) {
  // What is not known may do least.
  PeerCredentials out{std::numeric_limits<std::uint32_t>::max()};
  uv_os_fd_t descriptor = -1;
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (uv_fileno(reinterpret_cast<const uv_handle_t*>(&client), &descriptor) == 0 &&
      getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0) {
    out.user_id = credentials.uid;
  }
  return out;
}

}  // namespace lanyard::platform
