// Memory: what each worker holds over time, what requests keep, and the census of a heap.

import { retainedBytes } from "../flame";
import { FlameGraph } from "../parts/flame_graph";
import { ResidentChart } from "../parts/resident_chart";
import type { Report } from "../protocol";
import type { State } from "../state";
import { CensusView } from "./census";

export function Memory({ state, report }: { state: State; report: Report }) {
  return (
    <>
      <h2>Memory</h2>
      <CensusView report={report} recorded={state.recorded} />
      {!state.recorded && (
        <>
          <h3>Resident memory</h3>
          <ResidentChart history={state.history} />
        </>
      )}
      <h3>Kept by requests</h3>
      <FlameGraph frame={retainedBytes(state.endpoints.values())} label="Retained bytes by endpoint and what holds them" />
    </>
  );
}
