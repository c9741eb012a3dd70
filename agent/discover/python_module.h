// What a Python source file assigns, as far as that can be told without running it.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace linger::discover {

/// One statement outside of functions and classes and without its comments.
struct PythonStatement {
  std::string text;
  std::uint32_t line = 0;
  /// It stands inside of an "if", "for", "try", ...: it may not run, or not once.
  bool is_nested = false;
};

/// The statements of a module in their order. Strings, brackets and continued lines are followed as
/// Python does, so that what looks like a statement inside of one is none. Of source that is no
/// Python it makes statements that mean nothing, but it ends.
[[nodiscard]] std::vector<PythonStatement> python_statements(std::string_view source);

/// An assignment "name = value", with or without an annotation, to one name or several.
struct PythonAssignment {
  std::vector<std::string> names;
  /// The source text right of the last "=".
  std::string value;
};
[[nodiscard]] std::optional<PythonAssignment> decode_assignment(std::string_view statement);

/// A literal as text: a string's contents, a number's digits, "True", "False"; a list's or tuple's
/// elements; none for None. nullopt for anything that must be computed, formatted strings and
/// escapes that are rarely written among them.
[[nodiscard]] std::optional<std::vector<std::string>> decode_literal(std::string_view expression);

/// Whether `statement` may bind `name` in some way that decode_assignment() does not read:
/// "name += 1", "a, name = 1, 2", "if x: name = 1".
[[nodiscard]] bool may_assign(std::string_view statement, std::string_view name);

} // namespace linger::discover
