// SPDX-License-Identifier: Apache-2.0
// The handshakes that peers began: message 1 is answered by message 2, which is kept for when its
// sender repeats itself, until message 3 makes a session of it. Bounded in number, per source and
// in work; under load the source address must be proven by a cookie first.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "core/crypto/hash.h"
#include "core/tunnel/cookies.h"
#include "core/tunnel/handshake_context.h"
#include "core/tunnel/source_limiter.h"

namespace lanyard::tunnel {

// Owned by Handshakes; control thread.
class Responses {
 public:
  // Both must outlive the object.
  Responses(HandshakeContext& context, SourceLimiter& limiter)
      : context_(context), limiter_(limiter), cookies_(context.rng) {}

  // credentials are those whose MAC key made the message's mac1.
  void handle_message_1(Instant now,
                        const Endpoint& from,
                        const HandshakeView& message,
                        const Credentials& credentials,
                        Datagrams& out);
  void handle_message_3(const Endpoint& from,
                        const HandshakeView& message,
                        HandshakeEvents& events);
  void handle_timeout(Instant now);
  Instant next_timeout() const;

  // The index of a session that is no more may be given out again.
  void forget_session(SessionIndex local_index);
  // Ends handshakes whose credentials are gone.
  void drop_orphans();

  std::size_t half_open() const;

 private:
  enum class State : std::uint8_t {
    open,
    refused,  // answered, so that the peer learns why, but message 3 will not be taken
    done,     // kept so that late copies of its messages are recognised
  };

  struct Slot {
    State state = State::open;
    std::uint32_t credentials_id = 0;
    IpAddress source;
    Hello ours;
    Hello theirs;
    std::optional<crypto::noise::Handshake> noise;  // gone once done: it could make the keys again
    crypto::Hash256 message_1{};
    Buffer message_2;
    Instant expires;
  };
  // In the order of arrival.
  using Slots = std::map<std::uint64_t, Slot>;

  bool is_loaded(Instant now) const;
  void count_message_1(Instant now);
  // May have been answered with a cookie when not.
  bool may_ask(Instant now,
               const Endpoint& from,
               const HandshakeView& message,
               const Credentials& credentials,
               Datagrams& out);
  // Nothing but a count when the message deserves no answer.
  std::optional<Slot> answer(Instant now,
                             const Endpoint& from,
                             const HandshakeView& message,
                             const Credentials& credentials);
  // Of an authentic message 3. Nothing but a count when its peer will not do.
  std::optional<Established> finish(const Slot& slot,
                                    const crypto::noise::Handshake& noise,
                                    const Credentials& credentials,
                                    Bytes plaintext);
  void make_room(const IpAddress& source);
  Slots::iterator find(SessionIndex local_index);
  Slots::iterator erase(Slots::iterator slot);

  HandshakeContext& context_;
  SourceLimiter& limiter_;
  CookieJar cookies_;
  Slots slots_;
  std::map<crypto::Hash256, std::uint64_t> by_message_1_;
  std::map<SessionIndex, std::uint64_t> by_index_;
  std::uint64_t next_number_ = 0;

  // How many new messages 1 came in the second that began then.
  Instant second_began_ = Instant::long_ago();
  std::uint32_t in_second_ = 0;
};

}  // namespace lanyard::tunnel
