#include "discover/uwsgi_configuration.h"

#include "discover/proc_files.h"
#include "discover/server_facts.h"

#include <algorithm>
#include <fmt/format.h>

namespace linger::discover {
namespace {

namespace fs = std::filesystem;

/// Files may name each other.
constexpr std::uint32_t max_depth = 8;

/// "app.ini", "app.ini:section", ":section" of the file that says so.
struct IniLocation {
  std::string file;
  std::string section;
};

IniLocation location_in(std::string_view value)
{
  const std::size_t colon = value.rfind(':');
  if (colon == std::string_view::npos)
    return { .file = std::string(value), .section = "uwsgi" };
  return { .file = std::string(value.substr(0, colon)),
           .section = std::string(value.substr(colon + 1)) };
}

class Gatherer {
public:
  Gatherer(const fs::path &proc, std::uint32_t tgid, const UwsgiLaunch &launch)
      : proc_(proc), tgid_(tgid), launch_(launch)
  {
  }

  Configuration gather()
  {
    if (launch_.environment)
      take(decode_uwsgi_environment(*launch_.environment), "", 0);
    else
      configuration_.add_gap(
          fmt::format("{}: what UWSGI_... variables set is not known", launch_.environment_gap));
    if (launch_.arguments)
      take(decode_uwsgi_arguments(*launch_.arguments), "", 0);
    else
      configuration_.add_gap("a process title has overwritten the command line: what it set is not "
                             "known");
    return std::move(configuration_);
  }

private:
  void take(const std::vector<UwsgiOption> &options, const std::string &file, std::uint32_t depth)
  {
    for (const UwsgiOption &option : options) {
      const std::string_view name = canonical_uwsgi_option(option.name);
      if (name.empty())
        continue;
      if (name == "ini" || name == "unread")
        take_file(option, name == "ini", file, depth);
      else
        store(std::string(name), option);
    }
  }

  void store(const std::string &name, const UwsgiOption &option)
  {
    Setting &setting = configuration_.settings[name];
    const bool is_list = name == "router" || name == "mount" || name == "socket";
    setting.source = option.source;
    setting.is_computed = option.is_computed || (is_list && setting.is_computed);
    if (!is_list || setting.is_computed)
      setting.values.clear();
    if (!setting.is_computed)
      setting.values.push_back(option.value);
  }

  void take_file(const UwsgiOption &option, bool is_ini, const std::string &file,
                 std::uint32_t depth)
  {
    IniLocation location = location_in(option.value);
    if (location.file.empty())
      location.file = file;
    std::string why = "only .ini files are read";
    if (option.is_computed)
      why = "where it lies is computed";
    else if (depth >= max_depth)
      why = "too many files name one another";
    else if (is_ini && !location.file.empty()) {
      if (const auto text = read(location.file, why)) {
        take(decode_uwsgi_ini(*text, location.section, location.file), location.file, depth + 1);
        return;
      }
    }
    configuration_.add_gap(
        fmt::format("the configuration {} in {} cannot be read ({}): what it sets is not known",
                    option.value, option.source, why));
  }

  /// uWSGI reads its files before it obeys chdir, so where it was started comes first.
  [[nodiscard]] std::optional<std::string> read(const std::string &file, std::string &why) const
  {
    std::vector<fs::path> directories;
    if (file.starts_with('/')) {
      directories.emplace_back("/");
    } else {
      if (launch_.environment)
        if (const auto started_in = launch_.environment->find("PWD");
            started_in != launch_.environment->end() && started_in->second.starts_with('/'))
          directories.emplace_back(started_in->second);
      if (const auto directory = working_directory_of(proc_, tgid_))
        directories.push_back(*directory);
      why = "where it was started is not known";
    }
    for (const fs::path &directory : directories) {
      auto text = read_in_root_of(proc_, tgid_, (directory / file).lexically_normal());
      if (text)
        return std::move(*text);
      why = text.error().what;
    }
    return std::nullopt;
  }

  const fs::path &proc_;
  std::uint32_t tgid_;
  const UwsgiLaunch &launch_;
  Configuration configuration_;
};

/// As uWSGI reads numbers: the digits in front.
std::optional<std::uint32_t> leading_count(std::string_view value)
{
  value = without_blanks(value);
  return number_in<std::uint32_t>(value.substr(0, value.find_first_not_of("0123456789")));
}

/// As uWSGI reads flags: everything that is not one of these is yes.
std::optional<bool> flag_in(std::string_view value)
{
  return value != "false" && value != "off" && value != "no" && value != "0";
}

/// "/shop=shop.app:app" mounts what stands behind the sign.
std::string mounted(std::string_view mount)
{
  return std::string(mount.substr(mount.find('=') + 1));
}

std::string app_of(const Configuration &configuration, const SettingReader &read)
{
  std::string app = read.text("module", "").value_or("");
  if (app.empty())
    app = read.text("wsgi-file", "").value_or("");
  if (app.empty())
    app = read.text("paste", "").value_or("");
  if (app.empty()) {
    const auto mounts = configuration.settings.find("mount");
    if (mounts != configuration.settings.end() && !mounts->second.values.empty())
      app = mounted(mounts->second.values.front());
  }
  const std::string callable = read.text("callable", "").value_or("");
  if (!app.empty() && !callable.empty() && app.find(':') == std::string::npos)
    app += ":" + callable;
  return app;
}

std::string class_of(const SettingReader &read, std::optional<std::uint32_t> threads)
{
  for (const char *loop : { "gevent", "asyncio", "async" }) {
    const auto tasks = read.read<std::uint32_t>(loop, 0, leading_count);
    if (!tasks)
      return "";
    if (*tasks > 0)
      return loop;
  }
  if (!threads)
    return "";
  return *threads > 1 ? "threads" : "processes";
}

} // namespace

Configuration gather_uwsgi_configuration(const fs::path &proc, std::uint32_t tgid,
                                         const UwsgiLaunch &launch)
{
  return Gatherer(proc, tgid, launch).gather();
}

void apply_uwsgi(const Configuration &configuration, domain::Server &server)
{
  server.gaps.insert(server.gaps.end(), configuration.gaps.begin(), configuration.gaps.end());
  const SettingReader read(configuration, server.gaps);

  server.app = app_of(configuration, read);
  const auto threads = read.read<std::uint32_t>("threads", 1, leading_count);
  server.threads_per_worker = std::max(threads.value_or(1), 1U);
  server.worker_class = class_of(read, threads);
  const auto workers = read.read<std::uint32_t>("processes", 1, leading_count);
  server.workers_configured = workers.value_or(static_cast<std::uint32_t>(server.workers.size()));
  if (!workers)
    server.gaps.emplace_back("the number of workers configured is not known: that of those alive "
                             "stands in its place");
  server.timeout_seconds = read.read<std::uint32_t>("harakiri", 0, leading_count).value_or(0);
  server.max_requests = read.read<std::uint32_t>("max-requests", 0, leading_count).value_or(0);
  // Without lazy-apps the first process loads the application, and the others are forked from it.
  const auto lazy = read.read<bool>("lazy-apps", false, flag_in);
  server.preload = lazy && !*lazy &&
                   (!workers || *workers > 1 || has_uwsgi_master(configuration).value_or(false));
  if (auto gap = gap_of_requests(server))
    server.gaps.push_back(std::move(*gap));
}

std::optional<bool> has_uwsgi_master(const Configuration &configuration)
{
  std::vector<std::string> ignored;
  return SettingReader(configuration, ignored).read<bool>("master", false, flag_in);
}

} // namespace linger::discover
