// What each worker did over time: the lanes, made of the moments that the agent tells.

import { causes } from "./causes";
import { milliseconds, number, type Request, type Server, type Worker, type WorkersMoment } from "./protocol";

/** What a worker did between two moments. */
export interface Cell {
  begin: number; // ms since 1970, and so is end
  end: number;
  /** By cause, of the requests that ended; in the order of `causes`. Undefined where none did. */
  ns?: Float64Array;
  /** At the end: the cause that its longest open request waited for; "on_cpu" while that runs; undefined without one. */
  now?: string;
}

/** A request on a lane. */
export interface Bar {
  begin: number;
  end: number;
  /** What took the most of its time. */
  cause: string;
  causeNs: number;
  wallNs: number;
  endpoint: string;
  status: number;
}

export interface Lane {
  server: number;
  worker: Worker;
  cells: Cell[];
  bars: Bar[];
  /** Its sums at the last moment, in the order of `causes`. */
  sums: Float64Array;
  requests: number;
  gone: boolean;
  /** At each moment: when, and how much was resident. */
  resident: [time: number, bytes: number][];
}

export interface History {
  /** By tgid. */
  lanes: Map<number, Lane>;
  begin: number;
  end: number;
  /** Of the stream's requests, those that the agent left out. */
  skipped: number;
}

/** What a live page remembers, and the least that its lanes are long. */
export const kept_ms = 180_000;
const least_ms = 60_000;
const most_bars = 400; // of a lane

export function emptyHistory(): History {
  return { lanes: new Map(), begin: 0, end: 0, skipped: 0 };
}

/** Of a request, the time before its worker took it up. */
const before_it = ["accept_queue", "event_loop"];

function sumsOf(worker: Worker): Float64Array {
  return Float64Array.from(causes, (cause) => (before_it.includes(cause.name) ? 0 : number(worker.blocked?.[cause.field])));
}

function stateOf(worker: Worker): string | undefined {
  if (worker.state === "WORKER_STATE_BUSY") return "on_cpu";
  return worker.state === "WORKER_STATE_BLOCKED" ? worker.waitsOn || "other" : undefined;
}

/** Another process may have got the number of one that ended. The agent's clocks drift a little. */
function isSuccessor(earlier: Worker, later: Worker): boolean {
  if (!earlier.startTime || !later.startTime) return false;
  return Math.abs(milliseconds(later.startTime) - milliseconds(earlier.startTime)) > 1000;
}

function laneOf(history: History, server: Server, worker: Worker): Lane {
  const tgid = worker.tgid ?? 0;
  let lane = history.lanes.get(tgid);
  if (!lane || isSuccessor(lane.worker, worker)) {
    lane = {
      server: server.masterTgid ?? 0,
      worker,
      cells: [],
      bars: [],
      sums: sumsOf(worker),
      requests: number(worker.requests),
      gone: false,
      resident: [],
    };
    history.lanes.set(tgid, lane);
  }
  return lane;
}

function addCell(lane: Lane, worker: Worker, begin: number, end: number): void {
  const sums = sumsOf(worker);
  const requests = number(worker.requests);
  const cell: Cell = { begin, end };
  // A sum that fell is one that began anew.
  const anew = requests < lane.requests;
  const ns = sums.map((sum, i) => (anew ? sum : Math.max(0, sum - lane.sums[i]!)));
  if (ns.some((part) => part > 0)) cell.ns = ns;
  const now = stateOf(worker);
  if (now) cell.now = now;
  if (cell.ns || cell.now) lane.cells.push(cell);
  lane.sums = sums;
  lane.requests = requests;
}

/** Of a recording, workers that are left out are as they were; of a live agent they are gone. */
export function addMoment(history: History, moment: WorkersMoment, live: boolean): void {
  const now = milliseconds(moment.time);
  const before = history.end || now;
  const seen = new Set<number>();
  for (const server of moment.servers ?? []) {
    for (const worker of server.workers ?? []) {
      const lane = laneOf(history, server, worker);
      seen.add(worker.tgid ?? 0);
      if (now > before) addCell(lane, worker, before, now);
      if (live) {
        lane.worker = worker;
        lane.resident.push([now, number(worker.memory?.residentBytes)]);
        lane.gone = worker.state === "WORKER_STATE_EXITED";
      }
    }
  }
  history.end = now;
  if (!history.begin) history.begin = live ? now - least_ms : now;
  if (!live) return;
  history.begin = Math.max(history.begin, now - kept_ms);
  for (const [tgid, lane] of history.lanes) {
    if (!seen.has(tgid)) lane.gone = true;
    forget(lane, history.begin);
    if (lane.gone && lane.cells.length === 0 && lane.bars.length === 0) history.lanes.delete(tgid);
  }
}

function forget(lane: Lane, before: number): void {
  const cell = lane.cells.findIndex((kept) => kept.end >= before);
  lane.cells.splice(0, cell < 0 ? lane.cells.length : cell);
  while (lane.resident.length > 0 && lane.resident[0]![0] < before) lane.resident.shift();
  if (lane.bars.length > 0 && lane.bars[0]!.end < before) lane.bars = lane.bars.filter((bar) => bar.end >= before);
}

export function barOf(request: Request): Bar {
  const times = request.time ?? {};
  let most = { cause: "other", causeNs: 0 };
  let waited = 0;
  for (const cause of causes) {
    const ns = number(times[cause.field]);
    if (before_it.includes(cause.name)) waited += ns;
    else if (ns > most.causeNs) most = { cause: cause.name, causeNs: ns };
  }
  const wallNs = number(times.wallNs);
  const start = milliseconds(request.startTime);
  return {
    ...most,
    begin: start + waited / 1e6,
    end: start + wallNs / 1e6,
    wallNs,
    endpoint: `${request.method ?? ""} ${request.route ?? ""}`,
    status: request.status ?? 0,
  };
}

/** The longest request that a worker has open at `end`, as far as it has come; undefined without one. */
export function openBar(lane: Lane, end: number): Bar | undefined {
  const openNs = number(lane.worker.openRequestNs);
  if (lane.gone || openNs === 0) return undefined;
  const cause = stateOf(lane.worker) ?? "other";
  return { begin: end - openNs / 1e6, end, cause, causeNs: 0, wallNs: openNs, endpoint: lane.worker.openRequest ?? "", status: 200 };
}

export function addRequest(history: History, request: Request): void {
  const lane = history.lanes.get(request.tgid ?? 0);
  if (!lane) return;
  lane.bars.push(barOf(request));
  if (lane.bars.length > most_bars) lane.bars.shift();
}
