// How text looks.

#pragma once

#include "linger/v1/finding.pb.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace linger::serve {

struct TextOptions {
  /// Columns; fewer than 40 are taken as 40.
  std::size_t width = 80;
  /// Whether terminal escapes for colour may be used. The words are the same with and without.
  bool colour = false;
  /// How many endpoints to show; the rest is counted.
  std::size_t endpoints = 20;
};

enum class Ink { plain, bold, dim, red, yellow, green, cyan };

/// `text` in `ink`; as it is unless `colour`.
[[nodiscard]] std::string inked(std::string_view text, Ink ink, bool colour);

[[nodiscard]] Ink ink_of(v1::Severity severity);

/// "CRITICAL".
[[nodiscard]] std::string_view label_of(v1::Severity severity);

} // namespace linger::serve
