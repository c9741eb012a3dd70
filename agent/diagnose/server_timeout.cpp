#include "diagnose/server_timeout.h"

#include "diagnose/words.h"

#include <fmt/format.h>

namespace linger::diagnose {
namespace {

using domain::Cause;
using domain::ServerKind;

bool is_gunicorn_sync(const domain::Server &server)
{
  return server.kind == ServerKind::gunicorn &&
         (server.worker_class == "sync" || server.worker_class.ends_with(".SyncWorker"));
}

} // namespace

std::string timeout_option(ServerKind kind)
{
  switch (kind) {
    case ServerKind::gunicorn:
      return "--timeout";
    case ServerKind::uwsgi:
      return "--harakiri";
    default:
      return "the server's timeout";
  }
}

std::optional<domain::Nanos> request_timeout(const domain::Server &server)
{
  if (server.timeout_seconds == 0 ||
      !(is_gunicorn_sync(server) || server.kind == ServerKind::uwsgi))
    return std::nullopt;
  return std::chrono::seconds{ server.timeout_seconds };
}

std::string shorter_request(const std::string &endpoint, Cause cause, const std::string &code,
                            const domain::Server &server)
{
  std::string text;
  if (cause == Cause::on_cpu || cause == Cause::run_queue)
    text = fmt::format("{} is {}: make it cheaper, or move the work out of the request (a task "
                       "queue).",
                       endpoint.empty() ? "The request" : endpoint, waiting_for(cause));
  else
    text = fmt::format("Give what it waits for{} a timeout of its own that is shorter than {}, so "
                       "that the request fails with an error and the worker lives on.",
                       code.empty() ? "" : " at " + code, timeout_option(server.kind));
  if (is_gunicorn_sync(server))
    text += " If requests may take that long, use --worker-class gthread: its workers show "
            "themselves while a request runs; a higher --timeout only lets them block longer.";
  return text;
}

} // namespace linger::diagnose
