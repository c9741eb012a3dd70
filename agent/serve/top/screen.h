// What `linger top` shows, as lines of text.

#pragma once

#include "linger/v1/report.pb.h"
#include "serve/render/style.h"
#include "serve/top/rates.h"
#include "serve/top/view.h"

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

namespace linger::serve {

struct Span {
  std::string text;
  Ink ink = Ink::plain;
};

struct ScreenLine {
  std::vector<Span> spans;
  bool selected = false;

  [[nodiscard]] std::string text() const;
};

/// What one agent says.
struct TopNode {
  /// Empty where there is only one.
  std::string name;
  v1::Report report; // everything since the start
  Rates rates;       // of the latest interval
  /// Why there is nothing newer; empty when there is.
  std::string trouble;
};

/// All that is known at one moment.
struct TopState {
  std::vector<TopNode> nodes; // at least one
  /// Requests per second of the intervals before, of all nodes together; the latest last.
  std::deque<double> history;
};

/// How many rows the tab has.
[[nodiscard]] std::size_t top_rows(const TopState &state, const TopView &view);

/// At most `height` lines of at most `width` columns each; 80 by 24 show everything that matters.
/// Causes stand in bars as letters, so that the colours are not needed to tell them apart.
[[nodiscard]] std::vector<ScreenLine> top_screen(const TopState &state, const TopView &view,
                                                 std::size_t width, std::size_t height);

} // namespace linger::serve
