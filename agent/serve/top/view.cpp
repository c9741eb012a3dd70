#include "serve/top/view.h"

namespace linger::serve {
namespace {

constexpr int tabs = 3;
constexpr int orders = 5;

template <typename Enum>
Enum following(Enum value, int count)
{
  return static_cast<Enum>((static_cast<int>(value) + 1) % count);
}

void type(TopView &view, const TopKey &key)
{
  switch (key.kind) {
    case TopKey::Kind::character:
      view.filter += key.character;
      break;
    case TopKey::Kind::erase:
      if (!view.filter.empty())
        view.filter.pop_back();
      break;
    case TopKey::Kind::escape:
      view.filter.clear();
      view.typing = false;
      break;
    case TopKey::Kind::enter:
      view.typing = false;
      break;
    default:
      break;
  }
  view.selected = 0;
}

void command(TopView &view, char character, std::size_t rows)
{
  switch (character) {
    case 'q':
      view.over = true;
      break;
    case 'j':
      view.selected += view.selected + 1 < rows ? 1 : 0;
      break;
    case 'k':
      view.selected -= view.selected > 0 ? 1 : 0;
      break;
    case 's':
      view.order = following(view.order, orders);
      view.selected = 0;
      break;
    case 'p':
      view.paused = !view.paused;
      break;
    case '/':
      view.typing = true;
      view.detail = false;
      break;
    case '?':
    case 'h':
      view.help = !view.help;
      break;
    default:
      break;
  }
}

} // namespace

void TopView::press(const TopKey &key, std::size_t rows)
{
  if (typing)
    return type(*this, key);
  switch (key.kind) {
    case TopKey::Kind::up:
      return command(*this, 'k', rows);
    case TopKey::Kind::down:
      return command(*this, 'j', rows);
    case TopKey::Kind::tab:
      tab = following(tab, tabs);
      filter.clear();
      selected = 0;
      detail = false;
      return;
    case TopKey::Kind::enter:
      detail = tab != TopTab::workers;
      return;
    case TopKey::Kind::escape:
    case TopKey::Kind::erase:
      detail = help = false;
      return;
    case TopKey::Kind::character:
      return command(*this, key.character, rows);
  }
}

} // namespace linger::serve
