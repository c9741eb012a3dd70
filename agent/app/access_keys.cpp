#include "app/access_keys.h"

#include "discover/proc_files.h"

#include <fmt/format.h>
#include <grp.h>
#include <optional>
#include <pwd.h>

namespace linger::app {
namespace {

std::optional<std::uint32_t> user_named(const std::string &name)
{
  const passwd *user = ::getpwnam(name.c_str()); // before there are other threads
  return user != nullptr ? std::optional<std::uint32_t>{ user->pw_uid }
                         : discover::number_in<std::uint32_t>(name);
}

std::optional<std::uint32_t> group_named(const std::string &name)
{
  const group *group = ::getgrnam(name.c_str());
  return group != nullptr ? std::optional<std::uint32_t>{ group->gr_gid }
                          : discover::number_in<std::uint32_t>(name);
}

auto path(std::string serve::TlsFiles::*file)
{
  return [file](Config &config, const toml::node &value) -> Result<> {
    const std::optional<std::string> path = value.value_exact<std::string>();
    if (!path)
      return failure(Error::Kind::usage, "must be a file's path");
    config.tls.*file = *path;
    return {};
  };
}

auto members(std::vector<std::uint32_t> serve::Operators::*ids,
             std::optional<std::uint32_t> (*named)(const std::string &), const char *kind)
{
  return [=](Config &config, const toml::node &value) -> Result<> {
    const Result<std::vector<std::string>> names = strings_in(value);
    if (!names)
      return tl::unexpected(names.error());
    for (const std::string &name : *names) {
      const std::optional<std::uint32_t> id = named(name);
      if (!id)
        return failure(Error::Kind::usage,
                       fmt::format("names \"{}\", and this host has no such {}", name, kind));
      (config.operators.*ids).push_back(*id);
    }
    return {};
  };
}

Result<> set_subjects(Config &config, const toml::node &value)
{
  Result<std::vector<std::string>> subjects = strings_in(value);
  if (!subjects)
    return tl::unexpected(subjects.error());
  config.operators.subjects = std::move(*subjects);
  return {};
}

Result<> set_page_census(Config &config, const toml::node &value)
{
  const std::optional<bool> allowed = value.value_exact<bool>();
  if (!allowed)
    return failure(Error::Kind::usage, "must be true or false");
  config.page_census = *allowed;
  return {};
}

} // namespace

std::vector<ConfigKey> access_keys()
{
  return {
    { "agent", "tls_cert", path(&serve::TlsFiles::certificate) },
    { "agent", "tls_key", path(&serve::TlsFiles::key) },
    { "agent", "tls_ca", path(&serve::TlsFiles::authority) },
    { "access", "operator_users", members(&serve::Operators::uids, user_named, "user") },
    { "access", "operator_groups", members(&serve::Operators::gids, group_named, "group") },
    { "access", "operator_subjects", set_subjects },
    { "access", "page_census", set_page_census },
  };
}

} // namespace linger::app
