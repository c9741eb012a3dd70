#include "domain/failure_table.h"

#include "unit/domain/observations.h"

#include <gtest/gtest.h>

namespace linger::domain {
namespace {

using namespace test;

Request failed(int status, const std::string &type = "", const std::string &code = "")
{
  Request request = answered(test::request(1, 1s, 2s), status);
  request.exception_type = type;
  request.exception_code = code;
  return request;
}

TEST(FailureTableTest, AFailureIsTheServersFaultOrNoResponse)
{
  EXPECT_TRUE(is_failed(failed(500)));
  EXPECT_TRUE(is_failed(failed(0)));
  EXPECT_FALSE(is_failed(failed(499)));
  EXPECT_FALSE(is_failed(failed(200, "ValueError", "app.py:1 in f")));
}

TEST(FailureTableTest, CountsByStatusTypeAndLineTheMostFirst)
{
  FailureTable table;
  table.add(failed(500));
  for (int i = 0; i < 2; ++i)
    table.add(failed(500, "KeyError", "app.py:2 in g"));
  for (int i = 0; i < 3; ++i)
    table.add(failed(500, "KeyError", "app.py:1 in f"));

  const std::vector<FailureReport> expected{ { 500, "KeyError", "app.py:1 in f", 3 },
                                             { 500, "KeyError", "app.py:2 in g", 2 },
                                             { 500, "", "", 1 } };
  EXPECT_EQ(table.report(), expected);
}

TEST(FailureTableTest, CountsFurtherOnesByTheirStatusAlone)
{
  FailureTable table;
  for (std::size_t i = 0; i < FailureTable::limit + 5; ++i)
    table.add(failed(500, "KeyError", "app.py:" + std::to_string(i) + " in f"));

  const auto report = table.report();
  EXPECT_EQ(report.size(), FailureTable::limit + 1);
  EXPECT_EQ(report.front(), (FailureReport{ 500, "", "", 5 }));
}

} // namespace
} // namespace linger::domain
