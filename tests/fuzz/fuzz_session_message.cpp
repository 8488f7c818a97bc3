// SPDX-License-Identifier: Apache-2.0
// Any control message inside a session: what is understood, those of relaying among it, is said
// again in the same words.
#include <string>
#include <type_traits>
#include <variant>

#include "core/node/session_message.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace lanyard;
using namespace lanyard::node;

std::string find_fault(Bytes input) {
  const auto message = parse_session_message(input);
  if (!message) return {};
  return std::visit(
      [](const auto& parsed) -> std::string {
        using Message = std::decay_t<decltype(parsed)>;
        // These hold records, or keys of records, that have their own targets and forms.
        constexpr bool is_plain =
            std::is_same_v<Message, PingMessage> || std::is_same_v<Message, PongMessage> ||
            std::is_same_v<Message, ByeMessage> || std::is_same_v<Message, RefusalMessage> ||
            std::is_same_v<Message, CircuitRequest> || std::is_same_v<Message, CircuitMessage> ||
            std::is_same_v<Message, CircuitRefusal> || std::is_same_v<Message, CircuitEnd> ||
            std::is_same_v<Message, VantageMessage>;
        if constexpr (is_plain) {
          const Buffer once = encode(parsed);
          const auto again = parse_session_message(once);
          if (!again) return "what was understood cannot be said";
          const auto* same = std::get_if<Message>(&*again);
          if (same == nullptr) return "it becomes another kind";
          if (encode(*same) != once) return "it does not say the same again";
        }
        return {};
      },
      *message);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  lanyard::fuzz::stop_if(find_fault({input, size}));
  return 0;
}
