// How far a long piece of work is, on a terminal.

#pragma once

#include "app/terminal.h"
#include "domain/time.h"

#include <string>

namespace linger::app {

/// Keeps one line up to date, about once a second, and removes it at the end. Silent where `err` is
/// no terminal.
class Progress {
public:
  /// `doing` as in "observing".
  Progress(Terminal &terminal, std::string doing, domain::Nanos whole);
  ~Progress();
  Progress(const Progress &) = delete;
  Progress &operator=(const Progress &) = delete;

  void show(domain::Nanos passed);

private:
  Terminal &terminal_;
  std::string doing_;
  std::chrono::seconds whole_;
  std::chrono::seconds shown_{ -1 };
};

} // namespace linger::app
