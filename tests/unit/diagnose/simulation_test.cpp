#include "diagnose/simulation.h"

#include <gtest/gtest.h>
#include <random>

namespace linger::diagnose {
namespace {

using namespace std::chrono_literals;
using domain::Nanos;
using domain::Performance;

double ms(Nanos time)
{
  return static_cast<double>(time.count()) / 1e6;
}

Load closed(std::uint32_t clients, Nanos cpu, Nanos wait, Nanos think = 0ms)
{
  return { .jobs = std::vector<Job>(1000, Job{ .cpu = cpu, .wait = wait }),
           .clients = clients,
           .think = think };
}

/// Arrivals without memory, `mean_gap` apart on average; what each needs is up to `need`.
template <typename Need>
Load poisson(std::size_t requests, Nanos mean_gap, const Need &need)
{
  std::mt19937_64 dice{ 7 };
  std::exponential_distribution<> gap{ 1.0 / static_cast<double>(mean_gap.count()) };
  Load load;
  double arrival = 0;
  for (std::size_t i = 0; i < requests; ++i) {
    arrival += gap(dice);
    Job job = need(dice);
    job.arrival = Nanos{ static_cast<Nanos::rep>(arrival) };
    load.jobs.push_back(job);
  }
  return load;
}

TEST(SimulationTest, ServesOneAfterTheOtherWithOneThread)
{
  const Performance one = simulate(closed(4, 0ms, 10ms), { .workers = 1 });

  EXPECT_NEAR(one.requests_per_second, 100, 0.1);
  EXPECT_NEAR(ms(one.queue_mean), 30, 0.1); // the three before it
  EXPECT_NEAR(ms(one.wall_p50), 40, 0.1);
  EXPECT_NEAR(ms(one.wall_p95), 40, 0.1);
}

TEST(SimulationTest, LetsNobodyWaitWhereThereAreThreadsForAll)
{
  for (const SimulatedServer &server :
       { SimulatedServer{ .workers = 4 }, SimulatedServer{ .workers = 1, .threads = 4 },
         SimulatedServer{ .workers = 2, .threads = 2 } }) {
    const Performance all = simulate(closed(4, 0ms, 10ms), server);
    EXPECT_NEAR(all.requests_per_second, 400, 0.5);
    EXPECT_EQ(all.queue_mean, 0ns);
    EXPECT_NEAR(ms(all.wall_p95), 10, 0.01);
  }
}

TEST(SimulationTest, CountsThePauseOfTheClientsAndTheServersOwnWork)
{
  // One client: 10 ms in the server, 15 ms away.
  EXPECT_NEAR(simulate(closed(1, 4ms, 6ms, 15ms), { .workers = 1 }).requests_per_second, 40, 0.1);
  // Two clients keep the thread busy: 10 ms each, and 2 ms until it takes the next one.
  EXPECT_NEAR(simulate(closed(2, 4ms, 6ms), { .workers = 1, .between = 2ms }).requests_per_second,
              1000.0 / 12, 0.1);
}

TEST(SimulationTest, AgreesWithPollaczekAndKhinchineOnMD1)
{
  const Load load = poisson(60'000, 12'500us, [](auto &) { return Job{ .wait = 10ms }; });
  const Performance one = simulate(load, { .workers = 1 });

  EXPECT_NEAR(one.requests_per_second, 80, 1);
  EXPECT_NEAR(ms(one.queue_mean), 20, 2); // 0.8 * 10 ms / (2 * (1 - 0.8))
}

TEST(SimulationTest, AgreesWithErlangOnMM2)
{
  std::exponential_distribution<> service{ 1.0 / 10e6 };
  const Load load = poisson(60'000, Nanos{ 6'666'667 }, [&](auto &dice) {
    return Job{ .wait = Nanos{ static_cast<Nanos::rep>(service(dice)) } };
  });
  // 1.5 busy of 2: Erlang's C is 9/14, the mean wait C / (2 - 1.5) services.
  EXPECT_NEAR(ms(simulate(load, { .workers = 2 }).queue_mean), 12.86, 1.3);
}

TEST(SimulationTest, ThreadsOfOneWorkerComputeOneAtATime)
{
  const Load load = closed(4, 20ms, 0ms);
  EXPECT_NEAR(simulate(load, { .workers = 1, .threads = 4, .cpus = 4 }).requests_per_second, 50, 1);
  EXPECT_NEAR(simulate(load, { .workers = 4, .threads = 1, .cpus = 4 }).requests_per_second, 200,
              2);
}

TEST(SimulationTest, WorkersShareTheCpusThatThereAre)
{
  const Performance shared = simulate(closed(4, 20ms, 0ms), { .workers = 4, .cpus = 2 });
  EXPECT_NEAR(shared.requests_per_second, 100, 1);
  EXPECT_NEAR(ms(shared.wall_p50), 40, 0.5);
  EXPECT_NEAR(simulate(closed(4, 20ms, 0ms), { .workers = 4, .cpus = 0.5 }).requests_per_second, 25,
              0.3);
}

/// One computes for 100 ms; 2 ms after it came another that needs 1 ms.
Load long_and_short()
{
  return { .jobs = { { .cpu = 100ms }, { .arrival = 2ms, .cpu = 1ms } } };
}

TEST(SimulationTest, GivesTheInterpreterAwayAfterTheSwitchInterval)
{
  // A request computes before and after a wait (here of no length): two turns of 0.5 ms. The first
  // comes 5 ms after it asked, at 7 ms. The long one is back at 7.5 ms, and gives way at 12.5 ms.
  const Performance served = simulate(long_and_short(), { .workers = 1, .threads = 2, .cpus = 2 });
  EXPECT_NEAR(ms(served.wall_p50), 11, 0.01); // 2 to 13 ms
  EXPECT_NEAR(ms(served.wall_p95), 101, 0.01);
}

TEST(SimulationTest, GreenletsGiveWayOnlyWhenTheyWait)
{
  const Performance served =
      simulate(long_and_short(), { .workers = 1, .threads = 2, .switch_interval = 0ns, .cpus = 2 });
  // The long one's first half ends at 50 ms; then they take turns at their waits of no length.
  EXPECT_GE(ms(served.wall_p50), 48);
  EXPECT_NEAR(ms(served.wall_p95), 101, 0.6);
}

TEST(SimulationTest, RequestsTakenAheadWaitForTheirOwnWorker)
{
  const Load load = poisson(50'000, 3'500us, [](auto &) { return Job{ .wait = 10ms }; });
  const SimulatedServer shared{ .workers = 4 };
  SimulatedServer ahead = shared;
  ahead.takes_ahead = true;

  EXPECT_GT(simulate(load, ahead).queue_mean, 2 * simulate(load, shared).queue_mean);
  EXPECT_EQ(simulate(load, ahead), simulate(load, ahead));
}

TEST(SimulationTest, AWorkerThatTakesMoreThanItsShareIsWhatTheOthersWaitFor)
{
  SimulatedServer uneven{ .workers = 2, .takes_ahead = true };
  uneven.shares = { 60, 40 };
  // Of many clients nearly all are at the first worker, which serves 100 a second: 60 % of all.
  EXPECT_NEAR(simulate(closed(40, 0ms, 10ms), uneven).requests_per_second, 100 / 0.6, 8);
  uneven.shares = { 1, 1 };
  EXPECT_GT(simulate(closed(40, 0ms, 10ms), uneven).requests_per_second, 185);
}

TEST(SimulationTest, HasNothingToSayOfNothing)
{
  EXPECT_EQ(simulate({}, {}), Performance{});
  EXPECT_EQ(simulate({ .jobs = { Job{ .cpu = 1ms } } }, {}), Performance{}); // one is no rate
}

} // namespace
} // namespace linger::diagnose
