#include "app/commands/running_agent.h"

namespace linger::app {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds connect_timeout = 3s;

Result<std::optional<serve::Client>> connect(const std::string &address,
                                             const serve::TlsFiles &tls = {})
{
  Result<serve::Client> client = connect_to(address, tls);
  if (!client)
    return tl::unexpected(client.error());
  return std::optional<serve::Client>{ std::move(*client) };
}

} // namespace

Result<serve::Client> connect_to(const std::string &address, const serve::TlsFiles &tls,
                                 const std::stop_token &stop)
{
  return serve::Client::connect(address, connect_timeout, tls, stop);
}

Result<std::optional<serve::Client>> running_agent(const SourceArguments &source)
{
  if (!source.agent_address.empty())
    return connect(source.agent_address, source.tls);
  if (source.tls.given())
    return failure(Error::Kind::usage, "--tls-cert, --tls-key and --tls-ca are for an agent on "
                                       "another host: name it with --agent or --node");
  if (source.no_agent || source.probes.given())
    return std::optional<serve::Client>{};
  const std::string address{ default_address };
  if (!serve::agent_answers(address))
    return std::optional<serve::Client>{};
  return connect(address);
}

} // namespace linger::app
