#include "discover/gunicorn_command.h"

#include "discover/host_processes.h"
#include "discover/python_command.h"

#include <algorithm>
#include <array>
#include <utility>

namespace linger::discover {
namespace {

bool is_gunicorn_script(std::string_view path)
{
  const std::string_view name = file_name_of(path);
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

} // namespace

std::optional<std::vector<std::string>> gunicorn_arguments(std::span<const std::string> argv)
{
  PythonCommand command = decode_python_command(argv);
  const bool is_gunicorn =
      (command.kind == PythonCommand::Kind::script && is_gunicorn_script(command.name)) ||
      (command.kind == PythonCommand::Kind::module && is_gunicorn_module(command.name)) ||
      (command.kind == PythonCommand::Kind::program && file_name_of(command.name) == "gunicorn");
  if (!is_gunicorn)
    return std::nullopt;
  return std::move(command.arguments);
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
