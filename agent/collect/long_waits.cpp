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
  const auto before = before_.find(sample.tid);
  Looked looked{ .since = sample.since, .place = {} };
  looked.place = before != before_.end() && before->second.since == sample.since
                     ? before->second.place
                     : place_of_(sample.tgid, thread.thread_pointer);
  sample.code = looked.place.code;
  sample.for_event = looked.place.for_event;
  now_.insert_or_assign(sample.tid, std::move(looked));
}

} // namespace linger::collect
