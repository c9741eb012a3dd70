#include "serve/history/history_store.h"

#include "serve/history/minute.h"
#include "unit/serve/temp_dir.h"

#include <gmock/gmock.h>
#include <random>
#include <sys/stat.h>

namespace linger::serve {
namespace {

using namespace std::chrono_literals;

constexpr domain::WallTime begin{ 1'700'000'000s };

class HistoryStoreTest : public TempDirTest {
protected:
  static history::v1::Minute minute(int number, std::size_t padding_bytes = 0)
  {
    domain::Report report;
    report.clock = { domain::MonotonicTime{}, begin };
    report.window = { domain::MonotonicTime{ number * 60s },
                      domain::MonotonicTime{ (number + 1) * 60s } };
    report.servers.emplace_back().server.master_tgid = 100;
    report.coverage.requests_seen = 1;
    history::v1::Minute made = to_minute(report);
    std::mt19937_64 random{ static_cast<std::uint64_t>(number) };
    std::string padding; // which cannot be compressed but by half
    while (padding.size() < padding_bytes)
      padding += "0123456789abcdef"[random() % 16];
    if (!padding.empty())
      made.mutable_report()->mutable_coverage()->add_gaps(padding);
    return made;
  }

  HistoryStore store(const HistoryLimits &limits = {})
  {
    auto opened = HistoryStore::open(path(), limits);
    EXPECT_TRUE(opened) << opened.error().what;
    return std::move(*opened);
  }

  [[nodiscard]] std::string path() const { return in_temp("deep/history.db"); }

  static std::uint64_t minutes_in(HistoryStore &store, int since = 0, int now = 100'000)
  {
    const auto report = store.report(begin + since * 60s, begin + now * 60s, {});
    return report ? report->coverage().requests_seen() : 0;
  }
};

TEST_F(HistoryStoreTest, GivesBackWhatEndedSince)
{
  HistoryStore history = store();
  for (int i = 0; i < 10; ++i)
    ASSERT_TRUE(history.add(minute(i)));

  EXPECT_EQ(minutes_in(history), 10U);
  EXPECT_EQ(minutes_in(history, 7), 3U);
  const auto report = history.report(begin + 5min, begin + 20min, {});
  ASSERT_TRUE(report);
  EXPECT_EQ(report->window().duration_ns(), 300'000'000'000U);
  EXPECT_THAT(report->coverage().gaps(0), testing::HasSubstr("300 of the last 900 s, in 5 looks"));
  EXPECT_EQ(history.report(begin + 1h, begin + 2h, {}).error().kind, Error::Kind::not_found);
  EXPECT_EQ(history.report(begin, begin + 2h, { 4711 }).error().kind, Error::Kind::not_found);
}

TEST_F(HistoryStoreTest, IsForItsOwnerAlone)
{
  const mode_t before = ::umask(0);
  HistoryStore history = store();
  ASSERT_TRUE(history.add(minute(0)));
  ::umask(before);
  for (const char *suffix : { "", "-wal" }) {
    struct stat found {};
    ASSERT_EQ(::stat((path() + suffix).c_str(), &found), 0) << suffix;
    EXPECT_EQ(found.st_mode & 0777U, 0600U) << suffix;
  }
}

TEST_F(HistoryStoreTest, IsWhatItWasWhenItIsOpenedAgain)
{
  {
    HistoryStore history = store();
    ASSERT_TRUE(history.add(minute(0)));
  }
  auto again = HistoryStore::open_existing(path());
  ASSERT_TRUE(again) << again.error().what;
  EXPECT_EQ(minutes_in(*again), 1U);
}

TEST_F(HistoryStoreTest, ForgetsWhatIsTooOld)
{
  HistoryStore history = store({ .retention = 5min });
  for (int i = 0; i < 10; ++i)
    ASSERT_TRUE(history.add(minute(i)));

  EXPECT_EQ(minutes_in(history), 6U); // those that ended within 5 minutes before the latest
}

TEST_F(HistoryStoreTest, StaysWithinItsSizeAndKeepsTheLatest)
{
  constexpr std::uint64_t most = 1 << 20;
  HistoryStore history = store({ .max_bytes = most });
  for (int i = 0; i < 300; ++i) {
    const auto added = history.add(minute(i, 25'000));
    ASSERT_TRUE(added) << i << ": " << added.error().what;
  }

  struct stat found {};
  ASSERT_EQ(::stat(path().c_str(), &found), 0);
  EXPECT_LE(static_cast<std::uint64_t>(found.st_size), most);
  EXPECT_GT(minutes_in(history), 10U);
  EXPECT_LT(minutes_in(history), 100U);
  EXPECT_EQ(minutes_in(history, 290), 10U);
}

TEST_F(HistoryStoreTest, MovesADamagedFileAside)
{
  std::filesystem::create_directories(in_temp("deep"));
  write_file(path(), "This is no database, and long enough to be looked at as one: " +
                         std::string(4096, 'x'));
  HistoryStore history = store();

  EXPECT_THAT(history.notice(), testing::HasSubstr("is damaged"));
  EXPECT_TRUE(history.notice().empty()) << "said once";
  ASSERT_TRUE(history.add(minute(0)));
  EXPECT_EQ(minutes_in(history), 1U);
  int aside = 0;
  for (const auto &entry : std::filesystem::directory_iterator{ in_temp("deep") })
    aside += entry.path().string().find("history.db.damaged-") != std::string::npos ? 1 : 0;
  EXPECT_EQ(aside, 1);
}

TEST_F(HistoryStoreTest, NoticesDamageInTheMiddle)
{
  {
    HistoryStore history = store();
    for (int i = 0; i < 50; ++i)
      ASSERT_TRUE(history.add(minute(i, 20'000)));
  }
  std::string content = content_of(path());
  for (std::size_t at = 8192; at + 64 < content.size(); at += 4096)
    content.replace(at, 64, std::string(64, '\xff'));
  write_file(path(), content);
  EXPECT_EQ(HistoryStore::open_existing(path()).error().kind, Error::Kind::malformed);
  HistoryStore history = store();

  EXPECT_THAT(history.notice(), testing::HasSubstr("is damaged"));
  EXPECT_EQ(minutes_in(history), 0U);
}

TEST_F(HistoryStoreTest, IsOpenInOneProcessAtATime)
{
  HistoryStore history = store();
  ASSERT_TRUE(history.add(minute(0)));
  const auto second = HistoryStore::open(path(), {});

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, Error::Kind::exhausted);
  EXPECT_THAT(second.error().what, testing::HasSubstr("only one agent can"));
}

TEST_F(HistoryStoreTest, IsNotMadeByWhoeverOnlyReads)
{
  const auto none = HistoryStore::open_existing(path());

  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, Error::Kind::not_found);
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(HistoryStoreTest, SaysWhyItCannotBe)
{
  write_file(in_temp("file"), "");
  const auto impossible = HistoryStore::open(in_temp("file/history.db"), {});

  ASSERT_FALSE(impossible);
  EXPECT_THAT(impossible.error().what, testing::HasSubstr("file/history.db"));
}

} // namespace
} // namespace linger::serve
