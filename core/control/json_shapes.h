// SPDX-License-Identifier: Apache-2.0
// The fields of every message, each listed once for reading and for writing: describe(io, value)
// with io a JsonReader (value is filled) or a JsonWriter (value is const).
// Private to this room.
#pragma once

#include "core/control/json_io.h"
#include "core/control/json_reports.h"
#include "core/control/json_status.h"
#include "core/control/messages.h"

namespace lanyard::control {

// ---- Requests ----

template <typename Io>
void describe(Io& io, Of<Io, CreateNetwork>& request) {
  io.required("name", request.name);
  io.optional("subnet", request.subnet);
  io.optional("address", request.address);
  io.optional("interface", request.interface);
  io.optional("mtu", request.mtu);
  io.optional("member_name", request.member_name);
}

template <typename Io>
void describe(Io& io, Of<Io, NetworkUp>& request) {
  io.optional("network", request.network);
  io.optional("interface", request.interface);
  io.optional("mtu", request.mtu);
}

template <typename Io>
void describe(Io& io, Of<Io, NetworkDown>& request) {
  io.optional("network", request.network);
}

template <typename Io>
void describe(Io& io, Of<Io, LeaveNetwork>& request) {
  io.optional("network", request.network);
}

template <typename Io>
void describe(Io& io, Of<Io, JoinNetwork>& request) {
  io.required("token", request.token);
  io.optional("member_name", request.member_name);
  io.optional("interface", request.interface);
}

template <typename Io>
void describe(Io& io, Of<Io, CreateInvite>& request) {
  io.optional("network", request.network);
  io.optional("expires_seconds", request.expires_seconds);
  io.optional("uses", request.uses);
  io.optional("member_name", request.member_name);
  io.optional("address", request.address);
}

template <typename Io>
void describe(Io& io, Of<Io, ListInvites>& request) {
  io.optional("network", request.network);
}

template <typename Io>
void describe(Io& io, Of<Io, RevokeInvite>& request) {
  io.optional("network", request.network);
  io.required("invite", request.invite);
}

template <typename Io>
void describe(Io&, Of<Io, GetStatus>&) {}

template <typename Io>
void describe(Io& io, Of<Io, Ping>& request) {
  io.optional("network", request.network);
  io.required("peer", request.peer);
  io.optional("count", request.count);
  io.optional("interval_milliseconds", request.interval_milliseconds);
  io.optional("timeout_milliseconds", request.timeout_milliseconds);
}

template <typename Io>
void describe(Io&, Of<Io, GetVersion>&) {}

template <typename Io>
void describe(Io&, Of<Io, GetDiagnosis>&) {}

template <typename Io>
void describe(Io&, Of<Io, GetNetcheck>&) {}

template <typename Io>
void describe(Io& io, Of<Io, Why>& request) {
  io.optional("network", request.network);
  io.required("peer", request.peer);
}

// ---- Replies: all fields optional, for an older daemon may not say them ----

template <typename Io>
void describe(Io&, Of<Io, Done>&) {}

template <typename Io>
void describe(Io& io, Of<Io, NetworkReply>& reply) {
  io.optional("id", reply.id);
  io.optional("name", reply.name);
  io.optional("interface", reply.interface);
  io.optional("addresses", reply.addresses);
}

template <typename Io>
void describe(Io& io, Of<Io, InviteReply>& reply) {
  io.required("token", reply.token);
  io.optional("id", reply.id);
  io.optional("network", reply.network);
  io.optional("expires", reply.expires);
  io.optional("uses", reply.uses);
}

template <typename Io>
void describe(Io& io, Of<Io, InviteStatus>& invite) {
  io.optional("id", invite.id);
  io.optional("state", invite.state);
  io.optional("expires", invite.expires);
  io.optional("uses", invite.uses);
  io.optional("claimed_by", invite.claimed_by);
  io.optional("member_name", invite.member_name);
  io.optional("address", invite.address);
}

template <typename Io>
void describe(Io& io, Of<Io, InviteList>& reply) {
  io.optional("network", reply.network);
  io.optional("invites", reply.invites);
}

template <typename Io>
void describe(Io& io, Of<Io, PingSummary>& reply) {
  io.optional("sent", reply.sent);
  io.optional("received", reply.received);
  io.optional("min_seconds", reply.min_seconds);
  io.optional("average_seconds", reply.average_seconds);
  io.optional("max_seconds", reply.max_seconds);
}

template <typename Io>
void describe(Io& io, Of<Io, Version>& reply) {
  io.optional("version", reply.version);
  io.optional("protocol", reply.protocol);
}

// ---- Notifications ----

template <typename Io>
void describe(Io& io, Of<Io, Progress>& progress) {
  io.required("text", progress.text);
}

template <typename Io>
void describe(Io& io, Of<Io, PingEcho>& echo) {
  io.required("sequence", echo.sequence);
  io.optional("peer", echo.peer);
  io.optional("address", echo.address);
  io.optional("lost", echo.lost);
  io.optional("rtt_seconds", echo.rtt_seconds);
  io.word("path", echo.path);
  io.optional("via", echo.via);
  io.optional("endpoint", echo.endpoint);
}

}  // namespace lanyard::control
