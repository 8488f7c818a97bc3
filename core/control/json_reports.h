// SPDX-License-Identifier: Apache-2.0
// The fields of reports.h, as json_shapes.h has those of other messages. All optional, for an older
// daemon may not say them. Private to this room.
#pragma once

#include "core/control/json_io.h"
#include "core/control/json_status.h"
#include "core/control/reports.h"

namespace lanyard::control {

template <typename Io>
void describe(Io& io, Of<Io, Check>& check) {
  io.optional("code", check.code);
  io.word("state", check.state);
  io.optional("sentence", check.sentence);
  io.optional("remedy", check.remedy);
}

template <typename Io>
void describe(Io& io, Of<Io, Diagnosis>& reply) {
  io.optional("checks", reply.checks);
}

template <typename Io>
void describe(Io& io, Of<Io, UdpStatus>& udp) {
  io.optional("port", udp.port);
  io.optional("sockets", udp.sockets);
  io.optional("ipv4", udp.ipv4);
  io.optional("ipv6", udp.ipv6);
}

template <typename Io>
void describe(Io& io, Of<Io, PathEnd>& end) {
  io.optional("mapping", end.mapping);
  io.optional("mapped", end.mapped);
  io.optional("ipv4", end.ipv4);
  io.optional("ipv6", end.ipv6);
}

template <typename Io>
void describe(Io& io, Of<Io, PathCandidate>& candidate) {
  io.optional("endpoint", candidate.endpoint);
  io.optional("source", candidate.source);
  io.optional("in_use", candidate.in_use);
}

template <typename Io>
void describe(Io& io, Of<Io, PathEvent>& event) {
  io.optional("seconds_ago", event.seconds_ago);
  io.optional("text", event.text);
}

template <typename Io>
void describe(Io& io, Of<Io, PathReport>& reply) {
  io.schema(1);
  io.optional("peer", reply.peer);
  io.word("path", reply.path);
  io.optional("via", reply.via);
  io.optional("endpoint", reply.endpoint);
  io.optional("verdict", reply.verdict);
  io.optional("ours", reply.ours);
  io.optional("theirs", reply.theirs);
  io.optional("candidates", reply.candidates);
  io.optional("events", reply.events);
}

template <typename Io>
void describe(Io& io, Of<Io, Netcheck>& reply) {
  io.schema(1);
  io.optional("udp", reply.udp);
  io.optional("nat", reply.nat);
  io.optional("outside_addresses", reply.outside_addresses);
  io.optional("port_mapping", reply.port_mapping);
  io.optional("dht", reply.dht);
  io.optional("checks", reply.checks);
}

}  // namespace lanyard::control
