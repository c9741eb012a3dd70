// What other settings would bring, beside what was measured.

#pragma once

#include "linger/v1/what_if.pb.h"
#include "serve/render/style.h"

#include <string>

namespace linger::serve {

/// A table, one setting a line, the advised one marked, and what it takes for granted.
[[nodiscard]] std::string what_if_text(const v1::WhatIf &what_if, const TextOptions &options);

} // namespace linger::serve
