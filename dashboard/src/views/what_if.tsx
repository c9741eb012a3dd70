// What a server's load would meet with other settings.

import { bytes, count, counted, duration } from "../figures";
import { number, type Performance, type Prediction, type Server, type WhatIf } from "../protocol";

function settingOf(prediction: Prediction | undefined): string {
  if (!prediction) return "";
  const threads = prediction.threads ? `, ${counted(prediction.threads, "thread")} each` : "";
  return `${prediction.workers ?? 0} × ${prediction.workerClass ?? ""}${threads}`;
}

function Row({ name, performance, memory, note }: { name: string; performance: Performance | undefined; memory: number; note: string }) {
  return (
    <tr>
      <th scope="row">
        {name} {note && <span class="dim">({note})</span>}
      </th>
      <td class="n">{number(performance?.requestsPerSecond).toFixed(1)}</td>
      <td class="n">{duration(number(performance?.queueMeanNs))}</td>
      <td class="n">{duration(number(performance?.wallP50Ns))}</td>
      <td class="n">{duration(number(performance?.wallP95Ns))}</td>
      <td class="n">{memory > 0 ? bytes(memory) : ""}</td>
    </tr>
  );
}

export function WhatIfTable({ server, whatIf }: { server: Server; whatIf: WhatIf }) {
  return (
    <section>
      <h3>What if {server.app || server.kind} had other settings</h3>
      <p>
        Its latest {count(number(whatIf.requests))} requests, replayed by a model. How far the model is from what was
        measured is how far it may be trusted.
      </p>
      <div class="wide" role="region" tabIndex={0} aria-label={`Settings of ${server.app || server.kind}`}>
        <table>
          <thead>
            <tr>
              <th scope="col">Setting</th>
              <th scope="col" class="n">requests/s</th>
              <th scope="col" class="n">waiting, mean</th>
              <th scope="col" class="n">p50</th>
              <th scope="col" class="n">p95</th>
              <th scope="col" class="n">memory</th>
            </tr>
          </thead>
          <tbody>
            <Row name="as it is" note="measured" performance={whatIf.measured} memory={0} />
            <Row name={settingOf(whatIf.present)} note="model of the present" performance={whatIf.present?.performance} memory={number(whatIf.present?.residentBytes)} />
            {(whatIf.alternatives ?? []).map((prediction, i) => (
              <Row
                key={i}
                name={settingOf(prediction)}
                note={prediction.advised ? "advised" : ""}
                performance={prediction.performance}
                memory={number(prediction.residentBytes)}
              />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
