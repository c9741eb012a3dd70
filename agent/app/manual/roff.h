// Text in roff's terms.

#pragma once

#include <string>
#include <string_view>

namespace linger::app {

/// Every character as it is: for command lines, which are copied from the page.
[[nodiscard]] std::string roff_literal(std::string_view text);

/// Prose: what stands in `backquotes` in bold, and the hyphens of options as they are typed.
[[nodiscard]] std::string roff_prose(std::string_view text);

/// Words like "text|json" in bold where they are typed so, and like "FILE" in italics.
[[nodiscard]] std::string roff_value(std::string_view value);

} // namespace linger::app
