// Command lines of long options, and of programs under an interpreter: nothing is made up.

#include "discover/long_options.h"
#include "discover/proc_files.h"
#include "discover/python_command.h"
#include "fuzz/property.h"

#include <array>
#include <vector>

namespace {

using namespace linger::discover;
using namespace linger::fuzz;

bool has_word(const std::vector<std::string> &words, std::string_view word)
{
  return std::ranges::find(words, word) != words.end();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  constexpr std::array<std::string_view, 2> flags{ "call", "reload" };
  const std::string_view text = text_of(data, size);
  const std::vector<std::string> words = split_at_nul(text);
  const LongOptions options = decode_long_options(words, flags);
  std::size_t used = options.positional.size();
  for (const std::string &word : options.positional)
    must(has_word(words, word), "a positional word stands on the command line");
  for (const auto &[name, setting] : options.settings) {
    must(text.find("--" + name) != text.npos, "an option stands on the command line");
    must(!setting.values.empty(), "an option has a value");
    used += setting.values.size();
  }
  must(used <= words.size(), "no word is used twice");

  const PythonCommand command = decode_python_command(words);
  must(command.arguments.size() <= words.size(), "arguments stand on the command line");
  must(command.kind != PythonCommand::Kind::none || command.arguments.empty(),
       "no program has no arguments");
  return 0;
}
