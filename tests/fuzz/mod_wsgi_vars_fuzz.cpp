// Requests to mod_wsgi's processes: what shows is a method and a path, and of other values nothing.

#include "decode/mod_wsgi_vars.h"
#include "fuzz/property.h"

using namespace linger::decode;
using namespace linger::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  const auto line = decode_mod_wsgi_vars(bytes_of(text_of(data, size)));
  if (!line)
    return 0;
  must(!line->method.empty() && is_printable_ascii(line->method), "a method is a printable word");
  must_be_a_path(line->path);
  must(!line->path.empty(), "a path is not empty");
  must(line->truncated || !line->path_truncated,
       "a path that was cut is part of a target that was");
  return 0;
}
