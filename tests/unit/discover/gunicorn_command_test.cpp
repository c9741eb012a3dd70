#include "discover/gunicorn_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linger::discover {
namespace {

using testing::ElementsAre;
using testing::Optional;

using Argv = std::vector<std::string>;

TEST(GunicornArguments, FollowTheScriptOfAnInterpreter)
{
  for (const Argv &argv : {
           Argv{ "/usr/bin/python3", "/usr/bin/gunicorn", "-w4", "a:b" },
           Argv{ "/venv/bin/python", "-uB", "-X", "dev", "/venv/bin/gunicorn", "-w4", "a:b" },
           Argv{ "python3.11", "-Wignore", "gunicorn", "-w4", "a:b" },
           Argv{ "python3", "/lib/dist-packages/gunicorn/__main__.py", "-w4", "a:b" },
           Argv{ "gunicorn", "-w4", "a:b" },
       })
    EXPECT_THAT(gunicorn_arguments(argv), Optional(ElementsAre("-w4", "a:b"))) << argv.at(1);
}

TEST(GunicornArguments, FollowTheModule)
{
  for (const Argv &argv : {
           Argv{ "python3", "-m", "gunicorn", "-w4" },
           Argv{ "python3", "-mgunicorn", "-w4" },
           Argv{ "python3", "-Im", "gunicorn", "-w4" },
           Argv{ "python3", "-W", "error", "-m", "gunicorn.app.wsgiapp", "-w4" },
       })
    EXPECT_THAT(gunicorn_arguments(argv), Optional(ElementsAre("-w4"))) << argv.at(1);
}

TEST(GunicornArguments, AreNoneOfOtherPrograms)
{
  for (const Argv &argv : {
           Argv{},
           Argv{ "" },
           Argv{ "/bin/sh", "/usr/bin/gunicorn" },
           Argv{ "vim", "gunicorn" },
           Argv{ "python3" },
           Argv{ "python3", "-m" },
           Argv{ "python3", "-m", "http.server", "gunicorn" },
           Argv{ "python3", "-c", "gunicorn" },
           Argv{ "python3", "manage.py", "gunicorn" },
           Argv{ "python3", "-W", "gunicorn" },
           Argv{ "python3", "-", "gunicorn" },
       })
    EXPECT_EQ(gunicorn_arguments(argv), std::nullopt) << testing::PrintToString(argv);
}

TEST(DecodeTitle, TellsRoleAndName)
{
  using Role = GunicornTitle::Role;

  EXPECT_EQ(decode_title("gunicorn: master [shop:app]"),
            (GunicornTitle{ Role::master, "shop:app" }));
  EXPECT_EQ(decode_title("gunicorn: worker [a [b]]"), (GunicornTitle{ Role::worker, "a [b]" }));
  EXPECT_EQ(decode_title("gunicorn: worker [cut"), (GunicornTitle{ Role::worker, "cut" }));
}

TEST(DecodeTitle, RefusesOtherTitles)
{
  for (const std::string_view title :
       { "", "gunicorn", "gunicorn: master", "gunicorn: dirty-arbiter",
         "gunicorn: dirty-worker [a]", "x gunicorn: master [a]" })
    EXPECT_EQ(decode_title(title), std::nullopt) << title;
}

} // namespace
} // namespace linger::discover
