#include "serve/top/screen.h"

#include "serve/top/rows.h"
#include "unit/serve/top/top_reports.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace linger::serve {
namespace {

using namespace test;
using Kind = TopKey::Kind;

constexpr std::uint64_t ms = 1'000'000;

class TopScreenTest : public testing::Test {
protected:
  void SetUp() override
  {
    const v1::Report earlier = report_at(10);
    node().report = report_at(12);
    add_endpoint(node().report, "/slow", 4, 380 * ms, 20 * ms);
    add_endpoint(node().report, "/many", 400, 0, 100 * ms, 2);
    v1::Site &site = *node().report.mutable_endpoints(0)->add_sites();
    site.set_cause("database");
    site.set_what("127.0.0.1:5432 (postgresql)");
    site.set_code("shop/views.py:31 in report");
    site.set_waits(4);
    v1::Finding &finding = *node().report.add_findings();
    finding.set_severity(v1::SEVERITY_WARNING);
    finding.set_title("GET /slow waits for the database");
    finding.set_remedy("Add an index.");
    node().rates = rates_between(earlier, node().report);
  }

  [[nodiscard]] TopNode &node() { return state.nodes.front(); }
  [[nodiscard]] std::string shown(std::size_t width = 80, std::size_t height = 24) const
  {
    std::string text;
    for (const ScreenLine &line : top_screen(state, view, width, height))
      text += line.text() + "\n";
    return text;
  }
  [[nodiscard]] bool shows(std::string_view text) const
  {
    return shown(120).find(text) != std::string::npos;
  }
  void press(Kind kind) { view.press({ .kind = kind }, top_rows(state, view)); }
  void press(std::string_view characters)
  {
    for (const char character : characters)
      view.press({ .kind = Kind::character, .character = character }, top_rows(state, view));
  }

  TopState state{ .nodes = { TopNode{} } };
  TopView view;
};

TEST_F(TopScreenTest, ShowsTheEndpointThatTakesTheMostTimeFirst)
{
  const std::string text = shown();
  EXPECT_LT(text.find("GET /slow"), text.find("GET /many"));
  EXPECT_NE(text.find("shop.app:app (gunicorn sync, 100)"), std::string::npos) << text;
  EXPECT_NE(text.find("202.0 req/s  1 of 2 workers at work"), std::string::npos) << text;
  EXPECT_NE(text.find("2.0   100 ms      -       - ddddddddddddddddddd#"), std::string::npos)
      << text;
  EXPECT_NE(text.find("200.0   250 us    1.0"), std::string::npos) << text;
  EXPECT_NE(text.find("d database  # on_cpu"), std::string::npos) << text;
}

TEST_F(TopScreenTest, FitsIntoEveryTerminal)
{
  add_endpoint(node().report, "/" + std::string(300, 'x') + "\xff\x1b[31m\u00e9", 900, 1, 1);
  node().rates = rates_between({}, node().report);
  for (const TopTab tab : { TopTab::endpoints, TopTab::workers, TopTab::findings }) {
    view.tab = tab;
    for (const int more : { 0, 1, 2 }) {
      view.detail = more == 1;
      view.help = more == 2;
      for (const std::size_t width : { 1U, 20U, 40U, 80U, 100U, 250U }) {
        for (const std::size_t height : { 1U, 3U, 8U, 24U, 60U }) {
          const auto lines = top_screen(state, view, width, height);
          EXPECT_LE(lines.size(), height);
          for (const ScreenLine &line : lines) {
            const std::string text = line.text();
            EXPECT_LE(std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }),
                      static_cast<std::ptrdiff_t>(width))
                << text;
            EXPECT_EQ(text.find('\x1b'), std::string::npos);
          }
        }
      }
    }
  }
}

TEST_F(TopScreenTest, OrdersByWhatIsAskedFor)
{
  press("s"); // requests
  EXPECT_LT(shown().find("GET /many"), shown().find("GET /slow"));
  press("s"); // mean
  EXPECT_LT(shown().find("GET /slow"), shown().find("GET /many"));
  press("s"); // errors
  EXPECT_LT(shown().find("GET /many"), shown().find("GET /slow"));
}

