// All that the page knows, and how an event of the stream changes it.

import { addMoment, addRequest, emptyHistory, type History } from "./history";
import { number, type Endpoint, type Report, type SeenRequest, type WorkersMoment } from "./protocol";

export type Connection = "connecting" | "live" | "lost";

export interface State {
  connection: Connection;
  /** What the agent said when it could not go on. */
  failure: string;
  /** A recording: nothing moves. */
  recorded: boolean;
  report: Report | undefined;
  /** By key, the most time first. */
  endpoints: Map<string, Endpoint>;
  history: History;
}

export function initialState(): State {
  return {
    connection: "connecting",
    failure: "",
    recorded: false,
    report: undefined,
    endpoints: new Map(),
    history: emptyHistory(),
  };
}

export function keyOf(endpoint: Endpoint): string {
  return `${endpoint.server ?? 0} ${endpoint.method ?? ""} ${endpoint.route ?? ""}`;
}

/** "GET /report/{}" */
export function nameOf(endpoint: Endpoint): string {
  return `${endpoint.method ?? ""} ${endpoint.route ?? ""}`;
}

/** "shop.app:app", where there are several servers to tell from each other; else nothing. */
export function serverName(report: Report | undefined, masterTgid: number | undefined): string {
  const servers = report?.servers ?? [];
  if (servers.length < 2) return "";
  const server = servers.find((known) => known.masterTgid === masterTgid);
  return server ? `${server.app || server.kind || "server"} ${server.masterTgid}` : "";
}

/** What there is of one server; of 0, everything. */
export function ofServer(state: State, masterTgid: number): State {
  const { report, history } = state;
  if (!masterTgid || !report) return state;
  return {
    ...state,
    report: {
      ...report,
      servers: report.servers?.filter((server) => server.masterTgid === masterTgid) ?? [],
      findings: report.findings?.filter((finding) => finding.server === masterTgid) ?? [],
    },
    endpoints: new Map([...state.endpoints].filter(([, endpoint]) => endpoint.server === masterTgid)),
    history: { ...history, lanes: new Map([...history.lanes].filter(([, lane]) => lane.server === masterTgid)) },
  };
}

function byTime(endpoints: Iterable<Endpoint>): Map<string, Endpoint> {
  const sorted = [...endpoints].sort((a, b) => number(b.time?.wallNs) - number(a.time?.wallNs));
  return new Map(sorted.map((endpoint) => [keyOf(endpoint), endpoint]));
}

export interface StreamEvent {
  name: string;
  data: unknown;
}

/** The state after an event. The history is changed in place: it is long. */
export function afterEvent(state: State, { name, data }: StreamEvent): State {
  switch (name) {
    case "recording": // what follows is all there is
      return { ...state, recorded: true, history: emptyHistory() };
    case "report": {
      const report = data as Report;
      return { ...state, report, endpoints: byTime(report.endpoints ?? []) };
    }
    case "changes": {
      const report = data as Report;
      const endpoints = new Map(state.endpoints);
      for (const endpoint of report.endpoints ?? []) endpoints.set(keyOf(endpoint), endpoint);
      return { ...state, report, endpoints: byTime(endpoints.values()) };
    }
    case "workers":
      addMoment(state.history, data as WorkersMoment, !state.recorded);
      return { ...state };
    case "request": {
      const { request, requestsSkipped } = data as SeenRequest;
      state.history.skipped += number(requestsSkipped);
      if (request) addRequest(state.history, request);
      return { ...state };
    }
    case "failure":
      return { ...state, failure: String(data) };
    default:
      return state; // of a newer agent
  }
}
