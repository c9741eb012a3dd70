#include "app/curses.h"

#include <clocale>
#include <unistd.h>

// Last: its macros (timeout, erase, move) are not to meet what the others declare.
#include <curses.h>

namespace linger::app {
namespace {

using serve::Ink;
using serve::TopKey;

constexpr int escape_key = 27;
constexpr int delete_key = 127;

short colour_of(Ink ink)
{
  switch (ink) {
    case Ink::red:
      return COLOR_RED;
    case Ink::yellow:
      return COLOR_YELLOW;
    case Ink::green:
      return COLOR_GREEN;
    case Ink::cyan:
      return COLOR_CYAN;
    default:
      return -1;
  }
}

} // namespace

struct Curses::Impl {
  SCREEN *screen = nullptr;
  bool colour = false;

  [[nodiscard]] attr_t attributes_of(Ink ink, bool selected) const
  {
    attr_t attributes = selected ? A_REVERSE : A_NORMAL;
    if (ink == Ink::bold)
      attributes |= A_BOLD;
    if (ink == Ink::dim)
      attributes |= A_DIM;
    if (colour && colour_of(ink) >= 0)
      attributes |= COLOR_PAIR(colour_of(ink));
    return attributes;
  }
};

Result<std::unique_ptr<Curses>> Curses::open(bool colour)
{
  if (isatty(STDOUT_FILENO) == 0 || isatty(STDIN_FILENO) == 0)
    return failure(Error::Kind::not_supported,
                   "this is no terminal: `linger diagnose` and `linger watch` write to anything");
  std::setlocale(LC_CTYPE, "");
  auto impl = std::make_unique<Impl>();
  // Unlike initscr() it says when it does not know the terminal, instead of ending the process.
  impl->screen = newterm(nullptr, stdout, stdin);
  if (!impl->screen)
    return failure(Error::Kind::not_supported,
                   "the terminal that TERM names is not known: set it to xterm or the like");
  cbreak();
  noecho();
  nonl();
  keypad(stdscr, true);
  set_escdelay(50);
  curs_set(0);
  if (colour && has_colors() && start_color() == OK && use_default_colors() == OK) {
    for (const Ink ink : { Ink::red, Ink::yellow, Ink::green, Ink::cyan })
      init_pair(colour_of(ink), colour_of(ink), -1);
    impl->colour = true;
  }
  return std::unique_ptr<Curses>(new Curses(std::move(impl)));
}

Curses::Curses(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Curses::~Curses()
{
  endwin();
  delscreen(impl_->screen);
}

std::size_t Curses::width() const
{
  return static_cast<std::size_t>(getmaxx(stdscr));
}

std::size_t Curses::height() const
{
  return static_cast<std::size_t>(getmaxy(stdscr));
}

void Curses::draw(const std::vector<serve::ScreenLine> &lines)
{
  werase(stdscr);
  int y = 0;
  for (const serve::ScreenLine &line : lines) {
    wmove(stdscr, y++, 0);
    for (const serve::Span &span : line.spans) {
      wattrset(stdscr, static_cast<int>(impl_->attributes_of(span.ink, line.selected)));
      waddstr(stdscr, span.text.c_str());
    }
  }
  wattrset(stdscr, A_NORMAL);
  wrefresh(stdscr);
}

std::optional<TopKey> Curses::key(std::chrono::milliseconds patience)
{
  wtimeout(stdscr, static_cast<int>(patience.count()));
  const int pressed = wgetch(stdscr);
  switch (pressed) {
    case KEY_UP:
      return TopKey{ .kind = TopKey::Kind::up };
    case KEY_DOWN:
      return TopKey{ .kind = TopKey::Kind::down };
    case KEY_ENTER:
    case '\r':
    case '\n':
      return TopKey{ .kind = TopKey::Kind::enter };
    case '\t':
      return TopKey{ .kind = TopKey::Kind::tab };
    case KEY_BACKSPACE:
    case delete_key:
    case '\b':
      return TopKey{ .kind = TopKey::Kind::erase };
    case escape_key:
      return TopKey{ .kind = TopKey::Kind::escape };
    default:
      if (pressed < ' ' || pressed > '~')
        return std::nullopt;
      return TopKey{ .kind = TopKey::Kind::character, .character = static_cast<char>(pressed) };
  }
}

} // namespace linger::app
