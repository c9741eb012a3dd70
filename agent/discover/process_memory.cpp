#include "discover/process_memory.h"

#include "discover/proc_files.h"

#include <array>
#include <fmt/format.h>
#include <limits>
#include <optional>

namespace linger::discover {
namespace {

struct Field {
  std::string_view name;
  std::uint64_t domain::MemorySample::*bytes;
};

constexpr std::array fields{
  Field{ "VmHWM", &domain::MemorySample::high_water_bytes },
  Field{ "VmRSS", &domain::MemorySample::resident_bytes },
  Field{ "RssAnon", &domain::MemorySample::anonymous_bytes },
  Field{ "RssFile", &domain::MemorySample::file_bytes },
  Field{ "RssShmem", &domain::MemorySample::shared_bytes },
};

/// The rest of the line that begins with "NAME:".
std::optional<std::string_view> value_of(std::string_view status, std::string_view name)
{
  for (std::size_t begin = 0; begin < status.size();) {
    const std::size_t end = std::min(status.find('\n', begin), status.size());
    const std::string_view line = status.substr(begin, end - begin);
    if (line.starts_with(name) && line.substr(name.size()).starts_with(':'))
      return line.substr(name.size() + 1);
    begin = end + 1;
  }
  return std::nullopt;
}

/// "  12345 kB".
std::optional<std::uint64_t> bytes_in(std::string_view value)
{
  const auto words = words_of(value);
  if (words.size() != 2 || words[1] != "kB")
    return std::nullopt;
  const auto kibibytes = number_in<std::uint64_t>(words[0]);
  if (!kibibytes || *kibibytes > std::numeric_limits<std::uint64_t>::max() / 1024)
    return std::nullopt;
  return *kibibytes * 1024;
}

} // namespace

Result<domain::MemorySample> read_memory(const std::filesystem::path &proc, std::uint32_t tgid)
{
  const auto status = read_text(directory_of(proc, tgid) / "status");
  if (!status)
    return tl::unexpected(status.error());

  domain::MemorySample sample;
  sample.tgid = tgid;
  std::size_t missing = 0;
  for (const Field &field : fields) {
    const auto value = value_of(*status, field.name);
    if (!value) {
      ++missing;
      continue;
    }
    const auto bytes = bytes_in(*value);
    if (!bytes)
      return failure(Error::Kind::malformed,
                     fmt::format("{} of process {} is \"{}\"", field.name, tgid, *value));
    sample.*field.bytes = *bytes;
  }
  if (missing == fields.size() && value_of(*status, "State"))
    return failure(Error::Kind::not_found,
                   fmt::format("process {} has no memory: a kernel thread or a zombie", tgid));
  if (missing != 0)
    return failure(Error::Kind::malformed,
                   fmt::format("/proc/{}/status lacks {} of the {} fields about memory", tgid,
                               missing, fields.size()));
  return sample;
}

} // namespace linger::discover
