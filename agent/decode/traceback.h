// What a Python traceback says without its message: the exception's type and the lines that led to
// it. Pure.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace linger::decode {

inline constexpr std::string_view traceback_first_line = "Traceback (most recent call last):";
inline constexpr std::size_t max_exception_type_bytes = 200;

struct TracebackLine {
  /// As the traceback names it: "/srv/shop/cart.py", "<frozen runpy>".
  std::string file;
  std::string function;
  std::int32_t line = 0;

  bool operator==(const TracebackLine &) const = default;
};

struct Traceback {
  /// "ValueError", "psycopg2.errors.UndefinedTable".
  std::string type;
  /// Innermost first; at least one.
  std::vector<TracebackLine> lines;

  bool operator==(const Traceback &) const = default;
};

/// Reads the last traceback in `text`: of exceptions that led to one another, the one that was not
/// handled. As logging writes it, or as a string of JSON. `text` may begin within it. Nothing where
/// there is none, or where its end, which holds the type, is missing. What comes out is printable,
/// and nothing of it comes from behind the type's name.
[[nodiscard]] std::optional<Traceback> parse_traceback(std::string_view text);

} // namespace linger::decode
