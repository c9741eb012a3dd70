import assert from "node:assert/strict";
import { test } from "node:test";
import { causes, shares } from "../src/causes";
import { countedTypes, grown } from "../src/census";
import { ordered } from "../src/endpoint_order";
import { bytes, duration, percent } from "../src/figures";
import { blockedTime, retainedBytes } from "../src/flame";
import { milliseconds, number } from "../src/protocol";
import { afterEvent, initialState, nameOf, ofServer, serverName } from "../src/state";
import { treemap } from "../src/treemap";

const slow = { server: 1, method: "GET", route: "/slow", requests: "2", time: { databaseNs: "800", onCpuNs: "200", wallNs: "1000" } };
const fast = { server: 1, method: "GET", route: "/fast", requests: "9", time: { onCpuNs: "90", wallNs: "90" } };

test("changes replace the endpoints that they name and keep the others", () => {
  let state = afterEvent(initialState(), { name: "report", data: { endpoints: [slow, fast] } });
  state = afterEvent(state, { name: "changes", data: { endpoints: [{ ...fast, requests: "10", time: { wallNs: "5000" } }], findings: [{ id: "a" }] } });
  assert.deepEqual([...state.endpoints.values()].map(nameOf), ["GET /fast", "GET /slow"]);
  assert.equal(state.report!.findings!.length, 1);
  state = afterEvent(state, { name: "report", data: { endpoints: [slow] } });
  assert.equal(state.endpoints.size, 1);
});

test("a server is named where there are several", () => {
  const servers = [{ masterTgid: 1, app: "a:app" }, { masterTgid: 2, kind: "uwsgi" }];
  assert.equal(serverName({ servers: servers.slice(1) }, 2), "");
  assert.equal(serverName({ servers }, 2), "uwsgi 2");
  assert.equal(serverName({ servers }, 3), "");
});

test("of one server is shown what is its own", () => {
  const other = { ...fast, server: 2 };
  let state = afterEvent(initialState(), { name: "report", data: { servers: [{ masterTgid: 1 }, { masterTgid: 2 }], findings: [{ id: "a", server: 2 }], endpoints: [slow, other] } });
  state = afterEvent(state, { name: "workers", data: { time: "2026-01-01T00:00:00Z", servers: [{ masterTgid: 1, workers: [{ tgid: 11 }] }, { masterTgid: 2, workers: [{ tgid: 21 }] }] } });
  const shown = ofServer(state, 2);
  assert.deepEqual([...shown.endpoints.values()], [other]);
  assert.deepEqual([...shown.history.lanes.keys()], [21]);
  assert.deepEqual([shown.report!.servers!.length, shown.report!.findings!.length], [1, 1]);
  assert.equal(ofServer(state, 1).report!.findings!.length, 0);
  assert.equal(ofServer(state, 0), state);
});

test("an event of a newer agent is passed over", () => {
  const state = initialState();
  assert.equal(afterEvent(state, { name: "weather", data: {} }), state);
});

test("endpoints are ordered by what was asked for and filtered by words", () => {
  assert.deepEqual(ordered([slow, fast], "time", "").map(nameOf), ["GET /slow", "GET /fast"]);
  assert.deepEqual(ordered([slow, fast], "requests", "").map(nameOf), ["GET /fast", "GET /slow"]);
  assert.deepEqual(ordered([slow, fast], "name", "FAST get").map(nameOf), ["GET /fast"]);
});

test("every cause has a letter and a colour of its own", () => {
  assert.equal(new Set(causes.map((cause) => cause.letter)).size, causes.length);
  assert.equal(new Set(causes.map((cause) => cause.colour)).size, causes.length);
  assert.deepEqual(shares({ pageFaultNs: "3", onCpuNs: 4 }).map((share) => share.cause.name), ["on_cpu", "page_fault"]);
});

test("blocked time is what is neither on a CPU nor waiting for one, and lines take no more than their endpoint", () => {
  const sites = [{ cause: "database", totalNs: "700", code: "a.py:1 in f" }, { cause: "database", totalNs: "700", what: "db", statement: "SELECT ?" }];
  const frame = blockedTime([{ ...slow, sites }, fast]);
  assert.equal(frame.value, 800);
  const [database] = frame.inside;
  assert.deepEqual(database!.inside[0]!.inside.map((line) => [line.name, line.value]), [["a.py:1 in f", 700], ["db: SELECT ?", 100]]);
});

test("kept bytes leave out what gave memory back", () => {
  const kept = { ...slow, memory: { retainedBytes: "2048", sites: [{ what: "shop.KEPT", retainedBytes: "2000" }] } };
  const frame = retainedBytes([kept, { ...fast, memory: { retainedBytes: "-5" } }]);
  assert.equal(frame.value, 2048);
  assert.equal(frame.inside[0]!.inside[0]!.name, "shop.KEPT");
});

test("a treemap fills its room, and no area overlaps another", () => {
  const areas = treemap([60, 30, 20, 10, 5, 1, 0], (value) => value, 100, 50);
  assert.equal(areas.length, 6);
  const covered = areas.reduce((sum, area) => sum + area.width * area.height, 0);
  assert.ok(Math.abs(covered - 5000) < 1e-6);
  for (const a of areas) {
    assert.ok(a.x >= -1e-9 && a.y >= -1e-9 && a.x + a.width <= 100 + 1e-9 && a.y + a.height <= 50 + 1e-9);
    for (const b of areas)
      if (a !== b) assert.ok(a.x + a.width <= b.x + 1e-9 || b.x + b.width <= a.x + 1e-9 || a.y + a.height <= b.y + 1e-9 || b.y + b.height <= a.y + 1e-9);
  }
});

test("what grew between two censuses is what there is more of than the copies may be off by", () => {
  const earlier = { types: [{ type: "dict", objects: "100", bytes: "1000" }, { type: "str", objects: "50", bytes: "500" }] };
  const later = { types: [{ type: "dict", objects: "101", bytes: "1010" }, { type: "View", objects: "30", bytes: "900" }, { type: "str", objects: "40", bytes: "400" }] };
  assert.deepEqual(grown(countedTypes(later, earlier), 2).map((type) => [type.type, type.moreObjects]), [["View", 30]]);
  assert.deepEqual(grown(countedTypes(later, undefined), 0), []);
});

test("times are read to the microsecond", () => {
  const second = Date.parse("2026-01-01T00:00:01Z");
  assert.ok(Math.abs(milliseconds("2026-01-01T00:00:01.102931693Z") - second - 102.931) < 0.01);
  assert.equal(milliseconds("2026-01-01T00:00:01Z"), second);
});

test("figures are for people", () => {
  assert.equal(duration(81_300_000), "81.3 ms");
  assert.equal(duration(0), "0 ns");
  assert.equal(bytes(28_000), "28.0 KB");
  assert.equal(bytes(-2000), "−2.00 KB");
  assert.equal(bytes(number("-Infinity")), "−any amount");
  assert.equal(percent(0.001), "< 1 %");
});
