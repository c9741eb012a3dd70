// Reads a protocol's fields from the first bytes of a message, never behind their end.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace linger::decode {

/// Every read moves on, or fails as a whole. After a number that was not all there nothing is left,
/// so that of several numbers in a row only the last need be looked at. Not thread-safe.
class ByteReader {
public:
  explicit ByteReader(std::span<const std::byte> bytes)
      : text_(reinterpret_cast<const char *>(bytes.data()), bytes.size())
  {
  }
  explicit ByteReader(std::string_view text) : text_(text) {}

  /// An unsigned number of `size` bytes, at most 8.
  [[nodiscard]] std::optional<std::uint64_t> big_endian(std::size_t size)
  {
    if (size > text_.size()) {
      text_ = {};
      return std::nullopt;
    }
    std::uint64_t value = 0;
    for (const char c : take(size))
      value = value << 8 | static_cast<unsigned char>(c);
    return value;
  }

  [[nodiscard]] std::optional<std::uint64_t> little_endian(std::size_t size)
  {
    if (size > text_.size()) {
      text_ = {};
      return std::nullopt;
    }
    std::uint64_t value = 0;
    const std::string_view bytes = take(size);
    for (std::size_t i = size; i-- > 0;)
      value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return value;
  }

  [[nodiscard]] std::optional<std::string_view> bytes(std::size_t size)
  {
    if (size > text_.size())
      return std::nullopt;
    return take(size);
  }

  struct Text {
    std::string_view text;
    /// The bytes ended first.
    bool cut = false;
  };

  /// Up to `end`, which is passed over.
  [[nodiscard]] Text until(std::string_view end)
  {
    const std::size_t at = text_.find(end);
    if (at == std::string_view::npos)
      return { take(text_.size()), true };
    const std::string_view found = take(at);
    text_.remove_prefix(end.size());
    return { found, false };
  }

  void skip(std::size_t size) { text_.remove_prefix(std::min(size, text_.size())); }
  [[nodiscard]] std::string_view rest() const { return text_; }

private:
  std::string_view take(std::size_t size)
  {
    const std::string_view taken = text_.substr(0, size);
    text_.remove_prefix(size);
    return taken;
  }

  std::string_view text_;
};

} // namespace linger::decode
