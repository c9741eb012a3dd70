// One endpoint: its causes, the lines and statements that its requests wait at, what they keep.

import { useEffect, useRef } from "preact/hooks";
import { causeNamed } from "../causes";
import { bytes, count, counted, duration } from "../figures";
import { blockedTime, placeOf } from "../flame";
import { CauseTable, Swatch } from "../parts/cause_bar";
import { FlameGraph } from "../parts/flame_graph";
import { go } from "../parts/tabs";
import { number, type Endpoint } from "../protocol";
import { keyOf, nameOf } from "../state";
import { keptText, smallObjectsText } from "../words";

function Sites({ endpoint }: { endpoint: Endpoint }) {
  const sites = endpoint.sites ?? [];
  if (sites.length === 0) return <p>No wait was long enough to be told by its line: at least 1 ms, unless configured otherwise.</p>;
  return (
    <div class="wide" role="region" tabIndex={0} aria-label="Lines that the requests wait at">
      <table class="sites">
        <caption>Lines and statements</caption>
        <thead>
          <tr>
            <th scope="col">Line</th>
            <th scope="col">Waits for</th>
            <th scope="col" class="n">in all</th>
            <th scope="col" class="n">waits</th>
            <th scope="col" class="n">longest</th>
          </tr>
        </thead>
        <tbody>
          {sites.map((site, i) => (
            <tr key={`${i} ${placeOf(site)}`}>
              <th scope="row">
                <code>{site.code || "not known"}</code>
                {site.statement && (
                  <>
                    <br />
                    <code class="dim">{site.statement}</code>
                  </>
                )}
              </th>
              <td>
                <Swatch cause={causeNamed(site.cause)} />
                {causeNamed(site.cause).words} {site.what}
                {site.heldLoop && " (held the event loop)"}
              </td>
              <td class="n">{duration(number(site.totalNs))}</td>
              <td class="n">{count(number(site.waits))}</td>
              <td class="n">{duration(number(site.maxNs))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Kept({ endpoint }: { endpoint: Endpoint }) {
  const sites = endpoint.memory?.sites ?? [];
  return (
    <>
      <p>
        Kept by a request: {keptText(endpoint)}
        {smallObjectsText(endpoint) && `, ${smallObjectsText(endpoint)}`}; by all of them together {bytes(number(endpoint.memory?.retainedBytes))}.
      </p>
      {sites.length > 0 && (
        <ul>
          {sites.map((site, i) => (
            <li key={`${i} ${site.what}`}>
              <code>{site.what}</code>: {bytes(number(site.retainedBytes))} in {counted(number(site.count), "object")}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

export function EndpointDetail({ endpoint }: { endpoint: Endpoint }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const key = keyOf(endpoint);
  useEffect(() => heading.current?.focus(), [key]);
  const wall = endpoint.wall ?? {};
  return (
    <section class="detail" aria-labelledby="endpoint-title">
      <h3 id="endpoint-title" tabIndex={-1} ref={heading}>
        {nameOf(endpoint)}
      </h3>
      <p>
        {counted(number(endpoint.requests), "request")}, {counted(number(endpoint.errors), "error")}; p50 {duration(number(wall.p50Ns))}, p90{" "}
        {duration(number(wall.p90Ns))}, p99 {duration(number(wall.p99Ns))}, longest {duration(number(wall.maxNs))}.{" "}
        <button type="button" onClick={() => go("endpoints")}>Close</button>
      </p>
      <Sites endpoint={endpoint} />
      <CauseTable times={endpoint.time} requests={number(endpoint.requests)} />
      <h4>Blocked time</h4>
      <FlameGraph frame={blockedTime([endpoint])} label={`Blocked time of ${nameOf(endpoint)}`} />
      <h4>Memory</h4>
      <Kept endpoint={endpoint} />
    </section>
  );
}
