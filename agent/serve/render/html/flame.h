// Flame graphs: what contains what, each as wide as it is large.

#pragma once

#include <string>
#include <vector>

namespace linger::serve::html {

struct Flame {
  /// As it comes: it is escaped when it is drawn.
  std::string name;
  double value = 0;
  /// How the value is written.
  std::string text;
  /// colour_class() of a cause, or empty.
  std::string colour;
  /// Together at most `value`; what they leave is left blank.
  std::vector<Flame> inside;
};

/// The drawing, and the same as a nested list behind "In words". Parts too narrow to be seen are
/// left out of the drawing, and all but the largest of both.
[[nodiscard]] std::string flame_graph(Flame all, const std::string &label);

} // namespace linger::serve::html
