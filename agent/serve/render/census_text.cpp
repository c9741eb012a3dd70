#include "serve/render/census_text.h"

#include "serve/render/figures.h"
#include "serve/render/layout.h"

#include <algorithm>
#include <fmt/format.h>

namespace linger::serve {
namespace {

constexpr int most_rows = 30;
constexpr auto right = Table::Align::right;

double share(std::uint64_t part, std::uint64_t whole)
{
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::string signed_count(std::int64_t count)
{
  const std::uint64_t size =
      count < 0 ? 0 - static_cast<std::uint64_t>(count) : static_cast<std::uint64_t>(count);
  return (count < 0 ? "-" : count > 0 ? "+" : "") + count_text(size);
}

std::string types_table(const v1::Census &census, const TextOptions &options)
{
  Table table({ { "OBJECTS", right }, { "BYTES", right }, { "SHARE", right }, { "TYPE" } });
  int rows = 0;
  std::uint64_t left_objects = 0;
  std::uint64_t left_bytes = 0;
  for (const v1::TypeCount &count : census.types()) {
    if (rows++ < most_rows) {
      table.add(
          { .cells = { count_text(count.objects()), bytes_text(static_cast<double>(count.bytes())),
                       percent_text(share(count.bytes(), census.bytes())), count.type() },
            .notes = {} });
      continue;
    }
    left_objects += count.objects();
    left_bytes += count.bytes();
  }
  if (rows > most_rows)
    table.add({ .cells = { count_text(left_objects), bytes_text(static_cast<double>(left_bytes)),
                           percent_text(share(left_bytes, census.bytes())),
                           fmt::format("{} other types", rows - most_rows) },
                .notes = {} });
  table.add({ .cells = { count_text(census.objects()),
                         bytes_text(static_cast<double>(census.bytes())), "100 %", "in all" },
              .notes = {} });
  return table.text(2, options);
}

std::string growth_table(const v1::Census &census, const TextOptions &options)
{
  const std::string title = fmt::format("GROWTH in {}\n", duration_text(census.window_ns()));
  if (census.growth().empty())
    return title + "  none\n";
  Table table({ { "OBJECTS", right }, { "BYTES", right }, { "TYPE" } });
  int rows = 0;
  for (const v1::TypeGrowth &growth : census.growth()) {
    if (rows++ < most_rows)
      table.add({ .cells = { signed_count(growth.objects()),
                             growth_text(static_cast<double>(growth.bytes())), growth.type() },
                  .notes = {} });
  }
  std::string text = title + table.text(2, options);
  if (rows > most_rows)
    text += fmt::format("  and {} other types\n", rows - most_rows);
  return text;
}

std::string retainers_text(const v1::Retainers &retainers, const TextOptions &options)
{
  const std::size_t width = std::max<std::size_t>(options.width, 40);
  std::string text =
      wrapped(fmt::format("WHO HOLDS {} {}", count_text(retainers.objects()), retainers.type()),
              width, "", 2);
  std::uint64_t told = 0;
  for (const v1::RetainingPath &path : retainers.paths()) {
    told += path.objects();
    text += wrapped(fmt::format("{} holds {} of {}", path.text(),
                                percent_text(share(path.objects(), retainers.objects())),
                                count_text(retainers.objects())),
                    width, "  ", 4);
  }
  if (told < retainers.objects())
    text += wrapped(fmt::format("{} are held in other ways: by C code, by a cycle that waits to be "
                                "collected, or by a variable that holds few",
                                count_text(retainers.objects() - told)),
                    width, "  ", 4);
  return text;
}

std::string copy_text(const v1::HeapCopy &copy)
{
  std::string text = fmt::format("{} of memory copied in {}, {} in all",
                                 bytes_text(static_cast<double>(copy.copied_bytes())),
                                 duration_text(copy.copy_ns()), duration_text(copy.whole_ns()));
  if (copy.attempts() > 1)
    text += fmt::format(" and {} attempts", copy.attempts());
  if (copy.idle())
    text += "; the worker was idle meanwhile, so the counts are exact";
  else
    text += fmt::format("; the worker was busy: counts may be off by about {}",
                        count_text(copy.error_objects()));
  if (copy.unresolved() != 0)
    text += fmt::format("; {} addresses led to no object", count_text(copy.unresolved()));
  return text + ".";
}

} // namespace

std::string census_text(const v1::Census &census, const TextOptions &options)
{
  const std::size_t width = std::max<std::size_t>(options.width, 40);
  std::string tracked = fmt::format(
      "worker {}, CPython {}: {}, {}; {} of them known to the collector", census.tgid(),
      census.python_version(), counted_text(census.objects(), "object"),
      bytes_text(static_cast<double>(census.bytes())), count_text(census.tracked_objects()));
  if (census.frozen_objects() != 0)
    tracked += fmt::format(", {} frozen", count_text(census.frozen_objects()));
  std::string text = wrapped(tracked, width, "", 2) + "\n";
  if (census.has_earlier_copy())
    text += growth_table(census, options) + "\n";
  for (const v1::Retainers &retainers : census.retainers())
    text += retainers_text(retainers, options) + "\n";
  if (!census.has_earlier_copy() && census.retainers().empty())
    text += inked("TYPES\n", Ink::bold, options.colour) + types_table(census, options) + "\n";
  text += "COPY\n";
  if (census.has_earlier_copy())
    text += wrapped(copy_text(census.earlier_copy()), width, "  ", 2);
  text += wrapped(copy_text(census.copy()), width, "  ", 2);
  for (const std::string &gap : census.copy().gaps())
    text += wrapped(gap, width, "  ", 2);
  return text;
}

} // namespace linger::serve
