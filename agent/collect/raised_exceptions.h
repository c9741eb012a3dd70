// The exceptions that requests failed with.

#pragma once

#include "decode/traceback.h"
#include "decode/traceback_decoder.h"
#include "domain/observation.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace linger::collect {

/// Puts tracebacks together that come in pieces and gives each request the last one that was
/// written while it was handled. Holds one a thread. Not thread-safe.
class RaisedExceptions {
public:
  /// Names the line of the application that a traceback of this process leads to.
  using LineOf = std::function<std::string(std::uint32_t tgid, const decode::Traceback &traceback)>;

  explicit RaisedExceptions(LineOf line_of) : line_of_(std::move(line_of)) {}

  void note(const decode::TracebackPiece &piece);

  /// To be told of the ends of processes.
  void note(const domain::ProcessEvent &event);

  /// Gives a request its exception, if it had one.
  void fill(domain::Request &request) const;

private:
  struct Raised {
    std::uint32_t tgid = 0;
    std::uint64_t sequence = 0;
    /// Until its type is known.
    std::string text;
    std::string type;
    std::string code;
  };

  LineOf line_of_;
  std::map<std::uint32_t, Raised> by_tid_;
};

} // namespace linger::collect
