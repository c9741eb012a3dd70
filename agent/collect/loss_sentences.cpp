#include "collect/loss_sentences.h"

#include "wire/loss.h"

namespace linger::collect {
namespace {

/// What happened `count` times, and what it means for the report.
std::string sentence(unsigned kind, const std::string &count)
{
  switch (kind) {
    case LOSS_REQUEST:
      return count + " requests found no room in the ring buffer and are missing from every figure "
                     "but requests_lost; a larger --ring-buffer-bytes avoids it";
    case LOSS_WAIT:
      return count +
             " waits found no room in the ring buffer: sites miss them, the causes' sums do "
             "not; a larger --ring-buffer-bytes avoids it";
    case LOSS_PROCESS:
      return count +
             " starts and ends of processes found no room in the ring buffer: restarts may be "
             "counted too low";
    case LOSS_THREAD_STORAGE:
      return count +
             " threads could not be watched because the kernel had no memory for their ledger";
    case LOSS_CONNECTION:
      return count +
             " connections were not remembered because the table was full: their accept-queue "
             "time, or with threads their requests, are missing";
    case LOSS_WATCHED_PROCESS:
      return count + " forked workers were not followed because the table was full";
    case LOSS_HEAD:
      return count +
             " requests have no method and path because their first bytes could not be read";
    case LOSS_WAIT_ARGUMENT:
      return count +
             " waits in poll or select are counted as other because their arguments could not "
             "be read";
    case LOSS_PYTHON_STACK:
      return count +
             " Python stacks found no room in the ring buffer: their waits have no line; a larger "
             "--ring-buffer-bytes avoids it";
    case LOSS_PYTHON_LAYOUT:
      return count +
             " forked workers have no Python lines at first because the kernel's table was full";
    case LOSS_QUESTION:
      return count +
             " times what was asked of a peer could not be read: those waits have no statement";
    case LOSS_OUTGOING:
      return count + " connections to databases, caches and others were not counted as opened, or "
                     "their transaction as open, because a table was full";
    case LOSS_ALLOCATION:
      return count +
             " sampled allocations found no room and are missing: what was retained is more "
             "than is told";
    case LOSS_FREED:
      return count + " frees of sampled allocations found no room in the ring buffer: what was "
                     "retained may be less than is told; a larger --ring-buffer-bytes avoids it";
    case LOSS_TRACEBACK:
      return count + " tracebacks could not be read or found no room in the ring buffer: their "
                     "requests have no exception";
    default:
      return count + " losses of an unknown kind";
  }
}

} // namespace

std::vector<std::string> loss_sentences(const std::vector<std::uint64_t> &counts)
{
  std::vector<std::string> sentences;
  for (unsigned kind = 0; kind < counts.size(); ++kind) {
    if (counts[kind] != 0)
      sentences.push_back(sentence(kind, std::to_string(counts[kind])));
  }
  return sentences;
}

} // namespace linger::collect
