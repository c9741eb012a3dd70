#include "diagnose/words.h"

namespace linger::diagnose {

using domain::Cause;

const char *waiting_for(Cause cause)
{
  switch (cause) {
    case Cause::on_cpu:
      return "computing";
    case Cause::run_queue:
      return "waiting for a CPU";
    case Cause::client_read:
      return "waiting for the client to send its request";
    case Cause::client_write:
      return "waiting for the client to take the response";
    case Cause::database:
      return "waiting for the database";
    case Cause::cache:
      return "waiting for the cache";
    case Cause::upstream:
      return "waiting for another service";
    case Cause::dns:
      return "waiting for name resolution";
    case Cause::disk:
      return "waiting for files";
    case Cause::lock:
      return "waiting for a lock";
    case Cause::gil:
      return "waiting for the interpreter's lock";
    case Cause::event_loop:
      return "waiting while others held the event loop";
    case Cause::sleep:
      return "sleeping";
    case Cause::child:
      return "waiting for a child process";
    default:
      return "waiting";
  }
}

} // namespace linger::diagnose
