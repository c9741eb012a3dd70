#include "app/config.h"

#include "app/config_keys.h"
#include "app/manual/configuration_document.h"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>

namespace linger::app {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::StartsWith;

std::string refusal(std::string_view text)
{
  const Result<Config> config = parse_config(text, "linger.toml");
  if (config)
    return "accepted";
  EXPECT_EQ(config.error().kind, Error::Kind::usage);
  return config.error().what;
}

TEST(Config, AnEmptyFileGivesTheDefaults)
{
  const Result<Config> config = parse_config("", "linger.toml");

  ASSERT_TRUE(config) << config.error().what;
  EXPECT_THAT(config->listen, ElementsAre("unix:///run/linger/linger.sock"));
  EXPECT_EQ(config->ring_buffer_bytes, 4 << 20);
  EXPECT_EQ(config->wait_threshold, 1ms);
}

TEST(Config, ReadsEverySection)
{
  const Result<Config> config = parse_config(R"(
    [agent]
    listen = ["unix:///tmp/l.sock", "127.0.0.1:9465"]
    ring_buffer_bytes = 65536
    wait_threshold_ms = 0.5
    [routes]
    patterns = ["/shop/{}/item/{}"]
    [peers]
    ports = { 15432 = "database", 16379 = "cache" }
    )",
                                             "linger.toml");

  ASSERT_TRUE(config) << config.error().what;
  EXPECT_THAT(config->listen, ElementsAre("unix:///tmp/l.sock", "127.0.0.1:9465"));
  EXPECT_EQ(config->ring_buffer_bytes, 65536);
  EXPECT_EQ(config->wait_threshold, 500us);
  EXPECT_THAT(config->route_patterns, ElementsAre("/shop/{}/item/{}"));
  EXPECT_THAT(config->peer_ports,
              ElementsAre(Pair(15432, domain::Cause::database), Pair(16379, domain::Cause::cache)));
}

TEST(Config, NamesAnUnknownKeyAndItsLine)
{
  EXPECT_EQ(refusal("[agent]\nlisten = [\"unix:///x\"]\nlistn = 1\n"),
            "linger.toml:3: unknown key agent.listn");
  EXPECT_EQ(refusal("\n[agnet]\n"), "linger.toml:2: unknown key agnet");
  EXPECT_EQ(refusal("listen = 1\n"), "linger.toml:1: unknown key listen");
}

TEST(Config, SaysWhereTheTextIsNoToml)
{
  EXPECT_THAT(refusal("[agent]\nlisten = [\n"), StartsWith("linger.toml:"));
  EXPECT_THAT(refusal("[agent]\nlisten = 1\nlisten = 2\n"), StartsWith("linger.toml:3: "));
  EXPECT_THAT(refusal("\xff\xfe\x00"), StartsWith("linger.toml:1: "));
}

TEST(Config, RefusesValuesOfTheWrongTypeWithTheirLine)
{
  EXPECT_THAT(refusal("agent = 1"), HasSubstr("agent must be a table"));
  EXPECT_THAT(refusal("[agent]\nlisten = \"unix:///x\""),
              StartsWith("linger.toml:2: agent.listen: must be a list of strings"));
  EXPECT_THAT(refusal("[agent]\nlisten = [1]"), HasSubstr("list of strings"));
  EXPECT_THAT(refusal("[agent]\nlisten = []"), HasSubstr("at least one"));
  EXPECT_THAT(refusal("[agent]\nwait_threshold_ms = true"), HasSubstr("greater than 0"));
  EXPECT_THAT(refusal("[agent]\nring_buffer_bytes = 4096.5"), HasSubstr("whole number"));
  EXPECT_THAT(refusal("[peers]\nports = [1]"), HasSubstr("must be a table"));
}

TEST(Config, RefusesValuesOutOfRange)
{
  for (const char *bytes : { "0", "-4096", "2048", "5000", "2147483648" })
    EXPECT_THAT(refusal(std::string{ "[agent]\nring_buffer_bytes = " } + bytes),
                HasSubstr("power of two"));
  for (const char *threshold : { "0", "-1", "nan", "inf", "1e9" })
    EXPECT_THAT(refusal(std::string{ "[agent]\nwait_threshold_ms = " } + threshold),
                StartsWith("linger.toml:2: agent.wait_threshold_ms: must be"));
  EXPECT_THAT(refusal("[peers]\nports = { 0 = \"cache\" }"), HasSubstr("0 is no port"));
  EXPECT_THAT(refusal("[peers]\nports = { 80 = \"cache\", 080 = \"dns\" }"),
              HasSubstr("080 is no port"));
  EXPECT_THAT(refusal("[findings]\nblocking_min_mean_ms = 1e-9"), HasSubstr("at least 0.000001"));
  EXPECT_THAT(refusal("[peers]\nports = { 65536 = \"cache\" }"), HasSubstr("65536 is no port"));
  EXPECT_THAT(refusal("[peers]\nports = { 1 = \"disk\" }"), HasSubstr("port 1 must be"));
  EXPECT_THAT(refusal("[peers]\nports = { 1 = 2 }"), HasSubstr("port 1 must be"));
  EXPECT_THAT(refusal("[routes]\npatterns = [\"shop\"]"),
              StartsWith("linger.toml:2: routes.patterns: "));
}

