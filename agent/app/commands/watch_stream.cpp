#include "app/commands/watch_stream.h"

#include "app/commands/command.h"
#include "serve/escape.h"
#include "serve/render/json.h"
#include "serve/render/watch_text.h"

#include <chrono>
#include <fmt/format.h>

namespace linger::app {
namespace {

template <typename Request>
Request request_for(const std::vector<std::uint32_t> &tgids)
{
  Request request;
  request.mutable_tgids()->Add(tgids.begin(), tgids.end());
  return request;
}

} // namespace

template <typename Message>
bool WatchOutput::print(const NodeLabel &label, const Message &message, ToText<Message> to_text)
{
  Result<std::string> text;
  if (format_ == Format::text)
    text = label.before_lines(to_text(message, terminal_.text_options()));
  else
    text =
        label.node().empty() ? serve::json_line(message) : serve::json_line(label.node(), message);
  const std::scoped_lock lock{ mutex_ };
  if (!result_)
    return false;
  if (!text)
    result_ = tl::unexpected(text.error());
  else
    result_ = write_out(format_ == Format::json ? *text + "\n" : *text, terminal_);
  return result_.has_value();
}

void WatchOutput::tell(const std::string &line)
{
  const std::scoped_lock lock{ mutex_ };
  terminal_.err << fmt::format("linger: {}\n", serve::printable(line)) << std::flush;
}

Result<> WatchOutput::result()
{
  const std::scoped_lock lock{ mutex_ };
  return result_;
}

v1::WatchRequestsRequest WatchStream::requests_asked_for() const
{
  auto request = request_for<v1::WatchRequestsRequest>(query_.tgids);
  request.set_endpoint(query_.endpoint);
  request.set_cause(query_.cause);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(query_.min_wall);
  request.mutable_min_wall()->set_seconds(seconds.count());
  request.mutable_min_wall()->set_nanos(
      static_cast<std::int32_t>((query_.min_wall - seconds).count()));
  request.set_after(cursor_);
  return request;
}

serve::StreamResult WatchStream::follow(serve::Client &agent, const std::stop_token &stop)
{
  if (query_.what == "workers")
    return agent.watch_workers(
        request_for<v1::WatchWorkersRequest>(query_.tgids),
        [this](const v1::WatchWorkersResponse &response) {
          return output_.print(label_, response, serve::worker_lines);
        },
        stop);
  if (query_.what == "findings")
    return agent.watch_findings(
        request_for<v1::WatchFindingsRequest>(query_.tgids),
        [this](const v1::WatchFindingsResponse &response) {
          return output_.print(label_, response, serve::finding_line);
        },
        stop);
  return agent.watch_requests(
      requests_asked_for(),
      [this](const v1::WatchRequestsResponse &response) {
        if (response.cursor() != 0)
          cursor_ = response.cursor();
        return output_.print(label_, response, serve::request_line);
      },
      stop);
}

std::string WatchStream::how_it_goes_on() const
{
  if (query_.what == "workers")
    return "its workers follow";
  if (query_.what == "findings")
    return "the findings that hold now follow once more";
  return cursor_ == 0 ? "requests follow from now on" : "requests follow from the last one on";
}

void WatchStream::tell(const std::string &line)
{
  output_.tell(line);
}

} // namespace linger::app
