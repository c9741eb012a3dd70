#include "serve/render/layout.h"

#include "serve/escape.h"

#include <algorithm>
#include <cassert>

namespace linger::serve {
namespace {

constexpr std::size_t gap = 2;         // between two columns
constexpr std::size_t least_room = 20; // for the last column beside the others

/// Breaks one paragraph into lines of at most `room` columns.
std::vector<std::string> lines_of(std::string_view paragraph, std::size_t room)
{
  std::vector<std::string> lines(1);
  std::size_t filled = 0;
  while (!paragraph.empty()) {
    std::string_view word = paragraph.substr(0, paragraph.find(' '));
    paragraph.remove_prefix(std::min(word.size() + 1, paragraph.size()));
    if (word.empty())
      continue;
    if (filled > 0 && filled + 1 + width_of(word) > room) {
      lines.emplace_back();
      filled = 0;
    }
    while (width_of(word) > room) { // only at the beginning of a line
      const std::size_t cut = bytes_of(word, room);
      lines.back() += word.substr(0, cut);
      lines.emplace_back();
      word.remove_prefix(cut);
    }
    if (filled > 0)
      lines.back() += ' ';
    lines.back() += word;
    filled = width_of(lines.back());
  }
  return lines;
}

std::string padded(std::string_view text, std::size_t width, Table::Align align)
{
  const std::size_t used = width_of(text);
  const std::string space(width > used ? width - used : 0, ' ');
  return align == Table::Align::right ? space + std::string(text) : std::string(text) + space;
}

} // namespace

std::string wrapped(std::string_view text, std::size_t width, std::string_view first,
                    std::size_t rest)
{
  std::string result;
  std::string lead(first);
  while (true) {
    const std::size_t newline = text.find('\n');
    const std::string paragraph = printable(text.substr(0, newline));
    const std::size_t used = std::max(width_of(lead), rest);
    for (const std::string &line : lines_of(paragraph, width > used ? width - used : 1)) {
      std::string whole = lead + line;
      whole.erase(whole.find_last_not_of(' ') + 1);
      result += whole + "\n";
      lead.assign(rest, ' ');
    }
    if (newline == text.npos)
      return result;
    text.remove_prefix(newline + 1);
  }
}

void Table::add(Row row)
{
  assert(row.cells.size() == columns_.size());
  for (std::string &cell : row.cells)
    cell = printable(cell);
  rows_.push_back(std::move(row));
}

std::string Table::aligned(const std::vector<std::string> &cells,
                           const std::vector<std::size_t> &widths) const
{
  std::string line;
  for (std::size_t i = 0; i + 1 < columns_.size(); ++i)
    line += padded(cells[i], widths[i], columns_[i].align) + std::string(gap, ' ');
  return line;
}

std::string Table::text(std::size_t indent, const TextOptions &options) const
{
  const std::size_t width = std::max<std::size_t>(options.width, 40);
  std::vector<std::string> titles;
  std::vector<std::size_t> widths;
  std::size_t used = indent;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    titles.push_back(columns_[i].title);
    widths.push_back(width_of(columns_[i].title));
    for (const Row &row : rows_)
      widths[i] = std::max(widths[i], width_of(row.cells[i]));
    if (i + 1 < columns_.size())
      used += widths[i] + gap;
  }
  const bool beside = used + least_room <= width;
  const std::string margin(indent, ' ');

  std::string head = margin + aligned(titles, widths) + (beside ? titles.back() : "");
  head.erase(head.find_last_not_of(' ') + 1);
  std::string result = inked(head, Ink::dim, options.colour) + "\n";
  for (const Row &row : rows_) {
    const std::string line = margin + aligned(row.cells, widths);
    if (beside) {
      result += wrapped(row.cells.back(), width, line, used);
    } else {
      if (!row.cells.back().empty())
        result += wrapped(row.cells.back(), width, margin, indent);
      result += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    }
    for (const std::string &note : row.notes)
      result += wrapped(note, width, margin + "  ", indent + 4);
  }
  return result;
}

} // namespace linger::serve
