// A treemap: areas as large as their values, as square as can be (Bruls, Huizing and van Wijk, "Squarified Treemaps").

export interface Area<Item> {
  item: Item;
  x: number;
  y: number;
  width: number;
  height: number;
}

interface Room {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** How far the least square one of a row is from a square. */
function worstRatio(row: number[], sum: number, side: number): number {
  const thickness = sum / side;
  return Math.max(...row.map((value) => Math.max(value / thickness ** 2, thickness ** 2 / value)));
}

/** Items by value, the largest first; those without a value have no area. */
export function treemap<Item>(items: Item[], valueOf: (item: Item) => number, width: number, height: number): Area<Item>[] {
  const shown = items.filter((item) => valueOf(item) > 0);
  const all = shown.reduce((sum, item) => sum + valueOf(item), 0);
  if (all === 0) return [];
  const scale = (width * height) / all;
  const areas: Area<Item>[] = [];
  let room: Room = { x: 0, y: 0, width, height };
  let next = 0;
  while (next < shown.length) {
    const side = Math.min(room.width, room.height);
    const row: number[] = [];
    let sum = 0;
    while (next + row.length < shown.length) {
      const value = valueOf(shown[next + row.length]!) * scale;
      if (row.length > 0 && worstRatio([...row, value], sum + value, side) > worstRatio(row, sum, side)) break;
      row.push(value);
      sum += value;
    }
    room = placeRow(shown.slice(next, next + row.length), row, sum, room, areas);
    next += row.length;
  }
  return areas;
}

/** Along the shorter side of the room; what is left of it. */
function placeRow<Item>(items: Item[], row: number[], sum: number, room: Room, areas: Area<Item>[]): Room {
  const upright = room.width >= room.height;
  const thickness = sum / Math.min(room.width, room.height);
  let at = upright ? room.y : room.x;
  row.forEach((value, i) => {
    const length = value / thickness;
    areas.push(
      upright
        ? { item: items[i]!, x: room.x, y: at, width: thickness, height: length }
        : { item: items[i]!, x: at, y: room.y, width: length, height: thickness },
    );
    at += length;
  });
  return upright
    ? { ...room, x: room.x + thickness, width: room.width - thickness }
    : { ...room, y: room.y + thickness, height: room.height - thickness };
}
