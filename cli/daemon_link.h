// SPDX-License-Identifier: Apache-2.0
// Asking the daemon: one request, its notifications as they come, its reply.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <variant>

#include "cli/exit_code.h"
#include "core/base/time.h"
#include "core/control/messages.h"

namespace lanyard::cli {

using Asked = std::variant<control::Reply, Failure>;
using OnNotification = std::function<void(const control::Notification&)>;

class DaemonLink {
 public:
  DaemonLink() = default;
  DaemonLink(const DaemonLink&) = delete;
  DaemonLink& operator=(const DaemonLink&) = delete;
  virtual ~DaemonLink() = default;

  // Gives up once `patience` has passed without a reply.
  virtual Asked ask(const control::Request& request,
                    Duration patience,
                    const OnNotification& on_notification) = 0;
};

// The daemon behind a Unix socket; connects anew for each request.
class SocketLink final : public DaemonLink {
 public:
  explicit SocketLink(std::string path) : path_(std::move(path)) {}

  Asked ask(const control::Request& request,
            Duration patience,
            const OnNotification& on_notification) override;

 private:
  std::string path_;
};

}  // namespace lanyard::cli
