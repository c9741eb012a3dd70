// The files of the page, as they are inside this program.

#pragma once

#include <span>
#include <string_view>

namespace linger::serve {

struct PageFile {
  /// "/assets/index-4f2a.js"; "/" for the page itself.
  std::string_view path;
  std::string_view content_type;
  /// Its contents, compressed by gzip.
  std::string_view gzip;
};
using PageFiles = std::span<const PageFile>;

/// Empty where the page was not built: it needs npm (cmake/Page.cmake).
[[nodiscard]] PageFiles built_page_files();

} // namespace linger::serve
