// A lane on a canvas: above, the requests where they were; below, the causes of the time in each part.

import { causeNamed, causes } from "./causes";
import { openBar, type Bar, type Cell, type Lane } from "./history";

export interface LaneRoom {
  width: number;
  height: number;
  begin: number; // ms since 1970 at the left end, and so is end at the right
  end: number;
}

const bar_rows = 2;
const bar_height = 7;
const gap = 2;
const least_for_letter = 9;
const idle_colour = "#8882";
const ink = "#111";

/** Of the cell's time, what each cause takes of its height: 0 to 1 together, in the order of `causes`. */
export function heightsOf(cell: Cell, threads: number): number[] {
  const capacity = (cell.end - cell.begin) * 1e6 * Math.max(1, threads);
  const ns = cell.ns ?? new Float64Array(causes.length);
  const busy = ns.reduce((sum, part) => sum + part, 0);
  // A request that ended in it may have begun long before.
  const whole = Math.max(capacity, busy);
  const heights = Array.from(ns, (part) => part / whole);
  // What is open has taken the rest, as far as a look at the end can tell.
  if (cell.now && busy < capacity) {
    const at = causes.findIndex((cause) => cause.name === causeNamed(cell.now).name);
    heights[at]! += (capacity - busy) / whole / Math.max(1, threads);
  }
  return heights;
}

/** Bars that overlap go into different rows; those for which there is none are left out. */
export function rowsOf(bars: Bar[], rows = bar_rows): Bar[][] {
  const placed: Bar[][] = Array.from({ length: rows }, () => []);
  for (const bar of bars) {
    const row = placed.find((taken) => taken.length === 0 || taken[taken.length - 1]!.end <= bar.begin);
    row?.push(bar);
  }
  return placed;
}

export function drawLane(context: CanvasRenderingContext2D, lane: Lane, room: LaneRoom): void {
  const { width, height, begin, end } = room;
  const x = (time: number) => ((time - begin) / Math.max(1, end - begin)) * width;
  context.clearRect(0, 0, width, height);
  context.font = "9px monospace";
  context.textBaseline = "middle";
  context.textAlign = "center";
  rowsOf([...lane.bars].sort((a, b) => a.begin - b.begin)).forEach((bars, row) => {
    for (const bar of bars) drawBar(context, bar, x, row * (bar_height + 1));
  });
  const open = openBar(lane, end);
  if (open) drawOpen(context, open, x);
  const top = bar_rows * (bar_height + 1) + gap;
  context.fillStyle = idle_colour;
  context.fillRect(0, top, width, height - top);
  drawCells(context, lane, x, top, height - top);
}

function drawBar(context: CanvasRenderingContext2D, bar: Bar, x: (time: number) => number, y: number): void {
  const left = x(bar.begin);
  const wide = Math.max(1, x(bar.end) - left);
  context.fillStyle = causeNamed(bar.cause).colour;
  context.fillRect(left, y, wide, bar_height);
  if (bar.status === 0 || bar.status >= 500) {
    context.fillStyle = "#cf222e";
    context.fillRect(left, y + bar_height - 2, wide, 2);
  }
  // Where one ends and the next begins.
  context.fillStyle = ink;
  context.fillRect(left, y, 0.5, bar_height);
}

/** What goes on yet has both rows, and is framed. */
function drawOpen(context: CanvasRenderingContext2D, bar: Bar, x: (time: number) => number): void {
  const left = Math.max(0, x(bar.begin));
  const wide = Math.max(2, x(bar.end) - left);
  const high = bar_rows * (bar_height + 1) - 1;
  context.fillStyle = causeNamed(bar.cause).colour;
  context.fillRect(left, 0, wide, high);
  context.strokeStyle = "#0550ae";
  context.lineWidth = 1.5;
  context.strokeRect(left, 0.75, wide - 0.75, high - 1.5);
}

function drawCells(context: CanvasRenderingContext2D, lane: Lane, x: (time: number) => number, top: number, height: number): void {
  let run = { cause: "", left: 0 };
  const letter = (right: number) => {
    if (run.cause && right - run.left >= least_for_letter) {
      context.fillStyle = ink;
      context.fillText(causeNamed(run.cause).letter, (run.left + right) / 2, top + height - 6);
    }
  };
  let last = 0;
  for (const cell of lane.cells) {
    const left = x(cell.begin);
    const wide = Math.max(0.5, x(cell.end) - left);
    const heights = heightsOf(cell, lane.worker.threads ?? 1);
    let bottom = top + height;
    heights.forEach((part, i) => {
      if (part <= 0) return;
      context.fillStyle = causes[i]!.colour;
      context.fillRect(left, bottom - part * height, wide, part * height);
      bottom -= part * height;
    });
    const most = heights.indexOf(Math.max(...heights));
    const cause = heights[most]! >= 0.4 ? causes[most]!.name : "";
    if (cause !== run.cause || left > last + 1) {
      letter(last);
      run = { cause, left };
    }
    last = left + wide;
  }
  letter(last);
}
