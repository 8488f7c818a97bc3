// SPDX-License-Identifier: Apache-2.0
// Any datagram: what KRPC's parser makes of it, written and parsed again, is the same message.
#include <string>
#include <type_traits>
#include <variant>

#include "core/dht/krpc.h"
#include "tests/fuzz/fuzz_target.h"

namespace lanyard::dht {
namespace {

Buffer encoded(const Message& message) {
  return std::visit([](const auto& kind) { return encode(kind); }, message);
}

Bytes transaction_of(const Message& message) {
  return std::visit([](const auto& kind) { return kind.transaction; }, message);
}

// Such a query is answered with an error or, of an unknown method, with nodes; never sent.
bool is_never_written(const Message& message) {
  const auto* query = std::get_if<Query>(&message);
  return query != nullptr && (query->fault || query->method == Method::unknown);
}

bool is_same(const Query& a, const Query& b) {
  return a.method == b.method && a.sender == b.sender && a.target == b.target &&
         a.sender_reachability == b.sender_reachability && a.info_hash == b.info_hash &&
         equal(a.token, b.token) && equal(a.item.value, b.item.value) && !b.fault;
}

bool is_same(const Answer& a, const Answer& b) {
  return a.sender == b.sender && a.asker == b.asker && a.nodes == b.nodes && a.nodes6 == b.nodes6 &&
         a.peers == b.peers && equal(a.token, b.token) && equal(a.item.value, b.item.value) &&
         equal(a.item.signature, b.item.signature) &&
         a.samples.has_value() == b.samples.has_value();
}

bool is_same(const Failure& a, const Failure& b) {
  return a.code == b.code && equal(a.text, b.text) && a.asker == b.asker;
}

bool is_same(const Message& a, const Message& b) {
  if (a.index() != b.index() || !equal(transaction_of(a), transaction_of(b))) return false;
  return std::visit(
      [&b](const auto& kind) {
        return is_same(kind, *std::get_if<std::remove_cvref_t<decltype(kind)>>(&b));
      },
      a);
}

std::string find_fault(Bytes datagram) {
  const auto message = parse_message(datagram);
  if (!message || is_never_written(*message)) return {};
  const Buffer once = encoded(*message);
  const auto again = parse_message(once);
  if (!again) return "what was parsed and written is refused";
  if (!is_same(*message, *again)) return "what was parsed and written says something else";
  if (encoded(*again) != once) return "written twice, a message differs";
  return {};
}

}  // namespace
}  // namespace lanyard::dht

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  lanyard::fuzz::stop_if(lanyard::dht::find_fault({input, size}));
  return 0;
}
