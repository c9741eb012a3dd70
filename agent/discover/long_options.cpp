#include "discover/long_options.h"

#include <algorithm>

namespace linger::discover {

LongOptions decode_long_options(std::span<const std::string> words,
                                std::span<const std::string_view> flags)
{
  LongOptions decoded;
  const auto store = [&](std::string_view name, std::string_view value) {
    Setting &setting = decoded.settings[std::string(name)];
    setting.source = "the command line";
    setting.values.emplace_back(value);
  };
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::string_view word = words[i];
    if (word.size() < 3 || !word.starts_with("--")) {
      if (!word.starts_with('-'))
        decoded.positional.emplace_back(word);
      continue;
    }
    word.remove_prefix(2);
    const std::size_t equals = word.find('=');
    if (equals != std::string_view::npos)
      store(word.substr(0, equals), word.substr(equals + 1));
    else if (word.starts_with("no-") || std::ranges::find(flags, word) != flags.end())
      store(word, "true");
    else if (i + 1 < words.size())
      store(word, words[++i]);
  }
  return decoded;
}

} // namespace linger::discover
