// SPDX-License-Identifier: Apache-2.0
// The handshakes that we began: message 1 to every candidate until one answers, then message 3
// until data arrives (protocol.md 4.2).
#pragma once

#include <map>
#include <optional>
#include <span>
#include <vector>

#include "core/tunnel/handshake_context.h"
#include "core/tunnel/macs.h"
#include "core/tunnel/source_limiter.h"

namespace lanyard::tunnel {

// Owned by Handshakes; control thread.
class Initiations {
 public:
  // Both must outlive the object.
  Initiations(HandshakeContext& context, SourceLimiter& limiter)
      : context_(context), limiter_(limiter) {}

  AttemptId start(Instant now,
                  const Credentials& credentials,
                  std::span<const Endpoint> to,
                  Effort effort);
  void add_candidates(Instant now, AttemptId id, std::span<const Endpoint> to);
  void cancel(AttemptId id);
  // Message 3 has arrived, or nobody wants the session any more. The index stays taken.
  void forget_session(SessionIndex local_index);
  // Ends attempts whose credentials are gone.
  void drop_orphans();

  // Whether this Noise message 1 is one that we sent.
  bool is_own(Bytes noise_message_1) const;

  void handle_message_2(Instant now,
                        const Endpoint& from,
                        const HandshakeView& message,
                        Datagrams& out,
                        HandshakeEvents& events);
  void handle_cookie(const Endpoint& from, const CookieView& datagram, Datagrams& out);
  void handle_timeout(Instant now, Datagrams& out, HandshakeEvents& events);
  Instant next_timeout() const;

 private:
  static constexpr std::size_t kMaxCandidates = 8;

  struct Candidate {
    Endpoint to;
    std::optional<Cookie> cookie;  // an attempt does not last as long as a cookie
    bool is_called = false;
  };

  // Message 2 has been accepted.
  struct Answered {
    crypto::Hash256 message_2{};
    Endpoint path;
    Buffer message_3;
    Instant until;
  };

  struct Attempt {
    AttemptId id{};
    std::uint32_t credentials_id = 0;
    Hello hello;
    std::optional<crypto::noise::Handshake> noise;  // until answered: it could make the keys again
    Buffer message_1;                               // mac2 is zero
    std::vector<Candidate> candidates;
    Instant started;
    Effort effort = Effort::full;
    std::size_t calls = 0;  // of all candidates
    Instant next_at;        // of the next call, or of the next repetition of message 3
    FailureReason obstacle = FailureReason::timeout;
    std::optional<Answered> answered;
  };

  static Instant call_time(const Attempt& attempt);
  static Instant end_of(const Attempt& attempt);
  static void call_due(Instant now, Attempt& attempt, Datagrams& out);
  static void call(const Attempt& attempt, Candidate& candidate, Datagrams& out);
  static void add(Attempt& attempt, std::span<const Endpoint> to);
  Attempt* find(AttemptId id);
  // Nothing but a count when message 2 leads to no session; else message_3 is filled in.
  std::optional<Established> accept_message_2(Attempt& attempt,
                                              const Credentials& credentials,
                                              const Endpoint& from,
                                              const HandshakeView& message,
                                              Buffer& message_3);
  static void repeat_message_3(Instant now, Attempt& attempt, Datagrams& out);

  HandshakeContext& context_;
  SourceLimiter& limiter_;
  std::map<SessionIndex, Attempt> attempts_;  // by our index
  std::uint64_t next_id_ = 1;
};

}  // namespace lanyard::tunnel
