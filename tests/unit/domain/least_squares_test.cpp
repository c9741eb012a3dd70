#include "domain/least_squares.h"

#include <gtest/gtest.h>
#include <random>

namespace linger::domain {
namespace {

TEST(LeastSquaresTest, SaysNothingWithoutMoreRowsThanColumns)
{
  LeastSquares fit;
  EXPECT_TRUE(fit.solve(LeastSquares::Holds::each).empty());
  fit.add({ { 0, 1 }, { 1, 2 } }, 3);
  fit.add({ { 0, 2 }, { 1, 1 } }, 3);
  EXPECT_TRUE(fit.solve(LeastSquares::Holds::each).empty());
}

TEST(LeastSquaresTest, FindsExactCoefficients)
{
  LeastSquares fit;
  for (int i = 1; i <= 10; ++i)
    fit.add({ { 0, 1.0 * i }, { 2, 1.0 * (i % 3) } }, 5.0 * i - 7.0 * (i % 3));

  const auto b = fit.solve(LeastSquares::Holds::each);
  ASSERT_EQ(b.size(), 3U);
  EXPECT_NEAR(b[0].value, 5, 1e-5);
  EXPECT_EQ(b[1].value, 0); // never seen
  EXPECT_NEAR(b[2].value, -7, 1e-5);
}

TEST(LeastSquaresTest, GivesTheSameWhetherMergedOrAddedOneByOne)
{
  std::mt19937 random(1);
  std::normal_distribution<double> noise(0, 3);
  LeastSquares first;
  LeastSquares second;
  LeastSquares all;
  for (int i = 0; i < 60; ++i) {
    const std::vector<LeastSquares::Term> x{ { static_cast<std::size_t>(i % 3), 1.0 + i % 5 },
                                             { 3, 2.0 + i % 7 } };
    const double y = 10.0 * i + noise(random);
    (i % 2 == 0 ? first : second).add(x, y);
    all.add(x, y);
  }
  first.merge(second);

  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(first.solve(LeastSquares::Holds::each)[i].value,
                all.solve(LeastSquares::Holds::each)[i].value, 1e-6);
    EXPECT_NEAR(first.solve(LeastSquares::Holds::each)[i].low,
                all.solve(LeastSquares::Holds::each)[i].low, 1e-6);
  }
}

TEST(LeastSquaresTest, GivesTheSameValuesWithoutIntervals)
{
  LeastSquares fit;
  for (int i = 1; i <= 40; ++i) {
    fit.add({ { 0, 1.0 * i }, { 2, 1.0 * (i % 3) } }, 5.0 * i - 7.0 * (i % 3) + i % 2);
    const auto b = fit.solve(LeastSquares::Holds::each);
    const auto values = fit.solve_values();
    ASSERT_EQ(b.size(), values.size());
    for (std::size_t column = 0; column < b.size(); ++column)
      EXPECT_EQ(b[column].value, values[column]);
  }
}

TEST(LeastSquaresTest, FoldsAColumnIntoAnotherAlikeOfFewRowsAndOfMany)
{
  for (const int rows : { 4, 100 }) {
    LeastSquares folded;
    LeastSquares meant;
    for (int i = 1; i <= rows; ++i) {
      const double y = 3.0 * i + i % 4;
      folded.add({ { 0, 1.0 * i }, { 1, 2.0 }, { 3, 1.0 * (i % 3) } }, y);
      meant.add({ { 0, 1.0 * i }, { 3, 2.0 + i % 3 } }, y);
    }
    folded.fold(1, 3);
    const auto b = folded.solve(LeastSquares::Holds::each);
    const auto wanted = meant.solve(LeastSquares::Holds::each);
    ASSERT_EQ(b.size(), 4U);
    for (std::size_t column = 0; column < b.size(); ++column) {
      EXPECT_NEAR(b[column].value, wanted[column].value, 1e-6) << rows << " " << column;
      EXPECT_NEAR(b[column].high, wanted[column].high, 1e-6) << rows << " " << column;
    }
  }
}

TEST(LeastSquaresTest, SaysByAWideIntervalThatTwoColumnsCannotBeToldApart)
{
  LeastSquares fit;
  std::mt19937 random(1);
  std::normal_distribution<double> noise(0, 1);
  for (int i = 0; i < 100; ++i)
    fit.add({ { 0, 1.0 + i % 4 }, { 1, 1.0 + i % 4 }, { 2, 1.0 * (i % 5) } },
            8.0 * (1 + i % 4) + 3.0 * (i % 5) + noise(random));

  const auto b = fit.solve(LeastSquares::Holds::each);
  EXPECT_NEAR(b[0].value + b[1].value, 8, 0.5);
  EXPECT_LT(b[0].low, -100);
  EXPECT_GT(b[0].high, 100);
  EXPECT_NEAR(b[2].value, 3, 0.5);
  EXPECT_LT(b[2].high - b[2].low, 1);
}

TEST(LeastSquaresTest, FoldsOneColumnIntoAnother)
{
  LeastSquares folded;
  LeastSquares direct;
  for (int i = 1; i <= 20; ++i) {
    folded.add({ { 0, 1.0 * i }, { 1, 2.0 }, { 2, 1.0 * (i % 4) } }, 3.0 * i + i % 2);
    direct.add({ { 0, 1.0 * i }, { 2, 2.0 + i % 4 } }, 3.0 * i + i % 2);
  }
  folded.fold(1, 2);

  for (const std::size_t i : { 0U, 2U }) {
    EXPECT_NEAR(folded.solve(LeastSquares::Holds::each)[i].value,
                direct.solve(LeastSquares::Holds::each)[i].value, 1e-9);
    EXPECT_NEAR(folded.solve(LeastSquares::Holds::each)[i].high,
                direct.solve(LeastSquares::Holds::each)[i].high, 1e-9);
  }
  EXPECT_EQ(folded.solve(LeastSquares::Holds::each)[1].value, 0);
}

struct Coverage {
  int each = 0;     // of trials x columns
  int together = 0; // of trials
};

constexpr int trials = 1000;
constexpr std::size_t columns = 8;

Coverage coverage_of(LeastSquares::Holds holds)
{
  std::mt19937 random(7);
  std::normal_distribution<double> noise(0, 10);
  std::uniform_int_distribution<int> count(0, 4);
  Coverage coverage;
  for (int trial = 0; trial < trials; ++trial) {
    LeastSquares fit;
    for (int row = 0; row < 40; ++row) {
      std::vector<LeastSquares::Term> x;
      double y = noise(random);
      for (std::size_t column = 0; column < columns; ++column) {
        x.push_back({ column, static_cast<double>(count(random)) });
        y += static_cast<double>(column) * x.back().value;
      }
      fit.add(x, y);
    }
    const auto b = fit.solve(holds);
    int covered = 0;
    for (std::size_t column = 0; column < columns; ++column) {
      const auto truth = static_cast<double>(column);
      covered += b[column].low <= truth && truth <= b[column].high ? 1 : 0;
    }
    coverage.each += covered;
    coverage.together += covered == columns ? 1 : 0;
  }
  return coverage;
}

TEST(LeastSquaresTest, CoversEachTruthNineteenTimesInTwenty)
{
  EXPECT_NEAR(coverage_of(LeastSquares::Holds::each).each, 0.95 * trials * columns, 100);
}

TEST(LeastSquaresTest, CoversAllTruthsTogetherNineteenTimesInTwenty)
{
  EXPECT_NEAR(coverage_of(LeastSquares::Holds::together).together, 0.955 * trials, 25);
}

} // namespace
} // namespace linger::domain
