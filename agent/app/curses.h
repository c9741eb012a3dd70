// A terminal that is drawn upon.

#pragma once

#include "base/result.h"
#include "serve/top/screen.h"
#include "serve/top/view.h"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace linger::app {

/// The process's terminal, drawn upon with curses from open() until the destructor gives it back.
/// One at a time. Not thread-safe.
class Curses {
public:
  /// not_supported where standard output is no terminal, or one that curses does not know.
  [[nodiscard]] static Result<std::unique_ptr<Curses>> open(bool colour);
  ~Curses();
  Curses(const Curses &) = delete;
  Curses &operator=(const Curses &) = delete;

  [[nodiscard]] std::size_t width() const;
  [[nodiscard]] std::size_t height() const;
  void draw(const std::vector<serve::ScreenLine> &lines);

  /// Waits for a key at most so long; nullopt when none came, when the terminal's size changed, and
  /// for keys that mean nothing.
  [[nodiscard]] std::optional<serve::TopKey> key(std::chrono::milliseconds patience);

private:
  struct Impl;
  explicit Curses(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

} // namespace linger::app
