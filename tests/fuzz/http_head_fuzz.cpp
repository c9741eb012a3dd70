// The first lines of HTTP messages. What stands behind '?' or '#' in a request's target must not
// change a thing about what is decoded, wherever the captured bytes end.

#include "decode/http_head.h"
#include "fuzz/property.h"

#include <optional>

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

/// Every query and fragment replaced by other bytes of the same number.
std::string with_other_queries(std::string_view text)
{
  std::string changed(text);
  bool in_query = false;
  for (char &c : changed) {
    const bool is_mark = c == '?' || c == '#';
    if (c == ' ' || c == '\r' || c == '\n')
      in_query = false;
    else if (in_query)
      c = 'q';
    in_query = in_query || is_mark;
  }
  return changed;
}

void must_be_a_request_line(const RequestLine &line)
{
  must(!line.method.empty() && is_printable_ascii(line.method), "a method is a printable word");
  must_be_a_path(line.path);
}

void check_found_line(std::string_view text)
{
  const auto found = find_request_line(bytes_of(text));
  if (!found)
    return;
  must_be_a_request_line(*found);
  bool stands_somewhere = false;
  for (std::size_t at = text.find(found->method); at != std::string_view::npos;
       at = text.find(found->method, at + 1))
    stands_somewhere =
        stands_somewhere || same(found, decode_request_line(bytes_of(text.substr(at))));
  must(stands_somewhere, "a line that was found is a request line where it stands");
}

void check_behind(std::string_view text)
{
  const auto rest = behind_request(bytes_of(text));
  must(!rest || rest->size() + 4 <= text.size(), "a request is no shorter than its blank line");
  must(!rest || rest->data() + rest->size() == bytes_of(text).data() + text.size(),
       "what is behind it goes to the end");
}

void check_response(std::string_view text)
{
  for (const std::string_view method : { "GET", "HEAD" }) {
    const auto head = decode_response_head(bytes_of(text), method);
    if (!head)
      continue;
    must(head->status >= 100 && head->status <= 999, "a status has three digits");
    const std::size_t blank_line = text.find("\r\n\r\n");
    must((head->body_end == BodyEnd::stated) == head->total_bytes.has_value(),
         "a stated end is a number");
    must(head->body_end == BodyEnd::unknown || blank_line != text.npos,
         "only a whole head tells the body's end");
    if (!head->total_bytes)
      continue;
    must(blank_line != text.npos, "only a whole head tells a length");
    must(*head->total_bytes >= blank_line + 4, "a response is no shorter than its head");
    must(method != "HEAD" || *head->total_bytes == blank_line + 4, "HEAD has no body");
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  const std::string_view text = text_of(data, size);
  const auto line = decode_request_line(bytes_of(text));
  if (line)
    must_be_a_request_line(*line);
  must(same(line, decode_request_line(bytes_of(with_other_queries(text)))),
       "a query changes nothing");
  check_found_line(text);
  check_behind(text);
  check_response(text);
  return 0;
}
