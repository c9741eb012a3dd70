#include "app/terminal.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string_view>
#include <sys/ioctl.h>
#include <unistd.h>

namespace linger::app {
namespace {

/// no-color.org: set to anything but the empty string.
bool color_unwanted()
{
  const char *no_color = std::getenv("NO_COLOR"); // NOLINT(concurrency-mt-unsafe)
  const char *term = std::getenv("TERM");         // NOLINT(concurrency-mt-unsafe)
  return (no_color && *no_color) || (term && std::string_view{ term } == "dumb");
}

std::size_t columns_of_output()
{
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
    return Terminal::usual_width;
  return std::min<std::size_t>(size.ws_col, Terminal::widest);
}

} // namespace

Terminal standard_terminal()
{
  return { .out = std::cout,
           .err = std::cerr,
           .err_is_terminal = ::isatty(STDERR_FILENO) == 1,
           .out_is_terminal = ::isatty(STDOUT_FILENO) == 1,
           .color = ::isatty(STDOUT_FILENO) == 1 && !color_unwanted(),
           .width = columns_of_output() };
}

} // namespace linger::app
