// SPDX-License-Identifier: Apache-2.0
// Where `lanyard join` takes its token from: the command line, standard input or a file.
#pragma once

#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace lanyard::cli {

// The token without any white space, for pasted text is wrapped and indented. words are the
// arguments: pieces of the token, "-" for `in`, or the path of a file that exists. Whether the
// token is a good one is found by the daemon.
Result<std::string> gather_token(const std::vector<std::string>& words, std::istream& in);

}  // namespace lanyard::cli
