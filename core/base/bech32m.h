// SPDX-License-Identifier: Apache-2.0
// Bech32m (BIP 350) without its 90-character limit: the text form of tokens. Decoding ignores case
// and white space, since tokens are pasted from chats and mails, and says where a mistake is.
#pragma once

#include <string>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/result.h"

namespace lanyard::bech32m {

// Upper case, so that a QR code can use its alphanumeric mode. prefix is letters only.
std::string encode(std::string_view prefix, Bytes payload);

// The payload of a text with this prefix. Errors name the position of a bad character (counted
// without white space, from 1), a foreign prefix, or a mistyped text (checksum).
Result<Buffer> decode(std::string_view prefix, std::string_view text);

}  // namespace lanyard::bech32m
