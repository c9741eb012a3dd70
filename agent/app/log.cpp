#include "app/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace linger::app {

void log_to_standard_error()
{
  spdlog::set_default_logger(spdlog::stderr_logger_mt("lingerd"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
}

void log_nothing()
{
  spdlog::set_level(spdlog::level::off);
}

} // namespace linger::app
