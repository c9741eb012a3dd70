#include "serve/page/event_streams.h"

#include "serve/render/json.h"

#include <algorithm>
#include <fmt/format.h>
#include <google/protobuf/wrappers.pb.h>
#include <string_view>

namespace linger::serve {
namespace {

using namespace std::chrono_literals;

// Between two of them it is seen that the server ends.
constexpr std::size_t piece_bytes = 64 * 1024;
// A client that left is noticed when it is written to.
constexpr domain::Nanos longest_silence = 2s;
constexpr std::string_view sign_of_life = ": nothing new\n\n";
// How soon a browser comes again when the connection was lost.
constexpr std::string_view first_line = "retry: 2000\n\n";

/// What an agent that cannot go on says; the sentence as a JSON string.
std::string failure_event(const std::string &sentence)
{
  google::protobuf::StringValue text;
  text.set_value(sentence);
  return fmt::format("event: failure\ndata: {}\n\n", json_line(text).value_or("\"\""));
}

} // namespace

/// One page's stream.
class EventStreams::Stream {
public:
  explicit Stream(EventStreams &all) : all_(all), watching_(all.feed_.watch()) {}
  ~Stream()
  {
    watching_.reset();
    const std::scoped_lock lock{ all_.mutex_ };
    --all_.open_;
  }
  Stream(const Stream &) = delete;
  Stream &operator=(const Stream &) = delete;

  /// Waits for the next part and writes it; false when the stream is over.
  [[nodiscard]] bool go_on(httplib::DataSink &sink)
  {
    if (!begun_) {
      begun_ = true;
      return write(sink, first_line);
    }
    if (!all_.pause(pause_))
      return false;
    const Result<FeedPart> part = all_.feed_.next(sequence_);
    if (!part) {
      (void)write(sink, failure_event(part.error().what));
      return false;
    }
    pause_ = std::min(part->pause, longest_silence);
    sequence_ = part->sequence;
    if (!part->events)
      return write(sink, sign_of_life);
    return write(sink, *part->events) && write(sink, fmt::format("id: {}\n\n", sequence_));
  }

private:
  [[nodiscard]] bool write(httplib::DataSink &sink, std::string_view text)
  {
    while (!text.empty()) {
      const std::string_view piece = text.substr(0, piece_bytes);
      if (all_.is_stopping() || !sink.write(piece.data(), piece.size()))
        return false;
      text.remove_prefix(piece.size());
    }
    return true;
  }

  EventStreams &all_;
  std::unique_ptr<PageFeed::Watching> watching_;
  bool begun_ = false;
  std::uint64_t sequence_ = 0;
  domain::Nanos pause_{};
};

void EventStreams::answer(httplib::Response &response)
{
  {
    const std::scoped_lock lock{ mutex_ };
    if (stopping_ || open_ == max_streams) {
      response.status = 503;
      response.set_content(stopping_ ? "The agent is shutting down.\n"
                                     : fmt::format("There are {} open pages already, which is as "
                                                   "many as there may be.\n",
                                                   max_streams),
                           "text/plain");
      return;
    }
    ++open_;
  }
  // Shared because the library copies what it calls; it ends with the response.
  const auto stream = std::make_shared<Stream>(*this);
  response.set_header("Cache-Control", "no-store");
  response.set_chunked_content_provider(
      "text/event-stream",
      [stream](std::size_t, httplib::DataSink &sink) { return stream->go_on(sink); });
}

void EventStreams::stop()
{
  {
    const std::scoped_lock lock{ mutex_ };
    stopping_ = true;
  }
  stopped_.notify_all();
}

std::size_t EventStreams::open()
{
  const std::scoped_lock lock{ mutex_ };
  return open_;
}

bool EventStreams::is_stopping()
{
  const std::scoped_lock lock{ mutex_ };
  return stopping_;
}

bool EventStreams::pause(domain::Nanos length)
{
  std::unique_lock lock{ mutex_ };
  return !stopped_.wait_for(lock, length, [this] { return stopping_; });
}

} // namespace linger::serve
