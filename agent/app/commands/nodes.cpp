#include "app/commands/nodes.h"

#include "serve/address.h"
#include "serve/escape.h"

#include <algorithm>
#include <fmt/format.h>
#include <sstream>
#include <utility>

namespace linger::app {

void add_node_option(CLI::App &command, SourceArguments &source)
{
  CLI::Option *node =
      command
          .add_option("--node", source.nodes,
                      "Ask the agent that listens here; several times for several at once, each "
                      "with its name in front of what it says")
          ->type_name("ADDRESS")
          ->expected(1)
          ->take_all();
  for (const char *other :
       { "--agent", "--no-agent", "--config", "--ring-buffer-bytes", "--pid" }) {
    if (CLI::Option *option = command.get_option_no_throw(other))
      node->excludes(option);
  }
  // Either of the two will do, which running_agent() sees to.
  for (const char *option : { "--tls-cert", "--tls-key", "--tls-ca" })
    command.get_option(option)->remove_needs(command.get_option("--agent"));
}

Result<> check_nodes(const SourceArguments &source)
{
  if (source.tls.given()) {
    if (const auto usable = serve::channel_credentials(source.tls); !usable)
      return tl::unexpected(usable.error());
  }
  for (const std::string &address : source.nodes) {
    if (const auto parsed = serve::parse_address(address); !parsed)
      return tl::unexpected(parsed.error());
  }
  return {};
}

NodeLabel::NodeLabel(std::string node, const std::vector<std::string> &nodes)
    : node_(std::move(node))
{
  if (node_.empty())
    return;
  std::size_t width = 0;
  for (const std::string &name : nodes)
    width = std::max(width, serve::printable(name).size());
  column_ = fmt::format("{:<{}} ", serve::printable(node_), width);
}

std::string NodeLabel::before_lines(const std::string &text) const
{
  if (column_.empty())
    return text;
  std::istringstream lines{ text };
  std::string labelled;
  for (std::string line; std::getline(lines, line);)
    labelled += column_ + line + "\n";
  return labelled;
}

} // namespace linger::app
