#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace linger::discover {

/// The version of the CPython that a process runs, from the names of its executable and its mapped
/// libraries: "3.11.7" where a directory on the way tells the patch level (pyenv, uv), else "3.11".
/// Empty when nothing names a version or may be read.
[[nodiscard]] std::string python_version_of(const std::filesystem::path &proc, std::uint32_t tgid);

} // namespace linger::discover
