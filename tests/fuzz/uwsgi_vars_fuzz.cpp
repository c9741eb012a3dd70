// Pairs of the uwsgi protocol: only the values of the request's own names may show, and of those
// nothing behind '?' or '#'.

#include "decode/uwsgi_vars.h"
#include "fuzz/property.h"

#include <array>

namespace {

using namespace linger::decode;
using namespace linger::fuzz;

bool same(const std::optional<RequestLine> &left, const std::optional<RequestLine> &right)
{
  if (!left || !right)
    return left.has_value() == right.has_value();
  return left->method == right->method && left->path == right->path &&
         left->truncated == right->truncated;
}

/// Every byte replaced that may not show: the values of other names, and queries.
std::string with_other_secrets(std::string_view bytes)
{
  static constexpr std::array<std::string_view, 3> shown{ "REQUEST_METHOD", "REQUEST_URI",
                                                          "PATH_INFO" };
  std::string changed(bytes);
  std::size_t at = 0;
  const auto take = [&](std::size_t &begin) {
    if (bytes.size() - at < 2)
      return false;
    const std::size_t length =
        static_cast<unsigned char>(bytes[at]) + 256U * static_cast<unsigned char>(bytes[at + 1]);
    begin = at + 2;
    at = std::min(begin + length, bytes.size());
    return true;
  };
  for (std::size_t name = 0, value = 0;;) {
    if (!take(name))
      return changed;
    const std::string_view named = bytes.substr(name, at - name);
    if (!take(value))
      return changed;
    const bool is_shown = std::ranges::find(shown, named) != shown.end();
    bool is_secret = !is_shown;
    for (std::size_t i = value; i < at; ++i) {
      if (is_secret)
        changed[i] = 'q';
      is_secret = is_secret || (named == "REQUEST_URI" && (changed[i] == '?' || changed[i] == '#'));
    }
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  const std::string_view text = text_of(data, size);
  const auto line = decode_uwsgi_vars(bytes_of(text));
  if (line) {
    must(!line->method.empty() && is_printable_ascii(line->method), "a method is a printable word");
    must_be_a_path(line->path);
    must(!line->path.empty(), "a path is not empty");
  }
  must(same(line, decode_uwsgi_vars(bytes_of(with_other_secrets(text)))),
       "a secret changes nothing");
  return 0;
}
