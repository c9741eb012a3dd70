#pragma once

#include "base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace linger::discover {

/// The words of `text` by the POSIX shell's rules for quotes and backslashes, without expansions
/// and comments: what Python's shlex.split() makes of GUNICORN_CMD_ARGS. Fails as malformed where a
/// quotation is not closed or nothing follows a backslash.
[[nodiscard]] Result<std::vector<std::string>> shell_words(std::string_view text);

} // namespace linger::discover
