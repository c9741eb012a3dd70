// SQL as a statement is known by: without the data in it.

#pragma once

#include <string>
#include <string_view>

namespace linger::decode {

enum class SqlDialect { postgresql, mysql };

inline constexpr std::size_t max_sql_text_bytes = 400;

/// The statement with every literal replaced by "?", its comments gone (they can hold data), white
/// space folded, and lists of literals after IN, VALUES and ARRAY joined to one: "SELECT name FROM
/// cart WHERE id IN (?)". Quoted identifiers stay; in MySQL's dialect double quotes hold a literal.
///
/// `cut` says that `sql` ends where the capture ended. Whatever begins as a literal counts as one
/// until it is closed, so nothing of a literal that is cut shows. Where two settings of a server
/// read a string's end differently (a backslash before the quote), the text ends there. A text that
/// is not whole ends in "…"; at most max_sql_text_bytes bytes.
[[nodiscard]] std::string normalised_sql(std::string_view sql, SqlDialect dialect, bool cut);

} // namespace linger::decode
