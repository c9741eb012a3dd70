// --node: the agents of several hosts at once.

#pragma once

#include "app/commands/arguments.h"
#include "app/terminal.h"

#include <string>
#include <vector>

namespace linger::app {

/// --node, after add_agent_options(): whatever is about one host alone rules it out.
void add_node_option(CLI::App &command, SourceArguments &source);

/// Fails where an address or a file for TLS cannot be meant, before anybody is asked.
[[nodiscard]] Result<> check_nodes(const SourceArguments &source);

/// What one of several nodes says, told apart from the others.
class NodeLabel {
public:
  /// Of one of these nodes; of none, empty.
  NodeLabel(std::string node, const std::vector<std::string> &nodes);

  [[nodiscard]] const std::string &node() const { return node_; }
  /// Each line with the node in front, in a column as wide as the longest of them.
  [[nodiscard]] std::string before_lines(const std::string &text) const;

private:
  std::string node_;
  std::string column_; // printable
};

} // namespace linger::app
