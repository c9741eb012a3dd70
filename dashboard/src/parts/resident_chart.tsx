// Resident memory of the largest workers over the last minutes.

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { bytes, clock } from "../figures";
import type { History, Lane } from "../history";
import { aligned, largest, most_drawn } from "../resident";

const height = 220;
/** Told from each other on a light ground and on a dark one, by people who see few colours too; and by dashes. */
const colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b8860b", "#56b4e9", "#8c564b", "#7f7f7f"];
const dashes = [[], [6, 3], [2, 2], [8, 3, 2, 3]];

function css(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name);
}

function chartOf(element: HTMLElement, lanes: Lane[]): uPlot {
  const axis = { stroke: () => css("--ink"), grid: { stroke: () => css("--line"), width: 1 }, ticks: { stroke: () => css("--line") } };
  return new uPlot(
    {
      width: element.clientWidth,
      height,
      cursor: { show: false },
      legend: { show: false },
      axes: [
        { ...axis, space: 80, incrs: [1, 5, 10, 30, 60], values: (_, times) => times.map((time) => clock(time * 1000)) },
        { ...axis, size: 80, values: (_, values) => values.map(bytes) },
      ],
      series: [
        {},
        ...lanes.map((_, i) => ({ stroke: colours[i % colours.length]!, dash: dashes[i % dashes.length]!, width: 2, points: { show: false } })),
      ],
    },
    aligned(lanes),
    element,
  );
}

function Line({ at }: { at: number }) {
  return (
    <svg class="line" viewBox="0 0 30 8" aria-hidden="true">
      <line x1="0" y1="4" x2="30" y2="4" stroke={colours[at % colours.length]} stroke-width="2" stroke-dasharray={dashes[at % dashes.length]!.join(" ")} />
    </svg>
  );
}

export function ResidentChart({ history }: { history: History }) {
  const element = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>();
  const lanes = largest(history);
  const drawn = lanes.map((lane) => lane.worker.tgid).join();
  useEffect(() => {
    if (!element.current || lanes.length === 0) return;
    chart.current = chartOf(element.current, lanes);
    return () => chart.current?.destroy();
  }, [drawn]);
  useEffect(() => chart.current?.setData(aligned(lanes)));
  if (lanes.length === 0) return <p>Nothing yet.</p>;
  return (
    <figure class="chart" aria-label="Resident memory of workers over time">
      <div ref={element} aria-hidden="true" />
      <ul class="legend" aria-label="Workers">
        {lanes.map((lane, i) => (
          <li key={lane.worker.tgid}>
            <Line at={i} /> {lane.worker.tgid}: {bytes(lane.resident[0]![1])} then, {bytes(lane.resident.at(-1)![1])} now
          </li>
        ))}
      </ul>
      {history.lanes.size > most_drawn && <p class="dim">The {most_drawn} that hold the most.</p>}
    </figure>
  );
}
