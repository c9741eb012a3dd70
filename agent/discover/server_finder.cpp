#include "discover/server_finder.h"

#include "discover/mod_wsgi_survey.h"
#include "discover/pod.h"
#include "discover/proc_files.h"
#include "discover/process.h"
#include "discover/python_server_survey.h"
#include "discover/uwsgi_survey.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

namespace linger::discover {
namespace {

bool has_process(const domain::Server &server, std::uint32_t tgid)
{
  return server.master_tgid == tgid ||
         std::ranges::any_of(server.workers, [tgid](const domain::WorkerProcess &worker) {
           return worker.tgid == tgid;
         });
}

} // namespace

ServerFinder::ServerFinder(std::filesystem::path proc, std::filesystem::path pod_logs)
    : proc_(std::move(proc)), pod_logs_(std::move(pod_logs)), namespaces_(proc_)
{
}

std::vector<domain::Server> ServerFinder::find()
{
  namespaces_.begin_look(
      domain::MonotonicTime{ std::chrono::steady_clock::now().time_since_epoch() });
  HostProcesses host(proc_, namespaces_);
  std::vector<domain::Server> servers = GunicornSurvey(host).servers(remembered_);
  std::ranges::move(UwsgiSurvey(host).servers(), std::back_inserter(servers));
  std::ranges::move(PythonServerSurvey(host).servers(), std::back_inserter(servers));
  std::ranges::move(ModWsgiSurvey(host).servers(), std::back_inserter(servers));
  NodePods pods(pod_logs_);
  for (domain::Server &server : servers)
    if (auto gap = pods.describe(proc_, server.master_tgid, server.container))
      server.gaps.push_back(std::move(*gap));
  std::ranges::sort(servers, {}, &domain::Server::master_tgid);
  return servers;
}

Result<domain::Server> ServerFinder::find(std::uint32_t tgid)
{
  const auto stat = read_stat(proc_, tgid);
  if (!stat && stat.error().kind == Error::Kind::not_found)
    return failure(Error::Kind::not_found, fmt::format("there is no process {}", tgid));
  if (!stat)
    return because(fmt::format("look at process {}", tgid), stat.error());
  const auto cmdline = read_text(directory_of(proc_, tgid) / "cmdline");
  if (!cmdline && cmdline.error().kind == Error::Kind::not_permitted)
    return because(fmt::format("look at process {} ({})", tgid, stat->comm), cmdline.error());

  for (domain::Server &server : find())
    if (has_process(server, tgid))
      return std::move(server);
  return failure(
      Error::Kind::not_found,
      fmt::format(
          "{} ({}) is neither a Python web server's master nor one of its workers, as far as "
          "Linger knows them",
          tgid, stat->comm));
}

} // namespace linger::discover
