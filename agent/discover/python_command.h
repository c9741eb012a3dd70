// Which program a command line runs under a Python interpreter.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace linger::discover {

struct PythonCommand {
  /// A script under an interpreter, "python -m module", or a program that is no interpreter.
  enum class Kind { script, module, program, none };
  Kind kind = Kind::none;
  /// The script's path, the module's name or argv[0].
  std::string name;
  std::vector<std::string> arguments;
};

/// Reads over whatever options the interpreter has. "none" for an empty command line, an
/// interpreter that reads its program elsewhere, and "python -c".
[[nodiscard]] PythonCommand decode_python_command(std::span<const std::string> argv);

} // namespace linger::discover
