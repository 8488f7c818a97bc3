// SPDX-License-Identifier: Apache-2.0
//   "lanyard-state 1 LENGTH\n"   LENGTH: decimal, of the contents
//   contents
//   checksum 8                   FNV-1a, 64 bits, of all before; big-endian
#include "platform/state_format.h"

#include <charconv>
#include <string>

#include "core/base/endian.h"

namespace lanyard::platform {
namespace {

constexpr std::string_view kHeaderStart = "lanyard-state 1 ";
constexpr std::size_t kChecksumSize = 8;

// Fowler, Noll and Vo, variant 1a (RFC 9923). Changes with every single flipped bit, for each step
// can be undone.
std::uint64_t checksum(Bytes bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const std::uint8_t byte : bytes) hash = (hash ^ byte) * 0x00000100000001b3;
  return hash;
}

Error corrupt(std::string reason) { return make_error(Errc::corrupt, std::move(reason)); }

}  // namespace

Buffer wrap_state(Bytes contents) {
  Buffer out;
  out.reserve(contents.size() + 64);
  append(out, kHeaderStart);
  append(out, std::to_string(contents.size()));
  append(out, "\n");
  append(out, contents);
  const std::uint64_t sum = checksum(out);
  out.resize(out.size() + kChecksumSize);
  store_be(out.data() + out.size() - kChecksumSize, sum);
  return out;
}

Result<Buffer> unwrap_state(Bytes file) {
  const std::string_view text = as_text(file);
  if (text.empty()) return corrupt("it is empty");
  if (!text.starts_with(kHeaderStart)) return corrupt("it does not begin like a state file");
  const std::size_t line_end = text.find('\n');
  if (line_end == std::string_view::npos) return corrupt("it is cut off");
  const std::string_view digits = text.substr(kHeaderStart.size(), line_end - kHeaderStart.size());
  std::uint64_t length = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size()) {
    return corrupt("its length is unreadable");
  }
  const std::size_t begin = line_end + 1;
  if (file.size() - begin < kChecksumSize || file.size() - begin - kChecksumSize < length) {
    return corrupt("it is cut off");
  }
  if (file.size() - begin - kChecksumSize > length) return corrupt("it is longer than it says");
  const Bytes summed = file.first(begin + length);
  if (load_be<std::uint64_t>(file.data() + summed.size()) != checksum(summed)) {
    return corrupt("its checksum is wrong");
  }
  return to_buffer(summed.subspan(begin));
}

}  // namespace lanyard::platform
