#include "domain/least_squares.h"

#include <gtest/gtest.h>
#include <random>

namespace linger::domain {
namespace {

TEST(LeastSquaresTest, SaysNothingWithoutMoreRowsThanColumns)
{
  LeastSquares fit;
  EXPECT_TRUE(fit.solve().empty());
  fit.add({ { 0, 1 }, { 1, 2 } }, 3);
  fit.add({ { 0, 2 }, { 1, 1 } }, 3);
  EXPECT_TRUE(fit.solve().empty());
}

TEST(LeastSquaresTest, FindsExactCoefficients)
{
  LeastSquares fit;
  for (int i = 1; i <= 10; ++i)
    fit.add({ { 0, 1.0 * i }, { 2, 1.0 * (i % 3) } }, 5.0 * i - 7.0 * (i % 3));

  const auto b = fit.solve();
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
    EXPECT_NEAR(first.solve()[i].value, all.solve()[i].value, 1e-6);
    EXPECT_NEAR(first.solve()[i].low, all.solve()[i].low, 1e-6);
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

  const auto b = fit.solve();
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
    EXPECT_NEAR(folded.solve()[i].value, direct.solve()[i].value, 1e-9);
    EXPECT_NEAR(folded.solve()[i].high, direct.solve()[i].high, 1e-9);
  }
  EXPECT_EQ(folded.solve()[1].value, 0);
}

TEST(LeastSquaresTest, CoversTheTruthNineteenTimesInTwenty)
{
  std::mt19937 random(7);
  std::normal_distribution<double> noise(0, 10);
  int covered = 0;
  for (int trial = 0; trial < 1000; ++trial) {
    LeastSquares fit;
    for (int i = 0; i < 12; ++i)
      fit.add({ { 0, 1.0 + i % 3 }, { 1, 1.0 + i % 5 } },
              2.0 * (1 + i % 3) + 4.0 * (1 + i % 5) + noise(random));
    const auto b = fit.solve();
    covered += b[0].low <= 2 && 2 <= b[0].high ? 1 : 0;
  }
  EXPECT_NEAR(covered, 950, 30);
}

TEST(StudentT95Test, AgreesWithTheTables)
{
  EXPECT_NEAR(student_t95(1), 12.706, 0.01);
  EXPECT_NEAR(student_t95(4), 2.776, 0.01);
  EXPECT_NEAR(student_t95(5), 2.571, 0.01);
  EXPECT_NEAR(student_t95(10), 2.228, 0.003);
  EXPECT_NEAR(student_t95(30), 2.042, 0.002);
  EXPECT_NEAR(student_t95(100'000), 1.960, 0.001);
}

} // namespace
} // namespace linger::domain
