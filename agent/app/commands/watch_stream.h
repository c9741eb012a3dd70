// What `linger watch` asks an agent for, and prints of it.

#pragma once

#include "app/commands/arguments.h"
#include "app/commands/lasting_stream.h"
#include "app/commands/nodes.h"
#include "app/terminal.h"
#include "serve/client.h"

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace linger::app {

/// What to watch, of which servers.
struct WatchQuery {
  std::string what; // workers, requests or findings
  std::vector<std::uint32_t> tgids;
  // Which requests; all of them where nothing is said.
  std::string endpoint;
  std::string cause;
  domain::Nanos min_wall{};
};

/// Where the streams of one or several agents are printed. Thread-safe.
class WatchOutput {
public:
  WatchOutput(Format format, Terminal &terminal) : format_(format), terminal_(terminal) {}

  template <typename Message>
  using ToText = std::string (*)(const Message &, const serve::TextOptions &);

  /// Prints a stream's message; false once that fails.
  template <typename Message>
  [[nodiscard]] bool print(const NodeLabel &label, const Message &message, ToText<Message> to_text);
  /// One line for people, on standard error.
  void tell(const std::string &line);

  [[nodiscard]] Result<> result();

private:
  const Format format_;
  std::mutex mutex_;
  Terminal &terminal_;
  Result<> result_;
};

/// One agent's stream, which goes on where it broke off. Not thread-safe.
class WatchStream {
public:
  WatchStream(const WatchQuery &query, NodeLabel label, WatchOutput &output)
      : query_(query), label_(std::move(label)), output_(output)
  {
  }

  /// As Stream::follow and the others say.
  [[nodiscard]] serve::StreamResult follow(serve::Client &agent, const std::stop_token &stop);
  [[nodiscard]] std::string how_it_goes_on() const;
  void tell(const std::string &line);

private:
  [[nodiscard]] v1::WatchRequestsRequest requests_asked_for() const;

  const WatchQuery &query_;
  NodeLabel label_;
  WatchOutput &output_;
  std::uint64_t cursor_ = 0; // of the latest request
};

} // namespace linger::app
