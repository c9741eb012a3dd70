#include "serve/render/coverage_text.h"

#include "serve/render/figures.h"

#include <algorithm>
#include <fmt/format.h>

namespace linger::serve {

std::vector<std::string> coverage_sentences(const v1::Report &report)
{
  const v1::Coverage &coverage = report.coverage();
  const std::uint64_t requests = std::max<std::uint64_t>(coverage.requests_seen(), 1);
  const double window_ns = static_cast<double>(report.window().duration_ns());
  const std::string cpu_share =
      window_ns > 0
          ? " (" + percent_text(static_cast<double>(coverage.agent_cpu_ns()) / window_ns) +
                " of one CPU)"
          : "";
  return { fmt::format("{} seen whole, {} broken, {} lost; {} seen, {} lost.",
                       counted_text(coverage.requests_seen(), "request"),
                       count_text(coverage.requests_broken()), count_text(coverage.requests_lost()),
                       counted_text(coverage.records_seen(), "other record"),
                       count_text(coverage.records_lost() -
                                  std::min(coverage.records_lost(), coverage.requests_lost()))),
           fmt::format("It cost {} of CPU time in the agent{}, {} in the probes ({} a request), {} "
                       "of memory.",
                       duration_text(coverage.agent_cpu_ns()), cpu_share,
                       duration_text(coverage.bpf_run_ns()),
                       duration_text(coverage.bpf_run_ns() / requests),
                       bytes_text(static_cast<double>(coverage.agent_rss_bytes()))) };
}

} // namespace linger::serve
