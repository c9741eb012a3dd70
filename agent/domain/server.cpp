#include "domain/server.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace linger::domain {

bool runs_event_loops(const Server &server)
{
  // Part of the short names and of the classes' own: "gevent_pywsgi",
  // "gunicorn.workers.geventlet.EventletWorker", "uvicorn.workers.UvicornH11Worker".
  static constexpr std::array<std::string_view, 8> loops{ "gevent",   "Gevent",  "eventlet",
                                                          "Eventlet", "tornado", "uvicorn",
                                                          "asgi",     "aiohttp" };
  return std::ranges::any_of(loops, [&](std::string_view loop) {
    return server.worker_class.find(loop) != std::string::npos;
  });
}

} // namespace linger::domain
