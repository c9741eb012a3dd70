// The page: what it knows comes from the agent's stream, what it shows is one of its parts.

import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { addCauseColours } from "./cause_colours";
import { follow } from "./feed";
import { counted, duration } from "./figures";
import { Tabs, usePlace, type Tab } from "./parts/tabs";
import { number, type Report } from "./protocol";
import { initialState, ofServer, type Connection, type State } from "./state";
import { Blocked } from "./views/blocked";
import { CoverageView } from "./views/coverage";
import { Endpoints } from "./views/endpoints";
import { Findings } from "./views/findings";
import { Memory } from "./views/memory";
import { Workers } from "./views/workers";

const connection_words: Record<Connection, string> = {
  connecting: "connecting to the agent …",
  live: "live",
  lost: "connection lost, trying again …",
};

function tabsOf(state: State): Tab[] {
  const servers = state.report?.servers ?? [];
  const workers = servers.flatMap((server) => server.workers ?? []).filter((worker) => worker.state !== "WORKER_STATE_EXITED");
  return [
    { id: "findings", title: "Findings", figure: String(state.report?.findings?.length ?? 0) },
    { id: "endpoints", title: "Endpoints", figure: String(state.endpoints.size) },
    { id: "workers", title: "Workers", figure: String(workers.length) },
    { id: "blocked", title: "Blocked time" },
    { id: "memory", title: "Memory" },
    { id: "coverage", title: "Coverage" },
  ];
}

function View({ tab, item, state, report }: { tab: string; item: string; state: State; report: Report }) {
  switch (tab) {
    case "endpoints":
      return <Endpoints state={state} item={item} />;
    case "workers":
      return <Workers state={state} report={report} item={item} />;
    case "blocked":
      return <Blocked state={state} />;
    case "memory":
      return <Memory state={state} report={report} />;
    case "coverage":
      return <CoverageView report={report} />;
    default:
      return <Findings state={state} report={report} />;
  }
}

interface Shown {
  server: number;
  choose: (server: number) => void;
  paused: boolean;
  pause: () => void;
}

function Header({ state, server, choose, paused, pause }: { state: State } & Shown) {
  const { report, recorded, connection } = state;
  return (
    <header>
      <h1>Linger</h1>
      <p class={`connection ${connection}`} role="status">
        {recorded && connection === "live" ? "a recording" : connection_words[connection]}
        {state.failure && ` (${state.failure})`}
      </p>
      <label>
        Server{" "}
        <select value={server} onChange={(event) => choose(Number(event.currentTarget.value))}>
          <option value={0}>all</option>
          {(report?.servers ?? []).map((known) => (
            <option key={known.masterTgid} value={known.masterTgid}>
              {known.app || known.kind} {known.masterTgid}
            </option>
          ))}
        </select>
      </label>
      {!recorded && (
        <button type="button" aria-pressed={paused} onClick={pause}>
          Pause
        </button>
      )}
      {report && (
        <p class="dim">
          {counted(number(report.coverage?.requestsSeen), "request")} in {duration(number(report.window?.durationNs))}
        </p>
      )}
    </header>
  );
}

function Page() {
  const [state, setState] = useState<State>(initialState);
  useEffect(() => follow("/api/v1/stream", setState), []);
  // The history goes on in place.
  const [frozen, setFrozen] = useState<State | undefined>();
  const pause = () => setFrozen(frozen ? undefined : { ...state, history: structuredClone(state.history) });
  const [server, choose] = useState(0);
  const known = frozen ? { ...frozen, connection: state.connection, failure: state.failure } : state;
  const shown = ofServer(known, server);
  const [place, item] = usePlace();
  const tabs = tabsOf(shown);
  const tab = tabs.some(({ id }) => id === place) ? place : "findings";
  return (
    <>
      <Header state={known} server={server} choose={choose} paused={!!frozen} pause={pause} />
      <Tabs tabs={tabs} chosen={tab}>
        {shown.report ? <View tab={tab} item={item} state={shown} report={shown.report} /> : <p>Nothing has come from the agent yet.</p>}
      </Tabs>
    </>
  );
}

const root = document.getElementById("page");
if (root) {
  addCauseColours();
  root.textContent = "";
  render(<Page />, root);
}
