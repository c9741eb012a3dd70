// Text that fits: wrapped paragraphs and aligned columns. Both make what they are given printable,
// so nothing from a watched process reaches the terminal raw.

#pragma once

#include "serve/render/style.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace linger::serve {

/// `text` in lines of at most `width` columns, each ended by a newline, the first after `first`,
/// the others after as many spaces as `rest`. A word that does not fit is cut. Newlines in `text`
/// begin new lines.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t width, std::string_view first,
                                  std::size_t rest);

/// Rows of cells. Every column but the last is as wide as its widest cell; the last takes what is
/// left and is wrapped, on lines of its own when little is left.
class Table {
public:
  enum class Align { left, right };
  struct Column {
    std::string title;
    Align align = Align::left;
  };
  struct Row {
    std::vector<std::string> cells; // as many as there are columns
    /// Lines below the row, wrapped.
    std::vector<std::string> notes;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  void add(Row row);

  [[nodiscard]] std::string text(std::size_t indent, const TextOptions &options) const;

private:
  [[nodiscard]] std::string aligned(const std::vector<std::string> &cells,
                                    const std::vector<std::size_t> &widths) const;

  std::vector<Column> columns_;
  std::vector<Row> rows_;
};

} // namespace linger::serve
