#include "discover/gunicorn_configuration.h"

#include "discover/gunicorn_arguments.h"
#include "discover/gunicorn_config_file.h"
#include "discover/proc_files.h"
#include "discover/shell_words.h"

#include <fmt/format.h>

namespace linger::discover {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> text_of(const Settings &settings, std::string_view name)
{
  const auto found = settings.find(name);
  if (found == settings.end() || found->second.values.empty())
    return std::nullopt;
  return found->second.values.front();
}

std::optional<std::string> variable(const GunicornLaunch &launch, std::string_view name)
{
  if (!launch.environment)
    return std::nullopt;
  const auto found = launch.environment->find(name);
  return found == launch.environment->end() ? std::nullopt : std::optional(found->second);
}

/// Finds and reads the configuration file of one process.
class ConfigFileFinder {
public:
  ConfigFileFinder(const fs::path &proc, std::uint32_t tgid, const GunicornLaunch &launch,
                   bool has_moved)
      : proc_(proc), tgid_(tgid), launch_(launch), has_moved_(has_moved)
  {
  }

  /// The file given with -c.
  [[nodiscard]] Configuration read_given(std::string location) const
  {
    constexpr std::string_view module = "python:", file = "file:";
    if (location.starts_with(module))
      return unreadable(location, "it is a Python module");
    if (location.starts_with(file))
      location.erase(0, file.size());

    std::string why = "where it was started is not known";
    for (const fs::path &directory : directories(location)) {
      const fs::path path = (directory / location).lexically_normal();
      const auto source = read_in_root_of(proc_, tgid_, path);
      if (source)
        return decode_config_file(*source, path.string());
      why = source.error().what;
    }
    return unreadable(location, why);
  }

  /// The file that Gunicorn takes where none is given, if it is there.
  [[nodiscard]] Configuration read_default() const
  {
    constexpr std::string_view name = "gunicorn.conf.py";
    const auto candidates = has_moved_ ? started_in() : working_directory();
    if (!candidates)
      return unreadable(std::string(name), candidates.error().what);
    const fs::path path = *candidates / name;
    const auto source = read_in_root_of(proc_, tgid_, path);
    if (source)
      return decode_config_file(*source, path.string());
    if (source.error().kind == Error::Kind::not_found)
      return {};
    return unreadable(path.string(), source.error().what);
  }

private:
  [[nodiscard]] static Configuration unreadable(std::string_view location, std::string_view why)
  {
    Configuration configuration;
    configuration.add_gap(fmt::format(
        "the configuration file {} cannot be read ({}): what it sets is not known", location, why));
    return configuration;
  }

  [[nodiscard]] Result<fs::path> working_directory() const
  {
    return working_directory_of(proc_, tgid_);
  }

  /// Gunicorn looks for its file before it obeys --chdir.
  [[nodiscard]] Result<fs::path> started_in() const
  {
    const auto shell_directory = variable(launch_, "PWD");
    if (!shell_directory || !shell_directory->starts_with('/'))
      return failure(Error::Kind::not_found,
                     "it is looked for where the server was started, which --chdir left and "
                     "nothing tells");
    return fs::path(*shell_directory);
  }

  /// Where a file of that name may be, the likeliest first.
  [[nodiscard]] std::vector<fs::path> directories(std::string_view location) const
  {
    if (location.starts_with('/'))
      return { "/" };
    std::vector<fs::path> found;
    if (const auto directory = working_directory(); directory && !has_moved_)
      found.push_back(*directory);
    if (const auto directory = started_in())
      found.push_back(*directory);
    return found;
  }

  const fs::path &proc_;
  std::uint32_t tgid_;
  const GunicornLaunch &launch_;
  bool has_moved_;
};

GunicornArguments decode_variable(const GunicornLaunch &launch, Configuration &configuration)
{
  constexpr std::string_view name = "GUNICORN_CMD_ARGS";
  const auto text = variable(launch, name);
  if (!text)
    return {};
  const auto words = shell_words(*text);
  if (words)
    return decode_arguments(*words, name);
  configuration.add_gap(fmt::format("{} cannot be read: {}", name, words.error().what));
  return {};
}

} // namespace

GunicornConfiguration gather_configuration(const fs::path &proc, std::uint32_t tgid,
                                           const GunicornLaunch &launch)
{
  GunicornConfiguration gathered;
  Configuration &configuration = gathered.configuration;
  if (!launch.arguments)
    configuration.add_gap("a process title has overwritten the command line: what it set is not "
                          "known");
  if (!launch.environment)
    configuration.add_gap(fmt::format("{}: what GUNICORN_CMD_ARGS and WEB_CONCURRENCY set is not "
                                      "known",
                                      launch.environment_gap));
  GunicornArguments in_variable = decode_variable(launch, configuration);
  GunicornArguments on_command_line;
  if (launch.arguments)
    on_command_line = decode_arguments(*launch.arguments, "the command line");

  if (const auto workers = variable(launch, "WEB_CONCURRENCY"))
    configuration.settings["workers"] = { .values = { *workers }, .source = "WEB_CONCURRENCY" };

  const bool has_moved =
      on_command_line.settings.contains("chdir") || in_variable.settings.contains("chdir");
  const ConfigFileFinder files(proc, tgid, launch, has_moved);
  auto location = text_of(on_command_line.settings, "config");
  if (!location)
    location = text_of(in_variable.settings, "config");
  Configuration file = location ? files.read_given(*location) : files.read_default();
  configuration.override_with(std::move(file.settings));
  for (std::string &gap : file.gaps)
    configuration.add_gap(std::move(gap));
  if (!file.is_complete)
    configuration.is_complete = false;

  configuration.override_with(std::move(in_variable.settings));
  configuration.override_with(std::move(on_command_line.settings));
  gathered.app = std::move(on_command_line.app);
  return gathered;
}

} // namespace linger::discover
