// SIGINT and SIGTERM as a wish to come to an end.

#pragma once

#include <csignal>

namespace linger::app {

/// While it lives, the first of the two signals only sets seen(); the second one ends the process
/// at once with status 130, in which case the kernel detaches the probes. At most one at a time.
class Interrupts {
public:
  static constexpr int status_of_second = 130;

  Interrupts();
  ~Interrupts();
  Interrupts(const Interrupts &) = delete;
  Interrupts &operator=(const Interrupts &) = delete;

  [[nodiscard]] bool seen() const;

private:
  struct sigaction before_int_ {};
  struct sigaction before_term_ {};
};

} // namespace linger::app
