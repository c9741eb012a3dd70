#include "kernel/observed.h"

#include <chrono>
#include <stdexcept>
#include <unistd.h>

namespace linger {
namespace {

template <typename T>
void require(const Result<T> &result)
{
  if (!result)
    throw std::runtime_error(result.error().what);
}

} // namespace

std::unique_ptr<Observed> Observed::start(const collect::CollectorOptions &options,
                                          const std::string &listen)
{
  auto observed = std::make_unique<Observed>();
  auto collector = collect::WorkerCollector::open(
      options, [self = observed.get()](const domain::Observation &observation) {
        self->all.push_back(observation);
      });
  if (!collector && collector.error().kind == Error::Kind::not_permitted)
    return nullptr;
  require(collector);
  observed->collector = std::move(*collector);
  require(observed->collector->attach());

  domain::Server server;
  server.master_tgid = static_cast<std::uint32_t>(::getpid());
  server.listen = { listen };
  require(observed->collector->watch(server));
  return observed;
}

bool Observed::wait_until(const std::function<bool()> &enough)
{
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{ 10 };
  while (std::chrono::steady_clock::now() < deadline) {
    require(collector->poll(std::chrono::milliseconds{ 20 }));
    if (enough())
      return true;
  }
  return false;
}

bool Observed::wait_for_requests(std::size_t count)
{
  return wait_until([&] { return requests().size() >= count; });
}

std::vector<domain::Request> Observed::requests() const
{
  std::vector<domain::Request> ended;
  for (const auto &request : all_of<domain::Request>()) {
    if (request.ended)
      ended.push_back(request);
  }
  return ended;
}

} // namespace linger
