// Servers, and each of their workers as a lane: what it did over the last minutes, or over a recording.

import { useEffect, useRef, useState } from "preact/hooks";
import { bytes, clock, count, counted, duration } from "../figures";
import type { History, Lane } from "../history";
import { drawLane } from "../lane_drawing";
import { Legend } from "../parts/cause_bar";
import { go } from "../parts/tabs";
import { number, type Report, type Server } from "../protocol";
import type { State } from "../state";
import { stateInWords } from "../words";
import { WorkerDetail } from "./worker_detail";

const row_height = 48;
const view_height = 576;
const lane_height = 34;
const beyond = 3; // rows above and below what is seen

/** "shop.app:app" */
function titleOf(server: Server): string {
  return server.app || server.kind || `server ${server.masterTgid ?? 0}`;
}

function living(server: Server): number {
  return (server.workers ?? []).filter((worker) => worker.state !== "WORKER_STATE_EXITED").length;
}

function livingFirst(servers: Server[]): Server[] {
  return [...servers].sort((a, b) => Number(living(b) > 0) - Number(living(a) > 0));
}

function Servers({ servers }: { servers: Server[] }) {
  return (
    <div class="wide" role="region" tabIndex={0} aria-label="Table of servers">
      <table>
        <thead>
          <tr>
            <th scope="col">Server</th>
            <th scope="col">Kind</th>
            <th scope="col">Python</th>
            <th scope="col" class="n">Workers</th>
            <th scope="col" class="n">Threads each</th>
            <th scope="col">Listens on</th>
            <th scope="col">Waiting to be accepted</th>
          </tr>
        </thead>
        <tbody>
          {livingFirst(servers).map((server) => (
            <tr key={server.masterTgid}>
              <th scope="row">
                {titleOf(server)} <span class="dim">{server.masterTgid}</span>
              </th>
              <td>
                {server.kind} {server.workerClass} {server.container && `in container ${server.container}`}
              </td>
              <td>{server.pythonVersion}</td>
              <td class="n">{living(server)}</td>
              <td class="n">{server.threadsPerWorker}</td>
              <td>{(server.listen ?? []).join(", ")}</td>
              <td>
                {(server.listenQueues ?? []).map((queue) => (
                  <div key={queue.address}>
                    {count(queue.length ?? 0)} of {count(queue.limit ?? 0)}, at most {count(queue.maxLength ?? 0)}
                    {number(queue.dropped) > 0 && `, ${count(number(queue.dropped))} turned away`}
                  </div>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function LaneCanvas({ lane, history }: { lane: Lane; history: History }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (!element || !context) return;
    const width = element.clientWidth;
    const scale = devicePixelRatio;
    element.width = width * scale;
    element.height = lane_height * scale;
    context.scale(scale, scale);
    drawLane(context, lane, { width, height: lane_height, begin: history.begin, end: history.end });
  });
  return <canvas ref={canvas} class="lane" aria-hidden="true" />;
}

function LaneRow({ lane, history, at, all, chosen }: { lane: Lane; history: History; at: number; all: number; chosen: boolean }) {
  const worker = lane.worker;
  const open = worker.openRequest ? `${worker.openRequest} for ${duration(number(worker.openRequestNs))}` : "";
  return (
    <li class="lane-row" style={{ top: `${at * row_height}px` }} aria-setsize={all} aria-posinset={at + 1}>
      <button type="button" class="lane-name" aria-expanded={chosen} data-at={at} onClick={() => go("workers", chosen ? "" : String(worker.tgid))}>
        <span class="lane-title">
          {worker.tgid} <span class={lane.gone ? "dim" : "state"}>{lane.gone ? worker.exitReason || "ended" : stateInWords(worker)}</span>
        </span>
        <span class="dim lane-open">{open || `${counted(number(worker.requests), "request")}, ${bytes(number(worker.memory?.residentBytes))}`}</span>
      </button>
      <LaneCanvas lane={lane} history={history} />
    </li>
  );
}

/** Only the rows that are seen are there. Up and down go from one to the next. */
function Lanes({ lanes, history, item }: { lanes: Lane[]; history: History; item: string }) {
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const first = Math.max(0, Math.floor(top / row_height) - beyond);
  const last = Math.min(lanes.length, Math.ceil((top + view_height) / row_height) + beyond);
  function onKeyDown(event: KeyboardEvent): void {
    const at = Number((event.target as HTMLElement).dataset["at"]);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: lanes.length - 1 }[event.key];
    if (to === undefined || Number.isNaN(at) || !box.current) return;
    event.preventDefault();
    const wanted = Math.min(lanes.length - 1, Math.max(0, to));
    const above = wanted * row_height;
    if (above < box.current.scrollTop) box.current.scrollTop = above;
    else if (above + row_height > box.current.scrollTop + box.current.clientHeight) box.current.scrollTop = above + row_height - box.current.clientHeight;
    setTop(box.current.scrollTop);
    requestAnimationFrame(() => box.current?.querySelector<HTMLElement>(`[data-at="${wanted}"]`)?.focus());
  }
  return (
    <div
      class="lanes"
      ref={box}
      role="region"
      tabIndex={0}
      aria-label="Lanes of the workers"
      style={{ height: `${Math.min(view_height, lanes.length * row_height + 2)}px` }}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      onKeyDown={onKeyDown}
    >
      <ul class="plain lane-list" style={{ height: `${lanes.length * row_height}px` }}>
        {lanes.slice(first, last).map((lane, i) => (
          <LaneRow key={lane.worker.tgid} lane={lane} history={history} at={first + i} all={lanes.length} chosen={String(lane.worker.tgid) === item} />
        ))}
      </ul>
    </div>
  );
}

export function Workers({ state, report, item }: { state: State; report: Report; item: string }) {
  const { history } = state;
  const known = new Map((report.servers ?? []).flatMap((server) => server.workers ?? []).map((worker) => [worker.tgid, worker]));
  const lanes = [...history.lanes.values()].sort((a, b) => a.server - b.server || (a.worker.tgid ?? 0) - (b.worker.tgid ?? 0));
  if (state.recorded) for (const lane of lanes) lane.worker = known.get(lane.worker.tgid) ?? lane.worker;
  const chosen = history.lanes.get(Number(item));
  return (
    <>
      <h2>Servers and workers</h2>
      <Servers servers={report.servers ?? []} />
      {chosen && <WorkerDetail lane={chosen} />}
      <Legend />
      <p>
        {counted(lanes.length, "worker")}, from {clock(history.begin)} to {clock(history.end)}. In each lane, above: the longest requests, in the colour
        of what took the most of their time; red below those that failed, framed the one that is open now. Below: the causes of its threads' time.
      </p>
      <Lanes lanes={lanes} history={history} item={item} />
    </>
  );
}
