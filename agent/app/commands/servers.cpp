// linger servers: the servers on this host or on others, their workers and what they were told.

#include "app/commands/command.h"
#include "app/commands/nodes.h"
#include "app/commands/running_agent.h"
#include "app/own_cost.h"
#include "discover/server_finder.h"
#include "serve/convert.h"
#include "serve/render/json.h"
#include "serve/render/servers_text.h"

#include <future>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace linger::app {
namespace {

struct ServersArguments {
  std::vector<std::uint32_t> tgids;
  std::string config_path;
  SourceArguments source;
  Format format = Format::text;
};

/// What /proc tells of a server; what its workers do would take probes.
domain::ServerReport as_found(const domain::Server &server)
{
  domain::ServerReport report{ .server = server, .workers = {} };
  for (const domain::WorkerProcess &worker : server.workers)
    report.workers.push_back({ .tgid = worker.tgid, .threads = worker.threads });
  return report;
}

Result<v1::ListServersResponse> find(const ServersArguments &arguments)
{
  const Result<Config> config =
      arguments.config_path.empty() ? Result<Config>{} : read_config(arguments.config_path);
  if (!config)
    return tl::unexpected(config.error());
  discover::ServerFinder finder("/proc", config->pod_logs);
  std::map<std::uint32_t, domain::Server> servers; // by master_tgid: two workers may have one
  for (const std::uint32_t tgid : arguments.tgids) {
    const Result<domain::Server> server = finder.find(tgid);
    if (!server)
      return tl::unexpected(server.error());
    servers.insert_or_assign(server->master_tgid, *server);
  }
  if (arguments.tgids.empty()) {
    for (const domain::Server &server : finder.find())
      servers.insert_or_assign(server.master_tgid, server);
  }

  v1::ListServersResponse response;
  for (const auto &[master, server] : servers)
    *response.add_servers() = serve::to_proto(as_found(server), read_clocks());
  return response;
}

/// Asks them all at once, and prints what they answer in the order in which they were named. Those
/// that do not answer are told of on standard error, and in the status.
ExitStatus run_servers_of_nodes(const ServersArguments &arguments, Terminal &terminal)
{
  const std::vector<std::string> &nodes = arguments.source.nodes;
  if (const Result<> meant = check_nodes(arguments.source); !meant)
    return report_error(terminal, meant.error());
  std::vector<std::future<Result<v1::ListServersResponse>>> asked;
  for (const std::string &node : nodes)
    asked.push_back(std::async(std::launch::async, [&]() -> Result<v1::ListServersResponse> {
      Result<serve::Client> agent = connect_to(node, arguments.source.tls);
      if (!agent)
        return tl::unexpected(agent.error());
      return agent->list_servers({});
    }));
  ExitStatus status = ExitStatus::done;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const Result<v1::ListServersResponse> servers = asked[i].get();
    Result<std::string> text;
    if (!servers)
      text = tl::unexpected(servers.error());
    else if (arguments.format == Format::json)
      text = serve::json_line(nodes[i], *servers).map([](const std::string &json) {
        return json + "\n";
      });
    else
      text = NodeLabel(nodes[i], nodes)
                 .before_lines(serve::servers_text(servers->servers(), terminal.text_options()));
    const Result<> written = text ? write_out(*text, terminal) : tl::unexpected(text.error());
    if (!written)
      status = report_error(terminal, written.error());
  }
  return status;
}

ExitStatus run_servers(const ServersArguments &arguments, Terminal &terminal)
{
  if (!arguments.source.nodes.empty())
    return run_servers_of_nodes(arguments, terminal);
  Result<std::optional<serve::Client>> agent = running_agent(arguments.source);
  if (!agent)
    return report_error(terminal, agent.error());
  const Result<v1::ListServersResponse> servers =
      *agent ? (*agent)->list_servers(arguments.tgids) : find(arguments);
  if (!servers)
    return report_error(terminal, servers.error());

  const Result<std::string> text =
      arguments.format == Format::json
          ? serve::json_text(*servers)
          : serve::servers_text(servers->servers(), terminal.text_options());
  if (!text)
    return report_error(terminal, text.error());
  if (const Result<> written = write_out(*text, terminal); !written)
    return report_error(terminal, written.error());
  return ExitStatus::done;
}

constexpr const char *examples = R"(Examples:
  linger servers                            all that run here
  linger servers --pid 4711 --format json   one, for programs
  linger servers --node web-1:9465 --node web-2:9465 --tls-cert me.pem --tls-key me.key --tls-ca ca.pem
                                            those of two hosts)";

} // namespace

void add_servers_command(CLI::App &parent, Command &chosen)
{
  CLI::App *servers =
      parent.add_subcommand("servers", "The servers found, their workers and configuration");
  servers->footer(examples);
  // Shared with the command, which outlives the parser that fills it.
  const auto arguments = std::make_shared<ServersArguments>();
  add_pid_option(*servers, arguments->tgids);
  add_format_option(*servers, arguments->format);
  add_agent_options(*servers, arguments->source);
  servers
      ->add_option("--config", arguments->config_path, "Its [kubernetes] counts, without an agent")
      ->type_name("FILE")
      ->excludes("--agent");
  add_node_option(*servers, arguments->source);
  servers->callback([arguments, &chosen] {
    chosen = [arguments](Terminal &terminal) { return run_servers(*arguments, terminal); };
  });
}

} // namespace linger::app
