import assert from "node:assert/strict";
import { test } from "node:test";
import { causes } from "../src/causes";
import { addMoment, addRequest, barOf, emptyHistory, kept_ms, openBar } from "../src/history";
import { aligned, largest } from "../src/resident";
import { heightsOf, rowsOf } from "../src/lane_drawing";

const begin = Date.parse("2026-01-01T00:00:00Z");

function moment(second: number, requests: number, sleepNs: number, state = "WORKER_STATE_IDLE", tgid = 7) {
  return {
    time: new Date(begin + second * 1000).toISOString(),
    servers: [{ masterTgid: 1, workers: [{ tgid, state, waitsOn: "database", requests: String(requests), blocked: { sleepNs: String(sleepNs) } }] }],
  };
}
const sleep = causes.findIndex((cause) => cause.name === "sleep");

test("a cell is what was added between two moments", () => {
  const history = emptyHistory();
  addMoment(history, moment(0, 10, 5e9), true);
  addMoment(history, moment(1, 12, 5.25e9), true);
  const [cell] = history.lanes.get(7)!.cells;
  assert.equal(cell!.end - cell!.begin, 1000);
  assert.equal(cell!.ns![sleep], 0.25e9);
  assert.equal(heightsOf(cell!, 1)[sleep], 0.25);
});

test("nothing is drawn where nothing happened", () => {
  const history = emptyHistory();
  addMoment(history, moment(0, 1, 1e9), true);
  addMoment(history, moment(1, 1, 1e9), true);
  assert.equal(history.lanes.get(7)!.cells.length, 0);
});

test("an open request shows what it waits for before it ends", () => {
  const history = emptyHistory();
  addMoment(history, moment(0, 0, 0), true);
  addMoment(history, moment(1, 0, 0, "WORKER_STATE_BLOCKED"), true);
  const [cell] = history.lanes.get(7)!.cells;
  assert.equal(cell!.now, "database");
  assert.equal(heightsOf(cell!, 1)[causes.findIndex((cause) => cause.name === "database")], 1);
});

test("heights are never more than the lane", () => {
  const cell = { begin: 0, end: 1000, ns: new Float64Array(causes.length).fill(1e9), now: "database" };
  const sum = heightsOf(cell, 1).reduce((all, part) => all + part, 0);
  assert.ok(sum <= 1 + 1e-9);
});

test("a worker whose sums fell is another one, or began anew", () => {
  const history = emptyHistory();
  addMoment(history, moment(0, 100, 50e9), true);
  addMoment(history, moment(1, 2, 0.1e9), true);
  assert.equal(history.lanes.get(7)!.cells[0]!.ns![sleep], 0.1e9);
});

test("a worker whose start is told a little otherwise is the same, and one that started later is not", () => {
  const history = emptyHistory();
  const started = (second: number, at: string) => {
    const told = moment(second, 5 * second, second * 1e8);
    Object.assign(told.servers[0]!.workers[0]!, { startTime: at });
    addMoment(history, told, true);
  };
  started(0, "2026-01-01T00:00:00.102931693Z");
  started(1, "2026-01-01T00:00:00.102930011Z");
  assert.equal(history.lanes.get(7)!.cells.length, 1);
  started(2, "2026-01-01T00:00:20Z");
  assert.equal(history.lanes.get(7)!.cells.length, 0);
});

test("what a request waited before its worker took it up is no time of the worker", () => {
  const history = emptyHistory();
  const queued = (second: number) => ({
    time: new Date(begin + second * 1000).toISOString(),
    servers: [{ workers: [{ tgid: 7, requests: String(second), blocked: { acceptQueueNs: String(second * 1e9) } }] }],
  });
  addMoment(history, queued(0), true);
  addMoment(history, queued(1), true);
  assert.equal(history.lanes.get(7)!.cells.length, 0);
});

test("a live page forgets what is old, and workers that are long gone", () => {
  const history = emptyHistory();
  addMoment(history, moment(0, 0, 0), true);
  for (let second = 1; second < 400; ++second) addMoment(history, moment(second, second, second * 1e8), true);
  const lane = history.lanes.get(7)!;
  assert.ok(lane.cells.length <= kept_ms / 1000 + 2);
  for (let second = 400; second < 700; ++second) addMoment(history, moment(second, 0, 0, "WORKER_STATE_IDLE", 8), true);
  assert.deepEqual([...history.lanes.keys()], [8]);
});

test("a recording keeps all, and a worker that is left out is as it was", () => {
  const history = emptyHistory();
  addMoment(history, moment(0, 0, 0), false);
  addMoment(history, moment(1, 1, 1e9), false);
  addMoment(history, { time: new Date(begin + 500_000).toISOString() }, false);
  assert.equal(history.begin, begin);
  assert.equal(history.lanes.get(7)!.gone, false);
  assert.equal(history.lanes.get(7)!.cells.length, 1);
});

test("a request is drawn from where its worker took it up", () => {
  const bar = barOf({
    startTime: new Date(begin).toISOString(),
    method: "GET",
    route: "/a",
    status: 200,
    time: { acceptQueueNs: "2000000000", databaseNs: "900000000", onCpuNs: "100000000", wallNs: "3000000000" },
  });
  assert.deepEqual([bar.begin - begin, bar.end - begin, bar.cause, bar.endpoint], [2000, 3000, "database", "GET /a"]);
});

test("a request that is open is drawn as far as it has come", () => {
  const history = emptyHistory();
  const open = moment(0, 0, 0, "WORKER_STATE_BLOCKED");
  Object.assign(open.servers[0]!.workers[0]!, { openRequestNs: "2500000000", openRequest: "GET /slow" });
  addMoment(history, open, true);
  const bar = openBar(history.lanes.get(7)!, begin)!;
  assert.deepEqual([bar.begin - begin, bar.end - begin, bar.cause, bar.endpoint], [-2500, 0, "database", "GET /slow"]);
  addMoment(history, moment(1, 1, 2.5e9), true);
  assert.equal(openBar(history.lanes.get(7)!, begin + 1000), undefined);
});

test("requests of a worker that is not known are left out", () => {
  const history = emptyHistory();
  addRequest(history, { tgid: 99 });
  assert.equal(history.lanes.size, 0);
});

test("requests at the same time are drawn in different rows", () => {
  const bar = (from: number, to: number) => ({ begin: from, end: to, cause: "sleep", causeNs: 1, wallNs: 1, endpoint: "", status: 200 });
  const rows = rowsOf([bar(0, 10), bar(5, 15), bar(6, 8), bar(10, 20)], 2);
  assert.deepEqual(rows.map((row) => row.map((placed) => placed.begin)), [[0, 10], [5]]);
});

test("memory over time is aligned, and of the largest workers", () => {
  const history = emptyHistory();
  const told = (second: number, tgids: number[]) => ({
    time: new Date(begin + second * 1000).toISOString(),
    servers: [{ workers: tgids.map((tgid) => ({ tgid, memory: { residentBytes: String(tgid * 1000) } })) }],
  });
  addMoment(history, told(0, [7]), true);
  addMoment(history, told(1, [7, 8]), true);
  const lanes = largest(history);
  assert.deepEqual(lanes.map((lane) => lane.worker.tgid), [8, 7]);
  assert.deepEqual(aligned(lanes), [[begin / 1000, begin / 1000 + 1], [null, 8000], [7000, 7000]]);
});
