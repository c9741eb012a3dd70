// A stream that outlives the agent that it comes from.

#pragma once

#include "domain/time.h"
#include "serve/client.h"

#include <functional>
#include <optional>
#include <stop_token>
#include <string>

namespace linger::app {

/// Where one agent listens.
struct AgentPlace {
  std::string address;
  serve::TlsFiles tls;
};

/// What is streamed, and what is said of it.
struct Stream {
  /// Returns when nobody wants more of it, and fails as soon as the agent goes away. Called again
  /// with another connection, it goes on.
  std::function<serve::StreamResult(serve::Client &agent, const std::stop_token &stop)> follow;
  /// How it will, for people: "each finding that holds now follows once more".
  std::function<std::string()> how_it_goes_on;
  /// Takes one line for people about the connection. On the thread that streams.
  std::function<void(const std::string &)> tell;
};

/// How long to wait before the next try: from 0.25 s on twice as long each time, 10 s at most.
class Backoff {
public:
  [[nodiscard]] domain::Nanos next();
  void reset() { pause_ = first; }

  static constexpr domain::Nanos first = std::chrono::milliseconds{ 250 };
  static constexpr domain::Nanos longest = std::chrono::seconds{ 10 };

private:
  domain::Nanos pause_ = first;
};

/// Streams from `agent`, or where there is none from whoever answers at `place`; whenever the agent
/// went away, from the one that comes back there. Returns when the stream or `stop` ends it; fails
/// with what no waiting will change.
[[nodiscard]] Result<> stream_lastingly(std::optional<serve::Client> agent, const AgentPlace &place,
                                        const Stream &stream, const std::stop_token &stop);

} // namespace linger::app
