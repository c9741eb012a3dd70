#include "app/commands/command.h"

#include "serve/escape.h"

#include <cerrno>
#include <fmt/format.h>
#include <fstream>

namespace linger::app {

ExitStatus report_error(Terminal &terminal, const Error &error)
{
  const ExitStatus status = exit_status_of(error.kind);
  terminal.err << fmt::format("linger: {}\n", serve::printable(error.what));
  if (status == ExitStatus::refused)
    terminal.err << "linger: `linger doctor` says what this host and this user allow, and how to "
                    "get the rest\n";
  return status;
}

Error no_server_here()
{
  return {
    .kind = Error::Kind::not_found,
    .what = "no Python web server that Linger knows runs on this host, as far as this user can see"
  };
}

Result<> write_out(const std::string &text, Terminal &terminal)
{
  errno = 0;
  if (!(terminal.out << text << std::flush))
    return failed("write to standard output", errno);
  return {};
}

Result<> write_result(const std::string &text, const std::string &path, const std::string &what,
                      Terminal &terminal)
{
  if (path.empty())
    return write_out(text, terminal);
  const std::string doing = "write " + what + " to " + path;
  errno = 0;
  std::ofstream file{ path, std::ios::binary | std::ios::trunc };
  if (!file)
    return tl::unexpected(about_named_file(failed(doing, errno).value()));
  if (!(file << text << std::flush))
    return failed(doing, errno);
  return {};
}

} // namespace linger::app
