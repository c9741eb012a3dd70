// What one segment of a path is: a name that belongs to the route, or a value that varies.

#pragma once

#include <string>
#include <string_view>

namespace linger::domain {

/// The bytes that %XX stand for. What is no valid escape stays as it is.
[[nodiscard]] std::string percent_decoded(std::string_view text);

/// Printable ASCII, as a route is shown: every other byte, and braces, as %XX.
[[nodiscard]] std::string percent_encoded(std::string_view text);

/// Whether a decoded segment is a value: a number, a UUID, a hexadecimal hash of at least 8 digits,
/// an opaque token of at least 16 characters, an e-mail address, or a date. Versions ("v1", "2.0")
/// and names of files ("app.3f2a9c1b.js") are not.
[[nodiscard]] bool is_value(std::string_view segment);

} // namespace linger::domain
