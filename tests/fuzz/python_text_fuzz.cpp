// Strings of another process: what comes out is UTF-8 that a terminal only prints.

#include "fuzz/property.h"
#include "python/text.h"

#include <array>

namespace {

using namespace linger;
using namespace linger::fuzz;

/// The input, mapped at address 0.
class Input final : public python::Memory {
public:
  explicit Input(std::span<const std::byte> bytes) : bytes_(bytes) {}

  Result<> read(std::uint64_t address, std::span<std::byte> out) const override
  {
    if (address > bytes_.size() || out.size() > bytes_.size() - address)
      return failure(Error::Kind::not_found, "nothing there");
    std::ranges::copy(bytes_.subspan(address, out.size()), out.begin());
    return {};
  }

private:
  std::span<const std::byte> bytes_;
};

/// The continuation bytes that a lead byte asks for; -1 when it leads nothing.
int continuation_of(unsigned char lead)
{
  if (lead < 0x80)
    return 0;
  if (lead >= 0xc2 && lead < 0xe0)
    return 1;
  if (lead >= 0xe0 && lead < 0xf0)
    return 2;
  return lead >= 0xf0 && lead < 0xf5 ? 3 : -1;
}

void must_be_printable_utf8(std::string_view text)
{
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    must(lead >= 0x20 && lead != 0x7f, "a terminal acts upon nothing of it");
    const int more = continuation_of(lead);
    must(more >= 0 && at + static_cast<std::size_t>(more) < text.size(), "it is UTF-8");
    for (int byte = 1; byte <= more; ++byte)
      must((static_cast<unsigned char>(text[at + static_cast<std::size_t>(byte)]) & 0xc0U) == 0x80U,
           "it is UTF-8");
    at += static_cast<std::size_t>(more) + 1;
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  const Input memory{ bytes_of(text_of(data, size)) };
  for (const std::uint8_t minor : std::array<std::uint8_t, 4>{ 8, 11, 12, 14 }) {
    const auto text = python::read_text(memory, *python::layout_of({ 3, minor }), 0);
    if (text)
      must_be_printable_utf8(*text);
  }
  for (const unsigned width : { 1U, 2U, 4U })
    must_be_printable_utf8(python::utf8_of(bytes_of(text_of(data, size)), width));
  return 0;
}
