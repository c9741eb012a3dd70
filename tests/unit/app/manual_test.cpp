// What documents the command lines agrees with what understands them.

#include "app/config.h"
#include "app/daemon_arguments.h"
#include "app/linger_cli.h"
#include "app/manual/completion.h"
#include "app/manual/configuration_document.h"
#include "app/manual/man_page.h"
#include "app/manual/roff.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linger::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

CommandOutline linger()
{
  Command chosen;
  return outline_of(*linger_parser(chosen));
}

CommandOutline lingerd()
{
  DaemonArguments arguments;
  return outline_of(*lingerd_parser(arguments));
}

const OptionOutline &option(const CommandOutline &command, const std::string &name)
{
  return *std::ranges::find_if(command.options, [&](const OptionOutline &each) {
    return std::ranges::find(each.names, name) != each.names.end();
  });
}

const CommandOutline &command(const CommandOutline &program, const std::string &name)
{
  return *std::ranges::find(program.commands, name, &CommandOutline::name);
}

/// What is wrong with the command line; empty when it is understood.
std::string complaint(CLI::App &parser, std::vector<std::string> words)
{
  words.erase(words.begin()); // the program's name
  std::ranges::reverse(words);
  try {
    parser.parse(std::move(words));
  } catch (const CLI::ParseError &error) {
    return error.what();
  }
  return "";
}

void expect_understood(const std::vector<std::string> &words)
{
  Command chosen;
  DaemonArguments arguments;
  const auto parser = words[0] == "linger" ? linger_parser(chosen) : lingerd_parser(arguments);
  EXPECT_EQ(complaint(*parser, words), "") << testing::PrintToString(words);
}

TEST(Manual, EachExampleIsUnderstood)
{
  const CommandOutline program = linger();
  EXPECT_THAT(example_commands(program, "linger"), Not(IsEmpty()));
  for (const auto &words : example_commands(program, "linger"))
    expect_understood(words);
  for (const auto &words : example_commands(lingerd(), "lingerd"))
    expect_understood(words);
}

TEST(Manual, EachCommandHasExamplesOfItself)
{
  for (const CommandOutline &each : linger().commands) {
    const auto examples = example_commands(each, "linger");
    EXPECT_THAT(examples, Not(IsEmpty())) << each.name;
    for (const auto &words : examples) {
      EXPECT_EQ(words.at(1), each.name);
      expect_understood(words);
    }
  }
}

TEST(Manual, AnExampleThatIsNotUnderstoodWouldBeFound)
{
  Command chosen;
  EXPECT_THAT(complaint(*linger_parser(chosen), { "linger", "diagnose", "--fail-om", "info" }),
              Not(IsEmpty()));
}

TEST(Manual, EachChoiceIsTakenAndNoOther)
{
  const CommandOutline program = linger();
  std::size_t choices = 0;
  for (const CommandOutline &each : program.commands) {
    for (const OptionOutline &of : each.options) {
      if (of.choices.empty() || of.positional() || of.required)
        continue;
      const auto words = [&](const std::string &choice) {
        std::vector<std::string> line{ "linger", each.name, of.names.back(), choice };
        if (each.name == "heap")
          line.insert(line.end(), { "--pid", "1" });
        else if (each.name == "watch")
          line.emplace_back("requests");
        else if (each.name == "record")
          line.insert(line.end(), { "-o", "f" });
        else if (each.name == "profile")
          line.insert(line.end(), { "--kind", "blocked" });
        else if (each.name == "replay")
          line.emplace_back("f");
        else if (each.name == "compare")
          line.insert(line.end(), { "f", "g" });
        return line;
      };
      for (const std::string &choice : of.choices) {
        expect_understood(words(choice));
        ++choices;
      }
      Command chosen;
      EXPECT_THAT(complaint(*linger_parser(chosen), words("nonsense")), HasSubstr("nonsense"));
    }
  }
  EXPECT_GT(choices, 20U);
}

TEST(Manual, OutlineTellsOptionsApart)
{
  const CommandOutline program = linger();
  const CommandOutline &diagnose = command(program, "diagnose");

  EXPECT_THAT(option(diagnose, "--fail-on").choices, ElementsAre("info", "warning", "critical"));
  EXPECT_EQ(option(diagnose, "--duration").value, "DURATION");
  EXPECT_TRUE(option(diagnose, "--output").takes_file());
  EXPECT_TRUE(option(diagnose, "--pid").repeatable);
  EXPECT_EQ(option(diagnose, "--pid").process_field(), "masterTgid");
  EXPECT_THAT(option(diagnose, "--no-agent").value, IsEmpty());
  EXPECT_TRUE(option(command(program, "record"), "--output").required);
  EXPECT_THAT(command(program, "compare").options,
              testing::Contains(testing::Property(&OptionOutline::positional, true)).Times(2));
}

TEST(Manual, RoffKeepsWhatIsTypedAndGuardsRequests)
{
  EXPECT_EQ(roff_literal("linger --pid 'a\\b'"), "linger \\-\\-pid \\(aqa\\eb\\(aq");
  EXPECT_EQ(roff_prose("so-called, for `linger replay`: --fail-on counts"),
            "so-called, for \\fBlinger replay\\fR: \\-\\-fail\\-on counts");
  EXPECT_EQ(roff_prose(".hidden"), "\\&.hidden");
}

TEST(Manual, PageHasOptionsAndExamples)
{
  const CommandOutline program = linger();
  const std::string page =
      man_page(program, command(program, "watch"),
               { .section = 1, .date = "2026-11-29", .see_also = { "linger(1)" } });

  EXPECT_THAT(page, HasSubstr(".TH \"LINGER-WATCH\" \"1\" \"2026-11-29\""));
  EXPECT_THAT(page, HasSubstr("\\fBlinger watch\\fR [\\fIOPTION\\fR...] "
                              "\\fBworkers|requests|findings\\fR"));
  EXPECT_THAT(page, HasSubstr("\\fB\\-\\-duration\\fR \\fIDURATION\\fR"));
  EXPECT_THAT(page, HasSubstr(".SH EXAMPLES\n.nf\nlinger watch requests \\-\\-pid 4711"));
}

constexpr const char *document = R"(# Configuration

Read [the page](x.md) of `lingerd`.

    [agent]
    listen = 1

    [routes]

## [agent]

| Key | Default | Meaning |
|---|---|---|
| `listen` | `["unix:///x"]` | Where it listens: `a` or [b](c.md). |
| `wait_ms` | `1` | How long ([how](d.md)). |
)";

TEST(Manual, ReadsTheConfigurationsDocument)
{
  const std::vector<DocumentSection> sections = configuration_document(document);

  ASSERT_THAT(sections, SizeIs(2));
  ASSERT_THAT(sections[0].blocks, SizeIs(2));
  EXPECT_EQ(sections[0].blocks[0].paragraph, "Read the page of `lingerd`.");
  EXPECT_THAT(sections[0].blocks[1].example, ElementsAre("[agent]", "listen = 1", "", "[routes]"));
  ASSERT_THAT(sections[1].blocks, SizeIs(1));
  ASSERT_THAT(sections[1].blocks[0].keys, SizeIs(2));
  EXPECT_EQ(sections[1].blocks[0].keys[0].default_value, R"(["unix:///x"])");
  EXPECT_EQ(sections[1].blocks[0].keys[1].meaning, "How long.");
  EXPECT_THAT(default_configuration(sections),
              HasSubstr("\n[agent]\n\n# Where it listens: `a` or b.\n#listen = [\"unix:///x\"]\n"));
}

} // namespace
} // namespace linger::app
