#include "collect/long_waits.h"

namespace linger::collect {

void LongWaits::begin_look()
{
  before_ = std::move(now_);
  now_.clear();
}

void LongWaits::note(decode::Thread &thread)
{
  domain::ThreadSample &sample = thread.sample;
  const bool waits =
      sample.cause != domain::Cause::on_cpu && sample.cause != domain::Cause::run_queue;
  if (!waits || (sample.cause != domain::Cause::lock && !sample.request_open) ||
      sample.time - sample.since < patience)
    return;
  const Looked *before = find(sample.tid, sample.since);
  Looked looked{ .since = sample.since,
                 .place = before ? before->place : place_of_(sample.tgid, thread.thread_pointer) };
  sample.code = looked.place.code;
  sample.for_event = looked.place.for_event;
  now_.insert_or_assign(sample.tid, std::move(looked));
}

std::string LongWaits::line_of(std::uint32_t tid, domain::MonotonicTime since) const
{
  const Looked *looked = find(tid, since);
  return looked ? looked->place.code : "";
}

const LongWaits::Looked *LongWaits::find(std::uint32_t tid, domain::MonotonicTime since) const
{
  for (const auto *looks : { &now_, &before_ }) {
    const auto found = looks->find(tid);
    if (found != looks->end() && found->second.since == since)
      return &found->second;
  }
  return nullptr;
}

} // namespace linger::collect
