#include "app/exit_status.h"

#include <utility>

namespace linger::app {

ExitStatus exit_status_of(Error::Kind kind)
{
  switch (kind) {
    case Error::Kind::usage:
    case Error::Kind::malformed:
      return ExitStatus::usage;
    case Error::Kind::not_found:
      return ExitStatus::no_such_server;
    case Error::Kind::not_permitted:
    case Error::Kind::not_supported:
      return ExitStatus::refused;
    case Error::Kind::exhausted:
    case Error::Kind::internal:
      return ExitStatus::internal;
  }
  return ExitStatus::internal;
}

Error about_named_file(Error error)
{
  if (error.kind == Error::Kind::not_found)
    error.kind = Error::Kind::usage;
  return error;
}

} // namespace linger::app
