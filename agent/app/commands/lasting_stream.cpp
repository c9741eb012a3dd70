#include "app/commands/lasting_stream.h"

#include "app/commands/running_agent.h"
#include "serve/escape.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <fmt/format.h>
#include <mutex>
#include <utility>

namespace linger::app {
namespace {

using Clock = std::chrono::steady_clock;

/// Returns early once `stop` is requested.
void pause(domain::Nanos length, const std::stop_token &stop)
{
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock{ mutex };
  never.wait_for(lock, stop, length, [] { return false; });
}

/// Whether an agent that cannot be reached may be so later: it is just being started, say.
bool may_pass(Error::Kind kind)
{
  return kind == Error::Kind::not_found || kind == Error::Kind::exhausted ||
         kind == Error::Kind::internal;
}

/// The agent, as soon as one answers; none once `stop` is requested. Says what it waits for, unless
/// that was said.
Result<std::optional<serve::Client>> awaited(const AgentPlace &place, bool &was_told,
                                             Backoff &backoff, const Stream &stream,
                                             const std::stop_token &stop)
{
  while (!stop.stop_requested()) {
    Result<serve::Client> agent = connect_to(place.address, place.tls, stop);
    if (agent)
      return std::optional<serve::Client>{ std::move(*agent) };
    if (!may_pass(agent.error().kind))
      return tl::unexpected(agent.error());
    if (!was_told && !stop.stop_requested()) {
      stream.tell("trying again: " + agent.error().what);
      was_told = true;
    }
    pause(backoff.next(), stop);
  }
  return std::optional<serve::Client>{};
}

} // namespace

domain::Nanos Backoff::next()
{
  return std::exchange(pause_, std::min(2 * pause_, longest));
}

Result<> stream_lastingly(std::optional<serve::Client> agent, const AgentPlace &place,
                          const Stream &stream, const std::stop_token &stop)
{
  Backoff backoff;
  Clock::time_point gone = Clock::now();
  bool was_told = false; // that it is gone
  while (!stop.stop_requested()) {
    if (!agent) {
      Result<std::optional<serve::Client>> found = awaited(place, was_told, backoff, stream, stop);
      if (!found)
        return tl::unexpected(found.error());
      if (!*found)
        return {};
      agent = std::move(*found);
      if (std::exchange(was_told, false))
        stream.tell(fmt::format(
            "an agent answers on {}, after {:.1f} s: {}", serve::printable(place.address),
            std::chrono::duration<double>(Clock::now() - gone).count(), stream.how_it_goes_on()));
    }
    const auto begin = Clock::now();
    const serve::StreamResult ended = stream.follow(*agent, stop);
    if (ended)
      return {};
    if (!ended.error().agent_went_away)
      return tl::unexpected<Error>(ended.error());
    stream.tell("trying again: " + ended.error().what);
    was_told = true;
    agent.reset();
    gone = Clock::now();
    if (gone - begin >= Backoff::longest)
      backoff.reset(); // that one was no failed try
    pause(backoff.next(), stop);
  }
  return {};
}

} // namespace linger::app
