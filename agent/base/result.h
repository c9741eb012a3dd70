// Errors as values. A function that can fail for a reason outside the program returns Result<T>;
// a broken promise inside the program is an assertion.
//
// Result is tl::expected because GCC 12 has no std::expected in C++20 mode. Only what the two
// share is used, so that moving to the standard one stays a change of one line.

#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace linger {

/// Why something could not be done. `what` is one sentence for the person at the terminal: what
/// was tried, on what, how it failed and, where there is something to do, what.
struct Error {
  enum class Kind {
    usage,         // the caller asked for something that has no meaning
    not_found,     // no such server, process or file
    not_permitted, // a capability or a file permission is missing
    not_supported, // the kernel is too old or was built without the feature
    exhausted,     // a limit was reached; trying again later may work
    malformed,     // bytes that do not have the promised form
    internal,      // anything else the system reported
  };

  Kind kind;
  std::string what;
};

template <typename T = void>
using Result = tl::expected<T, Error>;

[[nodiscard]] tl::unexpected<Error> failure(Error::Kind kind, std::string what);

/// The failure of a system call or libbpf call from its errno value, positive or negative.
/// `doing` names the attempt as a verb and its object: "attach the probe off_cpu".
[[nodiscard]] tl::unexpected<Error> failed(std::string_view doing, int err);

/// The same error with what was being done in front of it.
[[nodiscard]] tl::unexpected<Error> because(std::string_view doing, const Error &error);

} // namespace linger
