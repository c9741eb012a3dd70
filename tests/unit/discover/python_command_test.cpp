#include "discover/python_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linger::discover {
namespace {

using testing::ElementsAre;
using Kind = PythonCommand::Kind;

TEST(PythonCommand, IsAScriptAModuleOrAProgram)
{
  const auto script = decode_python_command(std::vector<std::string>{
      "/usr/bin/python3.11", "-u", "-X", "dev", "/usr/bin/uvicorn", "-x" });
  EXPECT_EQ(script.kind, Kind::script);
  EXPECT_EQ(script.name, "/usr/bin/uvicorn");
  EXPECT_THAT(script.arguments, ElementsAre("-x"));

  const auto module =
      decode_python_command(std::vector<std::string>{ "python", "-Im", "waitress", "app:app" });
  EXPECT_EQ(module.kind, Kind::module);
  EXPECT_EQ(module.name, "waitress");
  EXPECT_THAT(module.arguments, ElementsAre("app:app"));

  const auto program = decode_python_command(std::vector<std::string>{ "waitress-serve", "a:b" });
  EXPECT_EQ(program.kind, Kind::program);
  EXPECT_EQ(program.name, "waitress-serve");
}

TEST(PythonCommand, IsNoneWhereTheProgramHasNoName)
{
  for (const std::vector<std::string> &argv :
       std::vector<std::vector<std::string>>{ {},
                                              { "python3" },
                                              { "python3", "-c", "import x" },
                                              { "python3", "-m" },
                                              { "python3", "-u" } })
    EXPECT_EQ(decode_python_command(argv).kind, Kind::none);
}

} // namespace
} // namespace linger::discover
