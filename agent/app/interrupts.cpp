#include "app/interrupts.h"

#include <atomic>
#include <unistd.h>

namespace linger::app {
namespace {

std::atomic<int> signals_seen = 0;
static_assert(std::atomic<int>::is_always_lock_free, "used in a signal handler");

extern "C" void count_signal(int)
{
  if (signals_seen.fetch_add(1) > 0)
    ::_exit(Interrupts::status_of_second);
}

} // namespace

Interrupts::Interrupts()
{
  signals_seen = 0;
  struct sigaction action {};
  action.sa_handler = count_signal;
  ::sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGINT, &action, &before_int_);
  ::sigaction(SIGTERM, &action, &before_term_);
}

Interrupts::~Interrupts()
{
  ::sigaction(SIGINT, &before_int_, nullptr);
  ::sigaction(SIGTERM, &before_term_, nullptr);
}

bool Interrupts::seen() const
{
  return signals_seen.load() > 0;
}

} // namespace linger::app
