// Where the programs write.

#pragma once

#include "serve/render/style.h"

#include <cstddef>
#include <ostream>

namespace linger::app {

/// Results go to `out`, everything else to `err`.
struct Terminal {
  static constexpr std::size_t usual_width = 80;
  static constexpr std::size_t widest = 160; // long lines are hard to read

  std::ostream &out;
  std::ostream &err;
  /// A person may be looking at `err`: progress is shown there.
  bool err_is_terminal = false;
  /// And at `out`: it is no place for bytes.
  bool out_is_terminal = false;
  /// `out` is a terminal and the environment does not set NO_COLOR.
  bool color = false;
  /// Columns of `out`.
  std::size_t width = usual_width;

  [[nodiscard]] serve::TextOptions text_options() const
  {
    return { .width = width, .colour = color };
  }
};

/// The process's own.
[[nodiscard]] Terminal standard_terminal();

} // namespace linger::app
