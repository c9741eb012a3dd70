#include "serve/render/html/flame.h"

#include "serve/render/html/markup.h"

#include <algorithm>
#include <fmt/format.h>

namespace linger::serve::html {
namespace {

// Inside one part.
constexpr std::size_t most_inside = 12;
constexpr std::size_t most_characters = 160;

// The drawing, in its own units.
constexpr double width = 1000;
constexpr double row_height = 22;
constexpr double least_width = 1.5;
constexpr double least_width_for_text = 30;
constexpr double character_width = 6.6;

void keep_largest(Flame &flame)
{
  std::ranges::stable_sort(flame.inside, std::ranges::greater{}, &Flame::value);
  if (flame.inside.size() > most_inside)
    flame.inside.resize(most_inside);
  for (Flame &part : flame.inside)
    keep_largest(part);
}

std::size_t depth_of(const Flame &flame)
{
  std::size_t deepest = 0;
  for (const Flame &part : flame.inside)
    deepest = std::max(deepest, depth_of(part));
  return deepest + 1;
}

struct Place {
  double x = 0;
  double y = 0;
  double width = 0;
};

std::string frame(const Flame &flame, const Place &place)
{
  std::string text =
      fmt::format("<g><title>{}: {}</title><rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" "
                  "height=\"{}\"/>",
                  escaped(flame.name, most_characters), escaped(flame.text),
                  flame.colour.empty() ? "c-other" : flame.colour, number(place.x), number(place.y),
                  number(std::max(place.width - 1, 0.5)), number(row_height - 2));
  if (place.width >= least_width_for_text) {
    const auto room = static_cast<std::size_t>(place.width / character_width) - 3;
    text += fmt::format("<text class=\"on\" x=\"{}\" y=\"{}\">{}</text>", number(place.x + 4),
                        number(place.y + row_height - 8), escaped(flame.name, room));
  }
  return text + "</g>\n";
}

std::string drawn(const Flame &flame, const Place &place)
{
  std::string text = frame(flame, place);
  double x = place.x;
  for (const Flame &part : flame.inside) {
    const double share = flame.value > 0 ? std::min(1.0, part.value / flame.value) : 0;
    const Place inside{ .x = x, .y = place.y + row_height, .width = place.width * share };
    if (inside.width >= least_width && x + inside.width <= place.x + place.width + 1)
      text += drawn(part, inside);
    x += inside.width;
  }
  return text;
}

std::string listed(const Flame &flame)
{
  std::string text =
      fmt::format("<li>{}: {}", escaped(flame.name, most_characters), escaped(flame.text));
  if (!flame.inside.empty()) {
    text += "\n<ul>\n";
    for (const Flame &part : flame.inside)
      text += listed(part);
    text += "</ul>\n";
  }
  return text + "</li>\n";
}

} // namespace

std::string flame_graph(Flame all, const std::string &label)
{
  keep_largest(all);
  return scrollable(label, fmt::format("<svg role=\"img\" aria-label=\"{}; the list below says "
                                       "the same in words\" viewBox=\"0 0 {} {}\">\n{}</svg>\n",
                                       label, number(width),
                                       number(static_cast<double>(depth_of(all)) * row_height),
                                       drawn(all, { .x = 0, .y = 0, .width = width }))) +
         "<details><summary>In words</summary>\n<ul>\n" + listed(all) + "</ul></details>\n";
}

} // namespace linger::serve::html
