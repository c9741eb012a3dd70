#pragma once

#include <cstdint>
#include <string_view>

namespace linger::serve {

/// The CRC-32C (Castagnoli) of `bytes`: RFC 3720, appendix B.4. Finds every error of up to 32
/// neighbouring bits.
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes);

} // namespace linger::serve