TEST(Config, AFileThatIsNotThereIsWrongUsage)
{
  const Result<Config> config = read_config("/nonexistent/linger.toml");

  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().kind, Error::Kind::usage);
  EXPECT_THAT(config.error().what, HasSubstr("/nonexistent/linger.toml"));
}

TEST(Config, ADirectoryIsNoConfiguration)
{
  EXPECT_FALSE(read_config("/"));
}

std::string project_file(const std::string &path)
{
  const std::string here = __FILE__; // .../tests/unit/app/config_test.cpp
  std::ifstream file{ here.substr(0, here.rfind("tests/unit/")) + path };
  return { std::istreambuf_iterator<char>{ file }, {} };
}

TEST(Config, NamesWhoOperates)
{
  const auto config =
      parse_config("[agent]\ntls_cert = \"a.pem\"\ntls_key = \"a.key\"\n"
                   "tls_ca = \"ca.pem\"\n"
                   "[access]\noperator_users = [\"root\", \"4711\"]\n"
                   "operator_groups = [\"root\"]\noperator_subjects = [\"alice\"]\n",
                   "x");
  ASSERT_TRUE(config) << config.error().what;
  EXPECT_EQ(config->tls.certificate, "a.pem");
  EXPECT_EQ(config->tls.key, "a.key");
  EXPECT_EQ(config->tls.authority, "ca.pem");
  EXPECT_EQ(config->operators.uids, (std::vector<std::uint32_t>{ 0, 4711 }));
  EXPECT_EQ(config->operators.gids, std::vector<std::uint32_t>{ 0 });
  EXPECT_EQ(config->operators.subjects, std::vector<std::string>{ "alice" });
}

TEST(Config, RefusesOperatorsThatThisHostDoesNotKnow)
{
  for (const char *text :
       { "[access]\noperator_users = [\"no-such-user\"]", "[access]\noperator_groups = [\"\"]",
         "[access]\noperator_users = [\"-1\"]", "[access]\noperator_users = \"root\"" }) {
    const auto config = parse_config(text, "x");
    ASSERT_FALSE(config) << text;
    EXPECT_EQ(config.error().kind, Error::Kind::usage);
  }
}

TEST(Config, TheInstalledFileChangesNothingAndItsLinesAreDefaults)
{
  const std::string installed =
      default_configuration(configuration_document(project_file("docs/configuration.md")));
  std::string defaults = installed;
  for (const ConfigKey &key : config_keys()) {
    const std::string line = "\n#" + std::string{ key.name } + " = ";
    const std::size_t at = defaults.find(line);
    ASSERT_NE(at, std::string::npos) << key.name;
    defaults.erase(at + 1, 1);
  }

  const auto nothing = parse_config(installed, "installed");
  const auto all = parse_config(defaults, "installed");

  ASSERT_TRUE(nothing) << nothing.error().what;
  ASSERT_TRUE(all) << all.error().what;
  EXPECT_EQ(nothing->http, std::nullopt);
  EXPECT_EQ(all->http, "127.0.0.1:9464");
  EXPECT_EQ(all->listen, Config{}.listen);
  EXPECT_EQ(all->ring_buffer_bytes, Config{}.ring_buffer_bytes);
  EXPECT_EQ(all->escalation.to, Config{}.escalation.to);
  EXPECT_EQ(all->thresholds.blocking_min_requests, Config{}.thresholds.blocking_min_requests);
}

TEST(Config, EscalationIsOffUnlessAskedFor)
{
  EXPECT_EQ(parse_config("", "x").value().escalation.to, domain::MemoryTier::growth);
  const auto config = parse_config("[memory]\nescalate_to = \"allocations\"\n"
                                   "escalate_check_s = 5\nescalate_pause_s = 60\n"
                                   "census_window_s = 10.5\nallocations_window_s = 20\n"
                                   "allocations_sample_bytes = 512\nallocations_settle_s = 2\n"
                                   "allocations_budget_percent = 0.5\n",
                                   "x");
  ASSERT_TRUE(config) << config.error().what;
  const EscalationConfig &escalation = config->escalation;
  EXPECT_EQ(escalation.to, domain::MemoryTier::allocations);
  EXPECT_EQ(escalation.check_interval, 5s);
  EXPECT_EQ(escalation.pause, 60s);
  EXPECT_EQ(escalation.census_window, 10500ms);
  EXPECT_EQ(escalation.allocations_window, 20s);
  EXPECT_EQ(escalation.allocations.interval_bytes, 512);
  EXPECT_EQ(escalation.allocations.settle.after, 2s);
  EXPECT_DOUBLE_EQ(escalation.allocations.budget_share, 0.005);
  for (const char *wrong : { "escalate_to = \"all\"", "escalate_to = 3", "escalate_check_s = 0.5",
                             "escalate_pause_s = 0", "census_window_s = 3601",
                             "allocations_window_s = \"2m\"", "allocations_sample_bytes = 0",
                             "allocations_settle_s = -1", "allocations_budget_percent = 101" })
    EXPECT_FALSE(parse_config("[memory]\n" + std::string{ wrong }, "x")) << wrong;
}

TEST(Config, EveryKeyIsDocumented)
{
  const std::string documentation = project_file("docs/configuration.md");
  for (const ConfigKey &key : config_keys()) {
    EXPECT_THAT(documentation, HasSubstr("## [" + std::string{ key.section } + "]"));
    EXPECT_THAT(documentation, HasSubstr("`" + std::string{ key.name } + "`"));
  }
}

} // namespace
} // namespace linger::app
