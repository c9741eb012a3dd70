#include "discover/postgresql_connections.h"

#include "discover/postgresql_settings.h"
#include "discover/proc_files.h"

#include <algorithm>
#include <string>
#include <vector>

namespace linger::discover {
namespace {

namespace fs = std::filesystem;

// As the server itself: it gives up at ten (CONF_FILE_MAX_DEPTH).
constexpr int max_depth = 10;
constexpr std::size_t max_files = 100;
constexpr std::size_t max_title_bytes = 512;

/// The files of one server, as it sees them.
class Files {
public:
  Files(const fs::path &proc, std::uint32_t tgid, fs::path data)
      : proc_(proc), tgid_(tgid), data_(std::move(data))
  {
  }

  /// What the file and those that it includes say. `needed`: one that is not there is an error.
  [[nodiscard]] Result<> take_from(const fs::path &path, bool needed, PostgresqlSettings &settings,
                                   int depth = 0)
  {
    if (depth == max_depth || ++files_ > max_files)
      return failure(Error::Kind::exhausted, path.string() + " includes too many files");
    const auto text = read_in_root_of(proc_, tgid_, data_ / path);
    if (!text)
      return !needed && text.error().kind == Error::Kind::not_found ? Result<>{}
                                                                    : tl::unexpected(text.error());
    for (const PostgresqlLine &line : postgresql_lines(*text)) {
      const fs::path named = (data_ / path).parent_path() / line.value;
      Result<> taken;
      if (line.name == "include" || line.name == "include_if_exists")
        taken = take_from(named, line.name == "include", settings, depth + 1);
      else if (line.name == "include_dir")
        taken = take_from_directory(named, settings, depth + 1);
      else
        take(settings, line);
      if (!taken)
        return taken;
    }
    return {};
  }

private:
  /// The *.conf of a directory, in the order of their names. A link may lead the listing out of a
  /// container's root, the reading not.
  [[nodiscard]] Result<> take_from_directory(const fs::path &path, PostgresqlSettings &settings,
                                             int depth)
  {
    std::error_code error;
    std::vector<fs::path> names;
    const fs::path seen = directory_of(proc_, tgid_) / "root" / path.relative_path();
    for (auto entry = fs::directory_iterator(seen, error); !error && entry != fs::end(entry);
         entry.increment(error)) {
      const fs::path name = entry->path().filename();
      if (name.extension() == ".conf" && !name.string().starts_with('.') &&
          names.size() < max_files)
        names.push_back(path / name);
    }
    if (error)
      return failed("list " + path.string(), error.value());
    std::ranges::sort(names);
    for (const fs::path &name : names)
      if (Result<> taken = take_from(name, true, settings, depth); !taken)
        return taken;
    return {};
  }

  const fs::path &proc_;
  std::uint32_t tgid_;
  fs::path data_;
  std::size_t files_ = 0;
};

} // namespace

Result<std::uint32_t> postgresql_limit(const fs::path &proc, std::uint32_t postmaster)
{
  const auto command_line = read_text(directory_of(proc, postmaster) / "cmdline");
  if (!command_line)
    return tl::unexpected(command_line.error());
  // It changes to its data directory when it starts.
  auto data = working_directory_of(proc, postmaster);
  if (!data)
    return tl::unexpected(data.error());
  const PostgresqlSettings told = postgresql_settings_in(split_at_nul(*command_line));
  Files files(proc, postmaster, std::move(*data));
  PostgresqlSettings settings;
  for (const auto &[path, needed] :
       { std::pair{ told.config_file.value_or("postgresql.conf"), true },
         std::pair{ std::string("postgresql.auto.conf"), false } })
    if (const Result<> taken = files.take_from(path, needed, settings); !taken)
      return tl::unexpected(taken.error());
  settings.override_with(told);
  return settings.ordinary_connections();
}

Result<std::uint32_t> postgresql_clients(const fs::path &proc, std::uint32_t postmaster)
{
  const fs::path directory = directory_of(proc, postmaster);
  const auto children = read_text(directory / "task" / std::to_string(postmaster) / "children");
  if (!children)
    return tl::unexpected(children.error());
  std::uint32_t clients = 0;
  for (const std::string_view word : words_of(*children)) {
    const auto child = number_in<std::uint32_t>(word);
    if (!child)
      continue;
    const auto title = read_text(directory_of(proc, *child) / "cmdline", max_title_bytes);
    clients += title && serves_client(*title) ? 1 : 0;
  }
  return clients;
}

} // namespace linger::discover
