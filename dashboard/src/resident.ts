// Which workers' memory is drawn over time, and how.

import type { History, Lane } from "./history";

export const most_drawn = 8;

/** Those that hold the most now. */
export function largest(history: History): Lane[] {
  const last = (lane: Lane) => lane.resident.at(-1)?.[1] ?? 0;
  return [...history.lanes.values()]
    .filter((lane) => !lane.gone && lane.resident.length > 0)
    .sort((a, b) => last(b) - last(a))
    .slice(0, most_drawn);
}

/** The moments in seconds, and each lane's bytes at them; null where it was not there. */
export function aligned(lanes: Lane[]): [number[], ...(number | null)[][]] {
  const times = [...new Set(lanes.flatMap((lane) => lane.resident.map(([time]) => time)))].sort((a, b) => a - b);
  const series = lanes.map((lane) => {
    const at = new Map(lane.resident);
    return times.map((time) => at.get(time) ?? null);
  });
  return [times.map((time) => time / 1000), ...series];
}
