// What the coverage says where this kernel, or one that is played, cannot show everything.

#include "base/socket.h"
#include "kernel/either_way.h"
#include "kernel/observed.h"
#include "kernel/worker_process.h"

#include <gmock/gmock.h>
#include <unistd.h>

namespace linger {
namespace {

class CoverageGaps : public EitherWay {};

TEST_P(CoverageGaps, WarnOfWaitressWhereItsRequestsAreNotCutRight)
{
  const Listener listener;
  OBSERVE_OR_SKIP(observed, options(), listener.address());
  domain::Server server;
  server.kind = domain::ServerKind::waitress;
  server.master_tgid = static_cast<std::uint32_t>(::getpid());
  ASSERT_TRUE(observed->collector->watch(server));

  const auto gaps = observed->collector->coverage().gaps;
  const auto warns = testing::Contains(testing::HasSubstr("waitress"));
  if (GetParam())
    EXPECT_THAT(gaps, warns);
  else
    EXPECT_THAT(gaps, testing::Not(warns));
}

INSTANTIATE_TEST_SUITE_P(OnSockets, CoverageGaps, testing::Values(false));
INSTANTIATE_TEST_SUITE_P(OnSystemCalls, CoverageGaps, testing::Values(true));

} // namespace
} // namespace linger
