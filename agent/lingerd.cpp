// lingerd: the agent.

#include "app/daemon.h"

int main(int argc, char **argv)
{
  const linger::app::ExitStatus status = linger::app::run_lingerd({ argv + 1, argv + argc });
  return static_cast<int>(status);
}
