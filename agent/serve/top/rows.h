// The rows of `linger top`'s tabs.

#pragma once

#include "serve/top/screen.h"

#include <cstddef>
#include <vector>

namespace linger::serve {

/// Something of a node. Both outlive the row.
template <typename T>
struct TopRow {
  const TopNode *node = nullptr;
  const T *value = nullptr;
};

/// Those that the filter lets pass, as the view orders them.
[[nodiscard]] std::vector<TopRow<Rate>> endpoint_rows(const TopState &state, const TopView &view);
[[nodiscard]] std::vector<TopRow<v1::Worker>> worker_rows(const TopState &state,
                                                          const TopView &view);
[[nodiscard]] std::vector<TopRow<v1::Finding>> finding_rows(const TopState &state,
                                                            const TopView &view);

/// The header of a tab's columns.
[[nodiscard]] ScreenLine header_of(TopTab tab, std::size_t width);
[[nodiscard]] ScreenLine line_of(const TopRow<Rate> &row, std::size_t width);
[[nodiscard]] ScreenLine line_of(const TopRow<v1::Worker> &row, std::size_t width);
[[nodiscard]] ScreenLine line_of(const TopRow<v1::Finding> &row, std::size_t width);

/// "dddddd##": each cause's part of the bar in its letter, the most first; spaces behind a shorter
/// one. One span a cause.
[[nodiscard]] std::vector<Span> bar_of(const v1::CauseTimes &times, std::size_t width);
/// "d database  # on_cpu": of the causes of these times, the most first.
[[nodiscard]] ScreenLine legend_of(const v1::CauseTimes &times, std::size_t width);

/// `text` printable, and exactly so wide: cut at its end, which "..." then tells, or padded.
[[nodiscard]] std::string fitted(std::string_view text, std::size_t width);

} // namespace linger::serve
