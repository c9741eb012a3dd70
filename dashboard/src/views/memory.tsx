// Memory: what each worker holds over time, what requests keep, and the census of a heap.

import { retainedBytes } from "../flame";
import { bytes, counted } from "../figures";
import { FlameGraph } from "../parts/flame_graph";
import { ResidentChart } from "../parts/resident_chart";
import { number, type Report } from "../protocol";
import type { State } from "../state";
import { CensusView } from "./census";

/** What the agent, or a recording, has seen to grow in workers' heaps between two looks. */
function HeapGrowth({ report }: { report: Report }) {
  const workers = (report.servers ?? []).flatMap((server) => server.workers ?? []).filter((worker) => worker.heapGrowth?.types?.length);
  if (workers.length === 0) return null;
  return (
    <>
      <h3>What grew in heaps</h3>
      {workers.map((worker) => (
        <section key={worker.tgid}>
          <h4>Worker {worker.tgid}</h4>
          <ul>
            {(worker.heapGrowth?.types ?? []).map((type) => (
              <li key={type.type}>
                <code>{type.type}</code>: {counted(number(type.objects), "object")} more, {bytes(number(type.bytes))}
                {(type.holders ?? []).map((holder, i) => (
                  <div key={i}>
                    held by <code>{holder.text}</code>
                  </div>
                ))}
              </li>
            ))}
          </ul>
        </section>
      ))}
    </>
  );
}

export function Memory({ state, report }: { state: State; report: Report }) {
  return (
    <>
      <h2>Memory</h2>
      <CensusView report={report} recorded={state.recorded} />
      <HeapGrowth report={report} />
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