TEST_F(TopScreenTest, LeadsFromAnEndpointToItsLinesAndBack)
{
  press(Kind::enter);
  EXPECT_TRUE(shows("shop/views.py:31 in report: 127.0.0.1:5432 (postgresql)"));
  press(Kind::escape);
  EXPECT_FALSE(shows("shop/views.py:31"));
  press(Kind::down);
  press(Kind::down); // there are two
  EXPECT_EQ(view.selected, 1U);
  press(Kind::enter);
  EXPECT_TRUE(shows("GET /many: p50"));
}

TEST_F(TopScreenTest, FiltersByName)
{
  press("/man");
  EXPECT_TRUE(shows("filter: man_"));
  EXPECT_FALSE(shows("GET /slow"));
  press("q"); // is typed
  EXPECT_FALSE(view.over);
  EXPECT_TRUE(shows("no request ended in the latest interval"));
  press(Kind::erase);
  press(Kind::enter);
  EXPECT_TRUE(shows("GET /many"));
  press("/");
  press(Kind::escape);
  EXPECT_TRUE(shows("GET /slow"));
}

TEST_F(TopScreenTest, ShowsWorkersAndFindings)
{
  press(Kind::tab);
  EXPECT_TRUE(shows("GET /report/{}: database 127.0.0.1:5432"));
  EXPECT_LT(shown().find(" 101 blocked"), shown().find(" 102 idle"));
  press(Kind::tab);
  EXPECT_TRUE(shows("WARNING   GET /slow waits for the database"));
  press(Kind::enter);
  EXPECT_TRUE(shows("What to do: Add an index."));
}

TEST_F(TopScreenTest, KeepsWhatIsChosenInSight)
{
  for (int i = 0; i < 50; ++i)
    add_endpoint(node().report, "/" + std::to_string(i), 1000 - static_cast<std::uint64_t>(i), 1,
                 1);
  node().rates = rates_between({}, node().report);
  for (int i = 0; i < 60; ++i)
    press("j");
  const auto lines = top_screen(state, view, 80, 24);
  EXPECT_EQ(std::ranges::count_if(lines, &ScreenLine::selected), 1);
  press("k");
  EXPECT_EQ(view.selected, 50U);
}

TEST_F(TopScreenTest, SaysWhatIsWrongWithTheAgent)
{
  node().trouble = "the agent went away";
  EXPECT_TRUE(shows("the agent went away"));
}

TEST_F(TopScreenTest, ShowsSeveralNodesWithTheOnesInTroubleFirst)
{
  node().name = "web-1";
  TopNode busier{ .name = "web-2" };
  busier.report = report_at(14);
  add_endpoint(busier.report, "/slow", 4000, 900 * ms, 20 * ms);
  v1::Finding &finding = *busier.report.add_findings();
  finding.set_severity(v1::SEVERITY_CRITICAL);
  finding.set_title("POST /pay fails");
  busier.rates = rates_between(report_at(12), busier.report);
  state.nodes.push_back(busier);
  state.nodes.push_back({ .name = "web-3", .trouble = "no agent answered" });
  state.nodes.push_back({ .name = "web-4" });

  std::string text = shown(100);
  EXPECT_LT(text.find("web-3: no agent answered"), text.find("web-2: 1 server"));
  EXPECT_LT(text.find("web-2: 1 server"), text.find("web-1: 1 server"));
  EXPECT_NE(text.find("web-4: not heard of yet"), std::string::npos) << text;
  EXPECT_NE(text.find("2000.0 req/s  1 of 2 workers at work"), std::string::npos) << text;
  EXPECT_LT(text.find("web-2 GET /slow"), text.find("web-1 GET /slow"));
  EXPECT_NE(text.find("Findings 2"), std::string::npos) << text;

  press(Kind::enter); // each node's own endpoint, though server and name are the same
  EXPECT_TRUE(shows("4,000 requests since the start"));
  press(Kind::escape);
  press("/web-1");
  press(Kind::enter);
  EXPECT_FALSE(shows("web-2 GET /slow"));
  press(Kind::tab);
  press(Kind::tab);
  text = shown(100);
  EXPECT_LT(text.find("web-2 POST /pay fails"), text.find("web-1 GET /slow waits"));
}

TEST_F(TopScreenTest, LeavesRoomForRowsHoweverManyNodesThereAre)
{
  node().name = "web-0";
  for (int i = 1; i < 200; ++i)
    state.nodes.push_back({ .name = "web-" + std::to_string(i), .trouble = "gone" });
  EXPECT_TRUE(shows("and 195 more nodes"));
  EXPECT_TRUE(shows("web-0 GET /slow"));
}

} // namespace
} // namespace linger::serve
