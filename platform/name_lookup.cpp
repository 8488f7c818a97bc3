// SPDX-License-Identifier: Apache-2.0
#include "platform/name_lookup.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>

#include "platform/socket_address.h"

namespace lanyard::platform {
namespace {

constexpr Duration kFirstRetry = seconds(5);
constexpr Duration kLastRetry = minutes(10);

std::vector<Endpoint> endpoints_of(const addrinfo* answer, std::uint16_t port) {
  std::vector<Endpoint> out;
  for (const addrinfo* entry = answer; entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_family != AF_INET && entry->ai_family != AF_INET6) continue;
    SocketAddress address{};
    std::memcpy(&address, entry->ai_addr, std::min(sizeof address, std::size_t{entry->ai_addrlen}));
    const Endpoint endpoint{to_endpoint(address).address, port};
    if (std::find(out.begin(), out.end(), endpoint) == out.end()) out.push_back(endpoint);
  }
  return out;
}

}  // namespace

Result<HostAndPort> HostAndPort::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  HostAndPort out;
  if (colon != std::string_view::npos) {
    out.host = text.substr(0, colon);
    const std::string_view digits = text.substr(colon + 1);
    const char* end = digits.data() + digits.size();
    const auto parsed = std::from_chars(digits.data(), end, out.port);
    if (parsed.ec != std::errc() || parsed.ptr != end) out.port = 0;
  }
  constexpr std::size_t kMaxHostName = 253;  // RFC 1035 section 2.3.4
  const bool is_host = !out.host.empty() && out.host.size() <= kMaxHostName &&
                       out.host.find_first_of(":[] /") == std::string::npos;
  if (!is_host || out.port == 0) {
    return make_error(Errc::invalid, "'" + std::string(text) + "' is no HOST:PORT",
                      "write a host name or address and a port, like node.example:6881");
  }
  return out;
}

struct NameLookup::Question {
  NameLookup* owner = nullptr;  // nullptr: nobody waits for the answer any more
  HostAndPort name;
  uv_getaddrinfo_t request{};
};

NameLookup::NameLookup(EventLoop& loop,
                       std::vector<HostAndPort> names,
                       LogSink& log_sink,
                       Found on_found)
    : loop_(loop),
      missing_(std::move(names)),
      log_sink_(log_sink),
      on_found_(std::move(on_found)),
      retry_(loop, [this] { ask(); }),
      retry_after_(kFirstRetry) {}

NameLookup::~NameLookup() {
  for (Question* question : asked_) {
    question->owner = nullptr;
    uv_cancel(reinterpret_cast<uv_req_t*>(&question->request));
  }
}

void NameLookup::ask() {
  // A round that is still on its way is waited for.
  if (!asked_.empty()) return;
  retry_.stop();
  for (const HostAndPort& name : missing_) ask_for(name);
}

void NameLookup::ask_for(const HostAndPort& name) {
  auto question = std::make_unique<Question>();
  question->owner = this;
  question->name = name;
  question->request.data = question.get();
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  const auto on_answer = [](uv_getaddrinfo_t* request, int status, addrinfo* answer) {
    const std::unique_ptr<Question> done(static_cast<Question*>(request->data));
    if (done->owner != nullptr) done->owner->finish(*done, status, answer);
    uv_freeaddrinfo(answer);
  };
  const int result = uv_getaddrinfo(loop_.get(), &question->request, on_answer, name.host.c_str(),
                                    nullptr, &hints);
  if (result == 0) asked_.push_back(question.release());
}

void NameLookup::finish(Question& question, int status, const addrinfo* answer) {
  std::erase(asked_, &question);
  const std::vector<Endpoint> found =
      endpoints_of(status == 0 ? answer : nullptr, question.name.port);
  if (found.empty()) {
    log(log_sink_, LogLevel::info, "bootstrap node ", question.name.host,
        " was not found: ", std::string(status == 0 ? "it has no address" : uv_strerror(status)));
  } else {
    std::erase_if(missing_, [&](const HostAndPort& name) {
      return name.host == question.name.host && name.port == question.name.port;
    });
    on_found_(found);
  }
  if (asked_.empty() && !missing_.empty()) {
    retry_.start(retry_after_);
    retry_after_ = std::min(retry_after_ * 2, kLastRetry);
  }
}

}  // namespace lanyard::platform
