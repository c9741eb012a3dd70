// Writes what documents the programs' command lines, from what parses them: manual pages, the
// shells' completions, and a configuration file with all defaults. Runs in the build only.
//
//   manual DIRECTORY docs/configuration.md YYYY-MM-DD

#include "app/daemon_arguments.h"
#include "app/linger_cli.h"
#include "app/manual/completion.h"
#include "app/manual/man_page.h"

#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

namespace {

using namespace linger::app;

void write(const std::filesystem::path &path, const std::string &text)
{
  std::filesystem::create_directories(path.parent_path());
  std::ofstream file{ path, std::ios::binary | std::ios::trunc };
  if (!(file << text << std::flush))
    throw std::runtime_error("cannot write " + path.string());
}

void write_completions(const std::filesystem::path &directory, const CommandOutline &program)
{
  write(directory / "bash" / program.name, bash_completion(program));
  write(directory / "zsh" / ("_" + program.name), zsh_completion(program));
  write(directory / "fish" / (program.name + ".fish"), fish_completion(program));
}

void write_all(const std::filesystem::path &directory, const std::string &configuration,
               const std::string &date)
{
  Command chosen;
  const CommandOutline linger = outline_of(*linger_parser(chosen));
  DaemonArguments arguments;
  const CommandOutline lingerd = outline_of(*lingerd_parser(arguments));
  const std::filesystem::path man = directory / "man";

  write(man / "man1" / "linger.1",
        man_page(linger,
                 { .section = 1, .date = date, .see_also = { "linger.toml(5)", "lingerd(8)" } }));
  for (const CommandOutline &command : linger.commands)
    write(man / "man1" / ("linger-" + command.name + ".1"),
          man_page(linger, command,
                   { .section = 1,
                     .date = date,
                     .see_also = { "linger(1)", "linger.toml(5)", "lingerd(8)" } }));
  write(man / "man8" / "lingerd.8",
        man_page(lingerd,
                 { .section = 8, .date = date, .see_also = { "linger(1)", "linger.toml(5)" } }));
  const std::vector<DocumentSection> document = configuration_document(configuration);
  write(man / "man5" / "linger.toml.5",
        configuration_page(
            document, { .section = 5, .date = date, .see_also = { "linger(1)", "lingerd(8)" } }));
  write(directory / "linger.toml", default_configuration(document));
  write_completions(directory / "completions", linger);
  write_completions(directory / "completions", lingerd);
}

} // namespace

int main(int argc, char **argv)
{
  if (argc != 4) {
    std::cerr << "usage: manual DIRECTORY docs/configuration.md YYYY-MM-DD\n";
    return EXIT_FAILURE;
  }
  try {
    std::ifstream file{ argv[2] };
    const std::string configuration{ std::istreambuf_iterator<char>{ file }, {} };
    if (configuration.empty())
      throw std::runtime_error(std::string{ "cannot read " } + argv[2]);
    write_all(argv[1], configuration, argv[3]);
  } catch (const std::exception &error) {
    std::cerr << "manual: " << error.what() << "\n";
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
