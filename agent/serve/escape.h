// Text that comes from a watched process may hold anything. Nothing of it reaches a message or a
// terminal except through here.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace linger::serve {

/// `text` as valid UTF-8: each byte that is part of no character becomes "\xNN".
[[nodiscard]] std::string valid_utf8(std::string_view text);

/// valid_utf8(), and each character that a terminal acts upon or that makes text look like other
/// text (controls, line separators, direction marks, characters without width) becomes "\xNN" or
/// "\u{NNNN}". What is left stays on its line.
[[nodiscard]] std::string printable(std::string_view text);

/// How many characters `text`, valid UTF-8, has: its width on a terminal, unless it holds wide or
/// combining ones.
[[nodiscard]] std::size_t width_of(std::string_view text);

/// The bytes of its first `characters` characters, or of all where it has no more.
[[nodiscard]] std::size_t bytes_of(std::string_view text, std::size_t characters);

} // namespace linger::serve
