// Reports on everything since the start, as `linger top` gets them.

#pragma once

#include "linger/v1/report.pb.h"

#include <cstdint>
#include <string>

namespace linger::serve::test {

inline void add_endpoint(v1::Report &report, const std::string &route, std::uint64_t requests,
                         std::uint64_t database_ns, std::uint64_t cpu_ns, std::uint64_t errors = 0)
{
  v1::Endpoint &endpoint = *report.add_endpoints();
  endpoint.set_server(100);
  endpoint.set_method("GET");
  endpoint.set_route(route);
  endpoint.set_requests(requests);
  endpoint.set_errors(errors);
  endpoint.mutable_time()->set_database_ns(database_ns);
  endpoint.mutable_time()->set_on_cpu_ns(cpu_ns);
  endpoint.mutable_time()->set_wall_ns(database_ns + cpu_ns);
}

/// One server of two workers, of which one is blocked.
inline v1::Report report_at(std::uint64_t seconds)
{
  v1::Report report;
  report.mutable_window()->set_duration_ns(seconds * 1'000'000'000);
  report.mutable_window()->mutable_end_time()->set_seconds(static_cast<std::int64_t>(seconds));
  v1::Server &server = *report.add_servers();
  server.set_master_tgid(100);
  server.set_kind("gunicorn");
  server.set_app("shop.app:app");
  server.set_worker_class("sync");
  v1::Worker &blocked = *server.add_workers();
  blocked.set_tgid(101);
  blocked.set_state(v1::WORKER_STATE_BLOCKED);
  blocked.set_open_request("GET /report/{}");
  blocked.set_waits_on("database 127.0.0.1:5432");
  blocked.set_open_request_ns(1'500'000'000);
  v1::Worker &idle = *server.add_workers();
  idle.set_tgid(102);
  idle.set_state(v1::WORKER_STATE_IDLE);
  return report;
}

} // namespace linger::serve::test
