#include "serve/render/style.h"

#include <fmt/format.h>

namespace linger::serve {
namespace {

int code_of(Ink ink)
{
  switch (ink) {
    case Ink::plain:
      return 0;
    case Ink::bold:
      return 1;
    case Ink::dim:
      return 2;
    case Ink::red:
      return 31;
    case Ink::yellow:
      return 33;
    case Ink::green:
      return 32;
    case Ink::cyan:
      return 36;
  }
  return 0;
}

} // namespace

std::string inked(std::string_view text, Ink ink, bool colour)
{
  if (!colour || ink == Ink::plain || text.empty())
    return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", code_of(ink), text);
}

Ink ink_of(v1::Severity severity)
{
  switch (severity) {
    case v1::SEVERITY_CRITICAL:
      return Ink::red;
    case v1::SEVERITY_WARNING:
      return Ink::yellow;
    case v1::SEVERITY_INFO:
      return Ink::cyan;
    default:
      return Ink::plain;
  }
}

std::string_view label_of(v1::Severity severity)
{
  switch (severity) {
    case v1::SEVERITY_CRITICAL:
      return "CRITICAL";
    case v1::SEVERITY_WARNING:
      return "WARNING";
    case v1::SEVERITY_INFO:
      return "INFO";
    default:
      return "UNKNOWN";
  }
}

} // namespace linger::serve
