#include "discover/postgresql_settings.h"

#include <gmock/gmock.h>

namespace linger::discover {
namespace {

using testing::ElementsAre;

PostgresqlSettings settings_of(std::string_view text)
{
  PostgresqlSettings settings;
  for (const PostgresqlLine &line : postgresql_lines(text))
    take(settings, line);
  return settings;
}

TEST(PostgresqlLines, AreReadAsTheServerReadsThem)
{
  EXPECT_THAT(
      postgresql_lines("# a comment\n"
                       "max_connections = 100\t\t# (change requires restart)\n"
                       "  Port=5433\n"
                       "include_dir 'conf.d'\n"
                       "cluster_name = '15/main'  # it''s\n"
                       "log_line_prefix = 'it''s \\'q\\' # here '\r\n"
                       "\n= 3\n"
                       "last"),
      ElementsAre(
          PostgresqlLine{ "max_connections", "100" }, PostgresqlLine{ "port", "5433" },
          PostgresqlLine{ "include_dir", "conf.d" }, PostgresqlLine{ "cluster_name", "15/main" },
          PostgresqlLine{ "log_line_prefix", "it's 'q' # here " }, PostgresqlLine{ "last", "" }));
}

TEST(PostgresqlSettings, TheLastWordOfAFileCounts)
{
  EXPECT_EQ(settings_of("max_connections = 100\nmax_connections = '30'\n").max_connections, 30U);
  EXPECT_FALSE(settings_of("#max_connections = 100\nmax_connections = many\n").max_connections);
}

TEST(PostgresqlSettings, AreTakenFromTheCommandLineInAllItsForms)
{
  for (const std::vector<std::string> &words : std::vector<std::vector<std::string>>{
           { "postgres", "-N", "20" },
           { "postgres", "-N20", "-p", "5433" },
           { "postgres", "-D", "/data", "-c", "max_connections=20" },
           { "postgres", "-cmax_connections=20" },
           { "postgres", "--max-connections=20" },
           { "postgres", "--max_connections=20", "-N" } })
    EXPECT_EQ(postgresql_settings_in(words).max_connections, 20U) << words[1];
  EXPECT_EQ(
      postgresql_settings_in({ "postgres", "-c", "config_file=/etc/postgresql.conf" }).config_file,
      "/etc/postgresql.conf");
  EXPECT_EQ(postgresql_settings_in({ "postgres", "-D", "/data" }), PostgresqlSettings{});
}

TEST(OrdinaryConnections, AreWithoutThoseThatAreReserved)
{
  EXPECT_EQ(PostgresqlSettings{}.ordinary_connections(), 97U);
  EXPECT_EQ(
      settings_of("max_connections=20\nsuperuser_reserved_connections=0").ordinary_connections(),
      20U);
  EXPECT_EQ(settings_of("max_connections=20\nreserved_connections=5").ordinary_connections(), 12U);
  EXPECT_EQ(
      settings_of("max_connections=2\nreserved_connections=4294967295").ordinary_connections(), 0U);
}

TEST(ServesClient, IsSoOfThoseThatNameOne)
{
  for (const char *title :
       { "postgres: alice shop [local] idle", "postgres: alice shop 10.0.0.7(43210) SELECT",
         "postgres: 15/main: alice shop ::1(5) idle in transaction",
         "postgres: alice shop(old) 127.0.0.1(43210) startup" })
    EXPECT_TRUE(serves_client(title)) << title;
  for (const char *title :
       { "postgres: 15/main: checkpointer ", "postgres: autovacuum worker shop",
         "postgres: walsender replica 10.0.0.8(5000) streaming 0/3000148", "postgres: logger ",
         "/usr/lib/postgresql/15/bin/postgres -D /data (7)", "postgres: startup (", "" })
    EXPECT_FALSE(serves_client(title)) << title;
}

} // namespace
} // namespace linger::discover
