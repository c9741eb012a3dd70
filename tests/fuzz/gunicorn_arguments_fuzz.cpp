// Gunicorn's command lines. What was understood, written down in the plainest way, is understood
// the same again; nothing is made up.
//
// input = a command line as in /proc/TGID/cmdline

#include "discover/gunicorn_arguments.h"
#include "discover/gunicorn_command.h"
#include "discover/proc_files.h"
#include "fuzz/property.h"

#include <set>
#include <vector>

namespace {

using namespace linger::discover;
using namespace linger::fuzz;

const std::set<std::string, std::less<>> known_settings{
  "bind",        "chdir",   "config",  "control_socket", "max_requests", "paste",
  "preload_app", "threads", "timeout", "worker_class",   "workers"
};

std::string option_of(std::string_view setting)
{
  std::string option = setting == "preload_app" ? "preload" : std::string(setting);
  std::ranges::replace(option, '_', '-');
  return "--" + option;
}

std::vector<std::string> written_down(const GunicornArguments &decoded)
{
  std::vector<std::string> words;
  for (const auto &[name, setting] : decoded.settings)
    for (const std::string &value : setting.values)
      words.push_back(option_of(name) + "=" + value);
  words.emplace_back("--");
  words.push_back(decoded.app);
  return words;
}

bool stands_in(const std::vector<std::string> &words, std::string_view value)
{
  return value == "True" || std::ranges::any_of(words, [value](const std::string &word) {
           return word.ends_with(value);
         });
}

void check(const std::vector<std::string> &words)
{
  const GunicornArguments decoded = decode_arguments(words, "fuzz");
  for (const auto &[name, setting] : decoded.settings) {
    must(known_settings.contains(name), "a setting is one that somebody asks for");
    must(setting.source == "fuzz" && !setting.is_computed, "a setting has its source");
    must(name == "bind" ? !setting.values.empty() : setting.values.size() == 1,
         "a setting has a value");
    for (const std::string &value : setting.values)
      must(stands_in(words, value), "a value is the end of a word");
  }
  must(decoded.app.empty() || stands_in(words, decoded.app), "an application is the end of a word");

  const GunicornArguments again = decode_arguments(written_down(decoded), "fuzz");
  must(again.settings == decoded.settings, "written down, the settings are the same");
  must(again.app == decoded.app, "written down, the application is the same");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  const std::string_view text = text_of(data, size);
  const std::vector<std::string> words = split_at_nul(text);
  check(words);
  if (const auto arguments = gunicorn_arguments(words)) {
    must(arguments->size() < words.size(), "the program's name is no argument");
    check(*arguments);
  }
  if (const auto title = decode_title(text))
    must(text.find(title->name) != text.npos, "a title's name stands in it");
  return 0;
}
