#include "serve/otlp/request_buffer.h"

#include "serve/otlp/spans.h"

namespace linger::serve {

void RequestBuffer::push(domain::SlowRequest request)
{
  const std::scoped_lock lock{ mutex_ };
  if (requests_.size() >= capacity) {
    requests_.pop_front();
    ++dropped_;
  }
  requests_.push_back(std::move(request));
}

std::vector<domain::SlowRequest> RequestBuffer::take(std::size_t most_spans)
{
  std::vector<domain::SlowRequest> taken;
  const std::scoped_lock lock{ mutex_ };
  for (std::size_t spans = 0; !requests_.empty(); requests_.pop_front()) {
    spans += spans_of(requests_.front());
    if (!taken.empty() && spans > most_spans)
      break;
    taken.push_back(std::move(requests_.front()));
  }
  return taken;
}

std::uint64_t RequestBuffer::dropped() const
{
  const std::scoped_lock lock{ mutex_ };
  return dropped_;
}

} // namespace linger::serve
