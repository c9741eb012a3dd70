#include "serve/convert.h"
#include "serve/render/figures.h"
#include "serve/render/html/flame.h"
#include "serve/render/html/markup.h"
#include "serve/render/profile.h"
#include "serve/render/profile_stack.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <memory>

namespace linger::serve {
namespace {

/// A frame with what is below it in any stack.
struct Branch {
  std::int64_t value = 0;
  std::string colour;
  std::map<std::string, std::unique_ptr<Branch>> inside;

  /// The one of this name; `of` is the cause that it has the colour of where it is new.
  Branch &at(const std::string &name, const std::string &of)
  {
    std::unique_ptr<Branch> &branch = inside[name];
    if (!branch) {
      branch = std::make_unique<Branch>();
      branch->colour = of;
    }
    return *branch;
  }
};

Branch tree_of(const domain::Profile &profile)
{
  Branch all;
  for (const domain::ProfileSample &sample : profile.samples) {
    const std::int64_t value = sample.values[profile.main_value];
    if (value <= 0)
      continue;
    const std::string colour =
        sample.cause ? html::colour_class(domain::name_of(*sample.cause)) : "";
    all.value = domain::saturating_sum(all.value, value);
    Branch *branch = &all;
    for (const ProfileFrame &frame : labelled_stack_of(profile, sample)) {
      branch = &branch->at(text_of(frame), colour);
      branch->value = domain::saturating_sum(branch->value, value);
    }
  }
  return all;
}

std::string text_of(std::int64_t value, const domain::ProfileValue &what)
{
  if (what.unit == "nanoseconds")
    return duration_text(domain::Nanos{ value });
  return bytes_text(static_cast<double>(value));
}

html::Flame flame_of(const std::string &name, const Branch &branch,
                     const domain::ProfileValue &what)
{
  html::Flame flame{ .name = name,
                     .value = static_cast<double>(branch.value),
                     .text = text_of(branch.value, what),
                     .colour = branch.colour,
                     .inside = {} };
  for (const auto &[part, below] : branch.inside)
    flame.inside.push_back(flame_of(part, *below, what));
  return flame;
}

std::string_view title_of(domain::ProfileKind kind)
{
  switch (kind) {
    case domain::ProfileKind::blocked:
      return "Blocked time";
    case domain::ProfileKind::on_cpu:
      return "Time on a CPU";
    case domain::ProfileKind::allocated:
      return "Allocated memory";
    case domain::ProfileKind::retained:
      return "Retained memory";
  }
  return "Profile";
}

std::string notes_of(const domain::Profile &profile)
{
  if (profile.notes.empty())
    return "";
  std::string notes = "<ul>\n";
  for (const std::string &note : profile.notes)
    notes += "<li>" + html::escaped(note) + "</li>\n";
  return html::section("notes", "To read it", notes + "</ul>\n");
}

} // namespace

std::string html_file(const domain::Profile &profile)
{
  const std::string title{ title_of(profile.kind) };
  const Branch all = tree_of(profile);
  const std::string end = date_text(to_proto(profile.clock.to_wall(profile.window.end)));
  const std::string graph =
      all.value > 0 ? "<p>Of each part the largest twelve are shown. The other formats of linger "
                      "profile have "
                      "all of them.</p>\n" +
                          html::flame_graph(flame_of("all requests together", all,
                                                     profile.values[profile.main_value]),
                                            title + " by endpoint, worker and line")
                    : "<p>There was none.</p>\n";
  return html::page_head("Linger: " + title + ", " + end) +
         "<body>\n<header>\n<h1>Linger: " + title + "</h1>\n" +
         fmt::format("<p>{} until {}</p>\n", duration_text(profile.window.length()), end) +
         "</header>\n<main>\n" + html::section("profile", "By endpoint, worker and line", graph) +
         notes_of(profile) + "</main>\n</body>\n</html>\n";
}

} // namespace linger::serve
