// What the person before `linger top` wants to see.

#pragma once

#include <cstddef>
#include <string>

namespace linger::serve {

enum class TopTab { endpoints, workers, findings };
enum class TopOrder { time, requests, mean, errors, memory };

/// A key, as far as it means something here.
struct TopKey {
  enum class Kind { up, down, enter, escape, tab, erase, character };
  Kind kind = Kind::character;
  char character = 0;
};

struct TopView {
  TopTab tab = TopTab::endpoints;
  TopOrder order = TopOrder::time;
  /// A row of the tab, from 0.
  std::size_t selected = 0;
  /// The lines of the selected endpoint, or all of the selected finding, instead of the rows.
  bool detail = false;
  /// Only names with this in them.
  std::string filter;
  /// Characters go to the filter.
  bool typing = false;
  bool paused = false;
  bool help = false;
  bool over = false;

  /// What the key makes of it, where the tab has so many rows.
  void press(const TopKey &key, std::size_t rows);
};

} // namespace linger::serve
