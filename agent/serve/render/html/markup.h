// Pieces of HTML. Whatever comes from a watched process passes through escaped().

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace linger::serve::html {

/// printable(), and safe as text and inside a quoted attribute.
[[nodiscard]] std::string escaped(std::string_view text);

/// The same of at most `most` characters; what is longer ends in "...".
[[nodiscard]] std::string escaped(std::string_view text, std::size_t most);

/// A coordinate: "12.5".
[[nodiscard]] std::string number(double value);

/// The class that gives a cause its colour. "c-other" for what is no cause.
[[nodiscard]] std::string colour_class(std::string_view cause);

/// The page until its body: a document of its own that fetches nothing and runs nothing. `title` is
/// escaped.
[[nodiscard]] std::string page_head(std::string_view title);

/// A part of the page with its heading.
[[nodiscard]] std::string section(std::string_view id, std::string_view title,
                                  std::string_view content);

/// What may be wider than the page: it can be scrolled, with the keyboard too.
[[nodiscard]] std::string scrollable(std::string_view label, std::string_view content);

} // namespace linger::serve::html
