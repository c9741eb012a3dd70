// What the fuzzers share: how they state a property, and how they look at their input.

#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace linger::fuzz {

/// Ends the run when a property does not hold; libFuzzer then keeps the input that broke it.
inline void must(bool holds, const char *property)
{
  if (holds)
    return;
  std::fprintf(stderr, "broken property: %s\n", property);
  std::abort();
}

inline std::string_view text_of(const std::uint8_t *data, std::size_t size)
{
  return { reinterpret_cast<const char *>(data), size };
}

inline std::span<const std::byte> bytes_of(std::string_view text)
{
  return std::as_bytes(std::span(text));
}

inline bool is_printable_ascii(std::string_view text)
{
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

/// What leaves the decoder of a request's target: nothing of a query, nothing of an authority,
/// nothing that a terminal acts upon.
inline void must_be_a_path(std::string_view path)
{
  must(is_printable_ascii(path), "a path is printable ASCII");
  must(path.find_first_of("?#") == std::string_view::npos, "a path holds no query");
  must(path.empty() || path == "*" || path.starts_with('/'), "a path holds no authority");
}

/// The first bytes as a wire record, filled up with zeros: most inputs have some other size.
template <typename Record>
Record record_from(const std::uint8_t *data, std::size_t size)
{
  Record record{};
  std::memcpy(&record, data, std::min(size, sizeof record));
  return record;
}

template <typename Record>
std::span<const std::byte> bytes_of_record(const Record &record)
{
  return std::as_bytes(std::span(&record, 1));
}

} // namespace linger::fuzz
