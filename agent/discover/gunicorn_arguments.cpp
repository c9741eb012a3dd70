#include "discover/gunicorn_arguments.h"

#include <algorithm>
#include <array>

namespace linger::discover {
namespace {

enum class Takes { nothing, value, choice };

struct Option {
  std::string_view name;
  Takes takes = Takes::nothing;
  /// Empty: nobody asks for it.
  std::string_view setting;
  char letter = '\0';
};

// Gunicorn 19 to 26: the options that a Server is made of, and all that take no value. What is not
// here takes one. In front stand those that an abbreviation is likelier to mean.
constexpr std::array options{
  Option{ "bind", Takes::value, "bind", 'b' },
  Option{ "chdir", Takes::value, "chdir" },
  Option{ "config", Takes::value, "config", 'c' },
  Option{ "max-requests", Takes::value, "max_requests" },
  Option{ "paste", Takes::value, "paste" },
  Option{ "paster", Takes::value, "paste" },
  Option{ "preload", Takes::nothing, "preload_app" },
  Option{ "threads", Takes::value, "threads" },
  Option{ "timeout", Takes::value, "timeout", 't' },
  Option{ "worker-class", Takes::value, "worker_class", 'k' },
  Option{ "workers", Takes::value, "workers", 'w' },
  Option{ "control-socket", Takes::value, "control_socket" },
  Option{ "capture-output" },
  Option{ "casefold-http-method" },
  Option{ "check-config" },
  Option{ "daemon", Takes::nothing, "", 'D' },
  Option{ "disable-redirect-access-to-syslog" },
  Option{ "do-handshake-on-connect" },
  Option{ "enable-backlog-metric" },
  Option{ "enable-stdio-inheritance", Takes::nothing, "", 'R' },
  Option{ "help", Takes::nothing, "", 'h' },
  Option{ "initgroups" },
  Option{ "log-syslog" },
  Option{ "no-control-socket" },
  Option{ "no-sendfile" },
  Option{ "permit-obsolete-folding" },
  Option{ "permit-unconventional-http-method" },
  Option{ "permit-unconventional-http-version" },
  Option{ "print-config" },
  Option{ "proxy-protocol", Takes::choice },
  Option{ "reload" },
  Option{ "reuse-port" },
  Option{ "spew" },
  Option{ "strip-header-spaces" },
  Option{ "suppress-ragged-eofs" },
  Option{ "tolerate-dangerous-framing" },
  Option{ "version", Takes::nothing, "", 'v' },
};
/// What --proxy-protocol takes since 25; it was a flag before.
constexpr std::array<std::string_view, 4> proxy_protocols{ "off", "v1", "v2", "auto" };
/// The short options that take a value nobody here asks for.
constexpr std::string_view other_letters_with_value = "egmnpu";

Option long_option(std::string_view name)
{
  for (const Option &option : options)
    if (option.name == name)
      return option;
  for (const Option &option : options)
    if (option.name.starts_with(name))
      return option;
  return Option{ .name = name, .takes = Takes::value };
}

Option short_option(char letter)
{
  for (const Option &option : options)
    if (option.letter == letter)
      return option;
  const bool takes_value = other_letters_with_value.find(letter) != std::string_view::npos;
  return Option{ .takes = takes_value ? Takes::value : Takes::nothing };
}

/// Walks over the words of one command line.
class ArgumentDecoder {
public:
  ArgumentDecoder(std::span<const std::string> words, std::string_view source)
      : words_(words), source_(source)
  {
  }

  GunicornArguments decode()
  {
    while (!words_.empty()) {
      const std::string_view word = next();
      if (word == "--" && !only_positional_)
        only_positional_ = true;
      else if (only_positional_ || word.size() < 2 || word[0] != '-')
        take_positional(word);
      else if (word[1] == '-')
        take_long(word.substr(2));
      else
        take_short(word.substr(1));
    }
    return std::move(decoded_);
  }

private:
  std::string_view next()
  {
    const std::string_view word = words_.front();
    words_ = words_.subspan(1);
    return word;
  }

  void take_positional(std::string_view word)
  {
    if (decoded_.app.empty())
      decoded_.app = word;
  }

  void take_long(std::string_view word)
  {
    const std::size_t equals = word.find('=');
    const Option option = long_option(word.substr(0, equals));
    if (equals != std::string_view::npos)
      store(option, word.substr(equals + 1));
    else
      take_separate_value(option);
  }

  /// "w4", "w=4", "w" or several flags: "DR", the last of which may take a value: "Dw4".
  void take_short(std::string_view letters)
  {
    while (!letters.empty()) {
      const Option option = short_option(letters.front());
      letters.remove_prefix(1);
      if (option.takes == Takes::value && !letters.empty()) {
        store(option, letters.starts_with('=') ? letters.substr(1) : letters);
        return;
      }
      take_separate_value(option);
    }
  }

  void take_separate_value(const Option &option)
  {
    if (option.takes == Takes::nothing)
      store(option, "True");
    else if (words_.empty())
      return;
    else if (option.takes == Takes::value)
      store(option, next());
    else if (std::ranges::find(proxy_protocols, std::string_view(words_.front())) !=
             proxy_protocols.end())
      next();
  }

  void store(const Option &option, std::string_view value)
  {
    if (option.setting.empty())
      return;
    Setting &setting = decoded_.settings[std::string(option.setting)];
    setting.source = source_;
    if (option.setting != "bind") // the one that may be given several times
      setting.values.clear();
    setting.values.emplace_back(value);
  }

  std::span<const std::string> words_;
  std::string_view source_;
  bool only_positional_ = false;
  GunicornArguments decoded_;
};

} // namespace

GunicornArguments decode_arguments(std::span<const std::string> arguments, std::string_view source)
{
  GunicornArguments decoded = ArgumentDecoder(arguments, source).decode();
  if (const auto paste = decoded.settings.find("paste"); paste != decoded.settings.end())
    decoded.app = paste->second.values.front();
  return decoded;
}

} // namespace linger::discover
