// What a process says of its interpreter: its mappings, the names of its files, its debug offsets.

#include "fuzz/property.h"
#include "python/address_space.h"
#include "python/application_line.h"
#include "python/debug_offsets.h"
#include "python/interpreter.h"
#include "python/thread_activity.h"

#include <array>

using namespace linger;
using namespace linger::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  const std::string_view text = text_of(data, size);
  const std::size_t line = std::min(text.find('\n'), size);
  const auto found =
      python::interpreter_in(text.substr(std::min(line + 1, size)), text.substr(0, line));
  if (found)
    must(text.find(found->file) != std::string_view::npos, "a path is one of those given");
  if (const auto version = python::version_in_name(text))
    must(text.find("python" + python::text_of(*version)) != std::string_view::npos ||
             text.find("python3.0") != std::string_view::npos,
         "a version is as the name says it");

  for (const std::uint8_t minor : std::array<std::uint8_t, 2>{ 13, 14 }) {
    const auto layout =
        python::with_debug_offsets(*python::layout_of({ 3, minor }), bytes_of(text));
    must(!layout || layout->version.minor == minor, "offsets are those of their version");
  }

  std::uint64_t end = 0;
  for (const python::Region &region : python::regions_in(text)) {
    must(region.begin >= end && region.end > region.begin, "regions ascend");
    end = region.end;
  }
  const auto activity = python::activity_in(text, 7);
  must(!activity || activity->tid == 7, "a thread keeps its number");

  const std::string shortened = python::shortened(text.substr(0, line), "/srv");
  must(text.find(shortened) != std::string_view::npos, "a shortened path is a part of the path");
  const python::Frame frame{ .file = std::string(text), .function = "f", .line = 1 };
  must(python::application_line(std::span(&frame, 1), "/srv", "shop").ends_with(":1 in f"),
       "a stack that is not empty has a line");
  return 0;
}
