#include "python/application_line.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <optional>

namespace linger::python {
namespace {

/// What follows the directory NAME in `path`.
std::optional<std::string_view> below(std::string_view path, std::string_view name)
{
  const std::string inside = fmt::format("/{}/", name);
  const std::size_t at = path.rfind(inside);
  if (at == std::string_view::npos)
    return std::nullopt;
  return path.substr(at + inside.size());
}

std::optional<std::string_view> below_installed(std::string_view path)
{
  for (const std::string_view name : { "site-packages", "dist-packages" }) {
    if (const auto rest = below(path, name))
      return rest;
  }
  return std::nullopt;
}

/// What follows ".../lib/python3.11/", ".../lib64/python3.9/" or ".../python311.zip/".
std::optional<std::string_view> below_standard(std::string_view path)
{
  for (const std::string_view parent : { "/lib/python", "/lib64/python" }) {
    const std::size_t at = path.find(parent);
    if (at == std::string_view::npos)
      continue;
    const std::string_view version = path.substr(at + parent.size());
    const std::size_t end = version.find('/');
    if (end == std::string_view::npos)
      continue;
    std::string_view name = version.substr(0, end);
    if (name.ends_with(".zip"))
      name.remove_suffix(4);
    if (!name.empty() && name.find_first_not_of("0123456789.t") == std::string_view::npos)
      return version.substr(end + 1);
  }
  return std::nullopt;
}

std::string_view last_components(std::string_view path, unsigned count)
{
  std::size_t begin = path.size();
  for (; count > 0 && begin != 0; --count) {
    begin = path.rfind('/', begin - 1);
    if (begin == std::string_view::npos)
      return path;
  }
  return path.substr(begin + 1);
}

/// "/usr/bin/gunicorn", "/srv/venv/bin/uvicorn": what starts a server, not what it serves.
bool is_console_script(std::string_view path)
{
  const std::string_view name = last_components(path, 1);
  return last_components(path, 2).starts_with("bin/") && name.find('.') == std::string_view::npos;
}

bool belongs_to(std::string_view installed, std::string_view package)
{
  if (package.empty() || !installed.starts_with(package))
    return false;
  const std::string_view rest = installed.substr(package.size());
  return rest.starts_with('/') || rest == ".py";
}

} // namespace

Origin origin_of(std::string_view file, std::string_view package)
{
  // "<frozen runpy>", "<string>", "<attrs generated init ...>"
  if (file.empty() || file.starts_with('<'))
    return Origin::standard;
  if (const auto installed = below_installed(file))
    return belongs_to(*installed, package) ? Origin::application : Origin::installed;
  if (is_console_script(file))
    return Origin::installed;
  return below_standard(file) ? Origin::standard : Origin::application;
}

std::string package_of(std::string_view app)
{
  return std::string(app.substr(0, app.find_first_of(".:")));
}

std::string shortened(std::string_view file, std::string_view directory)
{
  while (file.starts_with("./"))
    file.remove_prefix(2);
  if (!file.starts_with('/'))
    return std::string(file);
  if (const auto installed = below_installed(file))
    return std::string(*installed);
  if (const auto standard = below_standard(file))
    return std::string(*standard);
  if (directory.size() > 1 && file.starts_with(directory) &&
      file.substr(directory.size()).starts_with('/'))
    return std::string(file.substr(directory.size() + 1));
  return std::string(last_components(file, 2));
}

std::string application_line(std::span<const Frame> stack, std::string_view directory,
                             std::string_view package)
{
  if (stack.empty())
    return {};
  const auto own = std::ranges::find_if(stack, [package](const Frame &frame) {
    return origin_of(frame.file, package) == Origin::application;
  });
  const Frame &frame = own == stack.end() ? stack.front() : *own;
  const std::string file = shortened(frame.file, directory);
  return frame.line > 0 ? fmt::format("{}:{} in {}", file, frame.line, frame.function)
                        : fmt::format("{} in {}", file, frame.function);
}

bool waits_for_event(std::span<const Frame> stack)
{
  constexpr std::array modules{ "threading.py",     "queue.py", "concurrent/",
                                "multiprocessing/", "asyncio/", "selectors.py" };
  if (stack.empty() || stack.front().file.starts_with('<'))
    return false;
  const auto module = below_standard(stack.front().file);
  return module &&
         std::ranges::any_of(modules, [&](const char *name) { return module->starts_with(name); });
}

} // namespace linger::python
