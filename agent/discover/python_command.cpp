#include "discover/python_command.h"

#include "discover/host_processes.h"

namespace linger::discover {
namespace {

using Words = std::span<const std::string>;
using Kind = PythonCommand::Kind;

bool is_interpreter(std::string_view program)
{
  const std::string_view name = file_name_of(program);
  return name.starts_with("python") || name.starts_with("pypy");
}

PythonCommand command_of(Kind kind, std::string_view name, Words arguments)
{
  return { .kind = kind,
           .name = std::string(name),
           .arguments = { arguments.begin(), arguments.end() } };
}

PythonCommand behind_interpreter(Words words)
{
  while (!words.empty()) {
    const std::string_view word = words.front();
    words = words.subspan(1);
    if (word.size() < 2 || word[0] != '-')
      return command_of(Kind::script, word, words);
    if (word == "--check-hash-based-pycs" && !words.empty())
      words = words.subspan(1);
    if (word[1] == '-')
      continue;
    // -u, -uB, -X dev, -Xdev, -m gunicorn, -Im gunicorn, -mgunicorn
    const std::size_t letter = word.find_first_of("mcXW", 1);
    if (letter == std::string_view::npos)
      continue;
    if (word[letter] == 'c')
      return {};
    std::string_view value = word.substr(letter + 1);
    if (value.empty()) {
      if (words.empty())
        return {};
      value = words.front();
      words = words.subspan(1);
    }
    if (word[letter] == 'm')
      return command_of(Kind::module, value, words);
  }
  return {};
}

} // namespace

PythonCommand decode_python_command(Words argv)
{
  if (argv.empty())
    return {};
  if (is_interpreter(argv.front()))
    return behind_interpreter(argv.subspan(1));
  return command_of(Kind::program, argv.front(), argv.subspan(1));
}

} // namespace linger::discover
