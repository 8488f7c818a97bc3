// SPDX-License-Identifier: Apache-2.0
// Result<T>: a value or an Error. The names are those of std::expected, which clang 14 rejects.
// Junk from the network is no Error: it is dropped and counted where it is recognised.
#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace lanyard {

// What kind of failure it is; each maps to one exit code of the command line (design: CLI
// contract).
enum class Errc {
  failure,      // anything that fits no other
  invalid,      // input that cannot be understood or is out of range
  permission,   // the operating system or a policy refuses
  not_found,    // no such network, member, file or device
  exists,       // already there
  unreachable,  // a peer does not answer
  timeout,      // took longer than allowed
  expired,      // a grant or record is past its time
  used_up,      // an invite has no uses left
  revoked,      // an invite or member was revoked
  corrupt,      // a state file or record fails its check
  conflict,     // clashes with something else that is in use (port, subnet, device)
  overloaded,   // a bounded queue or table is full
  unavailable,  // the system lacks what is needed (no /dev/net/tun)
};

// message says what failed and why, as the user will read it, without a final full stop; hint is
// the next thing to do or type, or empty. Neither ever holds a secret.
struct Error {
  Errc code = Errc::failure;
  std::string message;
  std::string hint;
};

inline Error make_error(Errc code, std::string message, std::string hint = {}) {
  return Error{code, std::move(message), std::move(hint)};
}

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& value() & { return *get(); }
  const T& value() const& { return *get(); }
  T&& value() && { return std::move(*get()); }
  T& operator*() & { return *get(); }
  const T& operator*() const& { return *get(); }
  T&& operator*() && { return std::move(*get()); }
  T* operator->() { return get(); }
  const T* operator->() const { return get(); }

  const Error& error() const {
    assert(!has_value());
    return *std::get_if<1>(&state_);
  }

 private:
  T* get() {
    assert(has_value());
    return std::get_if<0>(&state_);
  }
  const T* get() const {
    assert(has_value());
    return std::get_if<0>(&state_);
  }

  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)), ok_(false) {}

  bool has_value() const { return ok_; }
  explicit operator bool() const { return ok_; }
  const Error& error() const {
    assert(!ok_);
    return error_;
  }

 private:
  Error error_;
  bool ok_ = true;
};

}  // namespace lanyard
