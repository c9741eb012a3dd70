// /proc/TGID/stat and environ, which a process may fill with what it likes.

#include "discover/process.h"
#include "fuzz/property.h"

namespace {

using namespace linger::discover;
using namespace linger::fuzz;

std::string line_of(const ProcessStat &stat)
{
  return std::to_string(stat.tgid) + " (" + stat.comm + ") S " + std::to_string(stat.parent_tgid) +
         " 7 7 0 -1 4194560 1 0 0 0 3 8 0 0 20 0 " + std::to_string(stat.threads) + " 0 " +
         std::to_string(stat.start_ticks) + " 1 2\n";
}

void must_be_the_same(const linger::Result<ProcessStat> &stat, const ProcessStat &wanted)
{
  must(stat.has_value(), "a line of stat is read");
  must(stat->tgid == wanted.tgid && stat->comm == wanted.comm &&
           stat->parent_tgid == wanted.parent_tgid && stat->threads == wanted.threads &&
           stat->start_ticks == wanted.start_ticks,
       "a line of stat is read as it was written");
}

void check_stat(std::string_view text)
{
  if (const auto stat = decode_stat(text)) {
    must(text.find(" (" + stat->comm + ")") != text.npos, "a name stands between parentheses");
    must_be_the_same(decode_stat(line_of(*stat)), *stat);
  }
  const ProcessStat liked{ .tgid = 4711,
                           .comm = std::string(text.substr(0, 15)),
                           .parent_tgid = 17,
                           .threads = 9,
                           .start_ticks = 225893 };
  must_be_the_same(decode_stat(line_of(liked)), liked);
}

void check_environment(std::string_view bytes)
{
  std::string again;
  const Environment environment = decode_environment(bytes);
  for (const auto &[name, value] : environment) {
    must(!name.empty() && name.find_first_of("= \t") == name.npos, "a variable has a name");
    again += name + "=" + value + '\0';
  }
  must(decode_environment(again) == environment, "variables, written down, are the same");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  const std::string_view text = text_of(data, size);
  check_stat(text);
  check_environment(text);
  return 0;
}
