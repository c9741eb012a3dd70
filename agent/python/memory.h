// The memory of another process, which runs on meanwhile: what is read may be torn, freed or
// written by somebody who means harm. Whoever reads bounds every length and checks every word.

#pragma once

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

namespace linger::python {

class Memory {
public:
  virtual ~Memory() = default;

  /// Fills `out` from `address` on; all of it or nothing. not_found when the process is gone or has
  /// nothing there, not_permitted when it may not be read.
  [[nodiscard]] virtual Result<> read(std::uint64_t address, std::span<std::byte> out) const = 0;

  /// Fills one `piece_bytes` of `out` from each address on; what cannot be read is all zero. `out`
  /// has room for all. not_found when the process is gone, not_permitted when it may not be read.
  [[nodiscard]] virtual Result<> read_pieces(std::span<const std::uint64_t> addresses,
                                             std::size_t piece_bytes,
                                             std::span<std::byte> out) const;

  template <typename T>
  [[nodiscard]] Result<T> value(std::uint64_t address) const
      requires(std::is_trivially_copyable_v<T>)
  {
    T read_value{};
    if (const auto done = read(address, std::as_writable_bytes(std::span(&read_value, 1))); !done)
      return tl::unexpected(done.error());
    return read_value;
  }
};

/// By process_vm_readv(2), which needs CAP_SYS_PTRACE for other users' processes.
class ProcessMemory final : public Memory {
public:
  explicit ProcessMemory(std::uint32_t tgid) : tgid_(tgid) {}

  [[nodiscard]] Result<> read(std::uint64_t address, std::span<std::byte> out) const override;
  /// Many of them by one call.
  [[nodiscard]] Result<> read_pieces(std::span<const std::uint64_t> addresses,
                                     std::size_t piece_bytes,
                                     std::span<std::byte> out) const override;

private:
  std::uint32_t tgid_;
};

} // namespace linger::python
