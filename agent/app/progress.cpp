#include "app/progress.h"

#include <fmt/format.h>

namespace linger::app {

Progress::Progress(Terminal &terminal, std::string doing, domain::Nanos whole)
    : terminal_(terminal), doing_(std::move(doing)),
      whole_(std::chrono::ceil<std::chrono::seconds>(whole))
{
}

void Progress::show(domain::Nanos passed)
{
  const auto whole_seconds_passed = std::chrono::floor<std::chrono::seconds>(passed);
  if (!terminal_.err_is_terminal || whole_seconds_passed == shown_)
    return;
  shown_ = whole_seconds_passed;
  terminal_.err << fmt::format("\r\033[K{}: {} of {} s (Ctrl-C ends it now)", doing_,
                               shown_.count(), whole_.count())
                << std::flush;
}

Progress::~Progress()
{
  if (shown_.count() >= 0)
    terminal_.err << "\r\033[K" << std::flush;
}

} // namespace linger::app
