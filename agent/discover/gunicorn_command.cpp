#include "discover/gunicorn_command.h"

#include <algorithm>
#include <array>

namespace linger::discover {
namespace {

using Words = std::span<const std::string>;

std::string_view file_name(std::string_view path)
{
  return path.substr(path.rfind('/') + 1);
}

bool is_interpreter(std::string_view program)
{
  const std::string_view name = file_name(program);
  return name.starts_with("python") || name.starts_with("pypy");
}

bool is_gunicorn_script(std::string_view path)
{
  const std::string_view name = file_name(path);
  // A master that "python -m gunicorn" started and that got USR2 starts its module by path.
  return name == "gunicorn" || name == "gunicorn3" || path.ends_with("/gunicorn/__main__.py") ||
         path.ends_with("/gunicorn/app/wsgiapp.py");
}

bool is_gunicorn_module(std::string_view module)
{
  constexpr std::array<std::string_view, 3> modules{ "gunicorn", "gunicorn.__main__",
                                                     "gunicorn.app.wsgiapp" };
  return std::ranges::find(modules, module) != modules.end();
}

std::optional<std::vector<std::string>> copy_of(Words words)
{
  return std::vector<std::string>(words.begin(), words.end());
}

/// What follows the script or module in the arguments of an interpreter, if that is Gunicorn.
std::optional<std::vector<std::string>> behind_interpreter(Words words)
{
  while (!words.empty()) {
    const std::string_view word = words.front();
    words = words.subspan(1);
    if (word.size() < 2 || word[0] != '-')
      return is_gunicorn_script(word) ? copy_of(words) : std::nullopt;
    if (word == "--check-hash-based-pycs" && !words.empty())
      words = words.subspan(1);
    if (word[1] == '-')
      continue;
    // -u, -uB, -X dev, -Xdev, -m gunicorn, -Im gunicorn, -mgunicorn
    const std::size_t letter = word.find_first_of("mcXW", 1);
    if (letter == std::string_view::npos)
      continue;
    if (word[letter] == 'c')
      return std::nullopt;
    std::string_view value = word.substr(letter + 1);
    if (value.empty()) {
      if (words.empty())
        return std::nullopt;
      value = words.front();
      words = words.subspan(1);
    }
    if (word[letter] == 'm')
      return is_gunicorn_module(value) ? copy_of(words) : std::nullopt;
  }
  return std::nullopt;
}

} // namespace

std::optional<std::vector<std::string>> gunicorn_arguments(Words argv)
{
  if (argv.empty())
    return std::nullopt;
  if (is_interpreter(argv.front()))
    return behind_interpreter(argv.subspan(1));
  return file_name(argv.front()) == "gunicorn" ? copy_of(argv.subspan(1)) : std::nullopt;
}

std::optional<GunicornTitle> decode_title(std::string_view title)
{
  constexpr std::string_view master = "gunicorn: master [", worker = "gunicorn: worker [";
  const bool is_master = title.starts_with(master);
  if (!is_master && !title.starts_with(worker))
    return std::nullopt;
  title.remove_prefix(is_master ? master.size() : worker.size());
  // A title longer than its room is cut.
  if (title.ends_with(']'))
    title.remove_suffix(1);
  return GunicornTitle{ is_master ? GunicornTitle::Role::master : GunicornTitle::Role::worker,
                        std::string(title) };
}

} // namespace linger::discover
