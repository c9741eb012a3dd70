// linger: the command line.

#include "app/linger_cli.h"
#include "app/log.h"

int main(int argc, char **argv)
{
  linger::app::log_nothing();
  linger::app::Terminal terminal = linger::app::standard_terminal();
  const linger::app::ExitStatus status =
      linger::app::run_linger({ argv + 1, argv + argc }, terminal);
  return static_cast<int>(status);
}
