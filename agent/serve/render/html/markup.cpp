#include "serve/render/html/markup.h"

#include "domain/cause.h"
#include "serve/escape.h"
#include "serve/render/html/sections.h"

#include <fmt/format.h>

namespace linger::serve::html {
namespace {

std::string marked_up(std::string_view printable_text)
{
  std::string result;
  result.reserve(printable_text.size());
  for (const char c : printable_text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

} // namespace

std::string escaped(std::string_view text)
{
  return marked_up(printable(text));
}

std::string escaped(std::string_view text, std::size_t most)
{
  std::string shown = printable(text);
  if (width_of(shown) <= most)
    return marked_up(shown);
  return marked_up(shown.substr(0, bytes_of(shown, most))) + "...";
}

std::string number(double value)
{
  return fmt::format("{:.1f}", value);
}

std::string colour_class(std::string_view cause)
{
  return "c-" + std::string{ domain::cause_named(cause) ? cause : "other" };
}

std::string page_head(std::string_view title)
{
  // The policy keeps the promise even if something were to slip through escaping.
  return fmt::format("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                     "style-src 'unsafe-inline'\">\n"
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                     "<meta name=\"color-scheme\" content=\"light dark\">\n"
                     "<title>{}</title>\n<style>\n{}</style>\n</head>\n",
                     title, style());
}

std::string section(std::string_view id, std::string_view title, std::string_view content)
{
  return fmt::format("<section id=\"{0}\" aria-labelledby=\"{0}-title\">\n"
                     "<h2 id=\"{0}-title\">{1}</h2>\n{2}</section>\n",
                     id, title, content);
}

std::string scrollable(std::string_view label, std::string_view content)
{
  return fmt::format("<div class=\"wide\" role=\"region\" tabindex=\"0\" "
                     "aria-label=\"{}\">\n{}</div>\n",
                     label, content);
}

} // namespace linger::serve::html
