// SPDX-License-Identifier: Apache-2.0
// The control socket as a file: where it may be put, who may open it, and who is at the other end.
#pragma once

#include <string>

#include <uv.h>

#include "core/base/result.h"
#include "platform/control_access.h"

namespace lanyard::platform {

// Makes the directory and removes the socket of a daemon that has died. Errc::conflict when one
// that lives listens there or the file is something else.
Result<void> claim_socket_path(const std::string& path);
// Until open_to_group() nobody but the owner can connect. Returns libuv's error number.
int bind_privately(uv_pipe_t* listener, const std::string& path);
// 0660, group `lanyard` where there is one.
Result<void> open_to_group(const std::string& path);
Error socket_error(int error_number, const std::string& path);

// Of a connected client.
PeerCredentials peer_credentials(const uv_pipe_t& client);

}  // namespace lanyard::platform
