// The kernel side's loss counters, in words.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace linger::collect {

/// `counts` by enum loss (bpf/wire/loss.h). One sentence for each that is not 0.
[[nodiscard]] std::vector<std::string> loss_sentences(const std::vector<std::uint64_t> &counts);

} // namespace linger::collect
