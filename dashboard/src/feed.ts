// The agent's stream of events, and the state that they make.

import { afterEvent, initialState, type Connection, type State, type StreamEvent } from "./state";

type Listener = (state: State) => void;

const event_names = ["recording", "report", "changes", "workers", "request", "failure"];
/** Events come in bursts: one drawing for all of one. */
const draw_after_ms = 50;

/** Follows the stream for as long as the page is open. The browser connects again by itself. */
export function follow(url: string, listener: Listener): void {
  let state = initialState();
  let drawing = false;
  let source: EventSource;

  function changed(next: State): void {
    state = next;
    if (drawing) return;
    drawing = true;
    setTimeout(() => {
      drawing = false;
      listener(state);
    }, draw_after_ms);
  }
  function connected(connection: Connection): void {
    changed({ ...state, connection });
  }
  function receive(event: StreamEvent): void {
    changed(afterEvent(state, event));
  }
  function connect(): void {
    source = new EventSource(url);
    source.onopen = () => changed({ ...state, connection: "live", failure: "" });
    source.onerror = () => {
      connected("lost");
      // It gives up when it is refused, which may be for a while only.
      if (source.readyState === EventSource.CLOSED) setTimeout(connect, 3000);
    };
    for (const name of event_names)
      source.addEventListener(name, (event) => receive({ name, data: JSON.parse((event as MessageEvent<string>).data) }));
  }
  connect();
}
