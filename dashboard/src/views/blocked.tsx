// Blocked time of all requests together.

import { blockedTime } from "../flame";
import { FlameGraph } from "../parts/flame_graph";
import type { State } from "../state";

export function Blocked({ state }: { state: State }) {
  return (
    <>
      <h2>Blocked time</h2>
      <p>
        What the requests waited for, by cause, endpoint and line. Lines are known of waits of at least 1 ms. The accept queue is not among it: there, no
        worker had the request yet.
      </p>
      <FlameGraph frame={blockedTime(state.endpoints.values())} label="Blocked time by cause, endpoint and line" />
    </>
  );
}
