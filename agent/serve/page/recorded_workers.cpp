#include "serve/page/recorded_workers.h"

#include "domain/endpoint_aggregate.h"
#include "serve/convert.h"

#include <algorithm>
#include <utility>

namespace linger::serve {
namespace {

using domain::Nanos;

Nanos offset_of(const google::protobuf::Timestamp &time)
{
  return std::chrono::seconds{ time.seconds() } + Nanos{ time.nanos() };
}

/// So much of `times` as `part` is of the whole.
domain::CauseTimes share_of(const domain::CauseTimes &times, double part)
{
  domain::CauseTimes share;
  for (const domain::Cause cause : domain::all_causes())
    share[cause] =
        Nanos{ static_cast<Nanos::rep>(static_cast<double>(times[cause].count()) * part) };
  return share;
}

} // namespace

void RecordedWorkers::make_room_for(Nanos end)
{
  while (end / slice_length_ >= static_cast<Nanos::rep>(max_slices)) {
    slice_length_ *= 2;
    for (auto &[tgid, worker] : workers_) {
      for (std::size_t i = 0; i < worker.slices.size(); ++i) {
        Slice taken = std::exchange(worker.slices[i], {});
        worker.slices[i / 2].times += taken.times;
        worker.slices[i / 2].requests += taken.requests;
      }
      worker.slices.resize((worker.slices.size() + 1) / 2);
    }
  }
}

void RecordedWorkers::add(const domain::CountedRequest &counted)
{
  const domain::Request &request = *counted.request;
  const domain::TimeWindow busy = busy_window(request);
  const Nanos begin = counted.offset + (busy.begin - request.window.begin);
  const Nanos end = begin + busy.length();
  make_room_for(end);

  domain::CauseTimes times = request.times;
  times[domain::Cause::accept_queue] = times[domain::Cause::event_loop] = Nanos::zero();
  Worker &worker = workers_[request.tgid];
  worker.server = counted.server;
  const auto last = static_cast<std::size_t>(end / slice_length_);
  if (worker.slices.size() <= last)
    worker.slices.resize(last + 1);
  ++worker.slices[last].requests;
  for (auto i = static_cast<std::size_t>(begin / slice_length_); i <= last; ++i) {
    const Nanos from = static_cast<Nanos::rep>(i) * slice_length_;
    const Nanos inside = std::min(end, from + slice_length_) - std::max(begin, from);
    if (inside > Nanos::zero())
      worker.slices[i].times += share_of(times, static_cast<double>(inside.count()) /
                                                    static_cast<double>(busy.length().count()));
  }
  longest_->add({ .request = request,
                  .route = std::string{ counted.route },
                  .server = counted.server,
                  .start_time = domain::WallTime{ counted.offset } });
}

std::vector<v1::WatchWorkersResponse> RecordedWorkers::moments(const v1::Report &report) const
{
  std::size_t slices = 0;
  for (const auto &[tgid, worker] : workers_)
    slices = std::max(slices, worker.slices.size());
  std::map<std::uint32_t, Slice> sums;
  std::vector<v1::WatchWorkersResponse> moments(slices + 1);
  const Nanos start = offset_of(report.window().start_time());
  for (std::size_t i = 0; i <= slices; ++i) {
    *moments[i].mutable_time() =
        to_proto(domain::WallTime{ start + static_cast<Nanos::rep>(i) * slice_length_ });
    std::map<std::uint32_t, v1::Server *> servers;
    for (const auto &[tgid, worker] : workers_) {
      Slice &sum = sums[tgid];
      // The first moment is the begin, when there was nothing yet.
      if (i > 0 && (i > worker.slices.size() || worker.slices[i - 1].times == domain::CauseTimes{}))
        continue;
      if (i > 0) {
        sum.times += worker.slices[i - 1].times;
        sum.requests += worker.slices[i - 1].requests;
      }
      v1::Server *&server = servers[worker.server];
      if (server == nullptr) {
        server = moments[i].add_servers();
        server->set_master_tgid(worker.server);
      }
      v1::Worker &shown = *server->add_workers();
      shown.set_tgid(tgid);
      shown.set_requests(sum.requests);
      *shown.mutable_blocked() = to_proto(sum.times);
    }
  }
  return moments;
}

std::vector<v1::WatchRequestsResponse> RecordedWorkers::requests(const v1::Report &report)
{
  const Nanos start = offset_of(report.window().start_time());
  LongestRequests::Taken taken = longest_->take();
  std::vector<v1::WatchRequestsResponse> responses;
  for (SeenRequest &seen : taken.requests) {
    seen.start_time += start;
    v1::WatchRequestsResponse &response = responses.emplace_back();
    response.set_sequence(responses.size());
    response.set_requests_skipped(std::exchange(taken.skipped, 0));
    *response.mutable_request() = to_proto(seen);
  }
  return responses;
}

} // namespace linger::serve
