#include "discover/gunicorn_arguments.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

namespace linger::discover {
namespace {

/// "app bind=a,b workers=4".
std::string decode(const std::vector<std::string> &words)
{
  const GunicornArguments arguments = decode_arguments(words, "the command line");
  std::string shown = arguments.app;
  for (const auto &[name, setting] : arguments.settings)
    shown += fmt::format(" {}={}", name, fmt::join(setting.values, ","));
  return shown;
}

TEST(DecodeArguments, ReadsEveryFormOfAnOption)
{
  for (const std::vector<std::string> &words : {
           std::vector<std::string>{ "-w", "4", "a:b" },
           { "-w4", "a:b" },
           { "-w=4", "a:b" },
           { "--workers", "4", "a:b" },
           { "--workers=4", "a:b" },
           { "a:b", "-w", "4" },
           { "-Dw4", "a:b" },
           { "-DRw", "4", "a:b" },
           { "-w", "2", "-w", "4", "--", "a:b" },
       })
    EXPECT_EQ(decode(words), "a:b workers=4") << testing::PrintToString(words);
}

TEST(DecodeArguments, ReadsWhatAServerIsMadeOf)
{
  EXPECT_EQ(
      decode({ "-b", "127.0.0.1:80", "--bind=unix:/x", "-c", "f.py", "-k", "gthread", "--threads",
               "8", "-t", "60", "--preload", "--max-requests", "100", "--chdir", "/srv", "a:b" }),
      "a:b bind=127.0.0.1:80,unix:/x chdir=/srv config=f.py max_requests=100 preload_app=True "
      "threads=8 timeout=60 worker_class=gthread");
}

TEST(DecodeArguments, UnderstandsAbbreviations)
{
  EXPECT_EQ(decode({ "--thread", "8", "--conf=f.py", "--pre", "a:b" }),
            "a:b config=f.py preload_app=True threads=8");
}

TEST(DecodeArguments, DoesNotTakeTheValueOfAnotherOptionForTheApplication)
{
  EXPECT_EQ(decode({ "--name", "shop", "-u", "www-data", "--access-logfile", "-", "-e", "A=-w9",
                     "--log-level=debug", "--max-requests-jitter", "5", "--worker-connections", "7",
                     "-p/run/x", "--unheard-of", "9", "a:b" }),
            "a:b");
}

TEST(DecodeArguments, DoesNotTakeTheApplicationForTheValueOfAFlag)
{
  EXPECT_EQ(
      decode({ "--reload", "--no-sendfile", "--reuse-port", "--capture-output", "-R", "a:b" }),
      "a:b");
  EXPECT_EQ(decode({ "--proxy-protocol", "a:b" }), "a:b");
  EXPECT_EQ(decode({ "--proxy-protocol", "v2", "a:b" }), "a:b");
}

TEST(DecodeArguments, TakesAPasteFileForTheApplication)
{
  EXPECT_EQ(decode({ "--paste", "/srv/shop.ini#main" }),
            "/srv/shop.ini#main paste=/srv/shop.ini#main");
}

TEST(DecodeArguments, SurvivesALineThatIsCutAnywhere)
{
  EXPECT_EQ(decode({}), "");
  EXPECT_EQ(decode({ "-w" }), "");
  EXPECT_EQ(decode({ "--workers" }), "");
  EXPECT_EQ(decode({ "--proxy-protocol" }), "");
  EXPECT_EQ(decode({ "", "-", "--", "--", "-w4" }), "-");
}

} // namespace
} // namespace linger::discover
