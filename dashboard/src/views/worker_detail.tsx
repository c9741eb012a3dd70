// One worker: what its requests' time went to, its connections, its longest requests.

import { useEffect, useRef } from "preact/hooks";
import { causeNamed } from "../causes";
import { bytes, clock, count, counted, duration, percent } from "../figures";
import type { Lane } from "../history";
import { CauseTable, Swatch } from "../parts/cause_bar";
import { go } from "../parts/tabs";
import { number, type PeerConnections } from "../protocol";
import { stateInWords } from "../words";

const most_listed = 10;

function Connections({ peers }: { peers: PeerConnections[] }) {
  if (peers.length === 0) return null;
  return (
    <table class="narrow">
      <caption>Connections that it holds open</caption>
      <thead>
        <tr>
          <th scope="col">Peer</th>
          <th scope="col" class="n">open</th>
          <th scope="col" class="n">in use</th>
          <th scope="col" class="n">in a transaction, idle</th>
        </tr>
      </thead>
      <tbody>
        {peers.map((peer) => (
          <tr key={peer.address}>
            <th scope="row">
              {peer.address} {peer.name && `(${peer.name})`}
            </th>
            <td class="n">{count(number(peer.open))}</td>
            <td class="n">{count(number(peer.inUse))}</td>
            <td class="n">{count(number(peer.idleInTransaction))}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Longest({ lane }: { lane: Lane }) {
  const bars = [...lane.bars].sort((a, b) => b.wallNs - a.wallNs).slice(0, most_listed);
  if (bars.length === 0) return null;
  return (
    <table class="narrow">
      <caption>Its longest requests on the lane</caption>
      <thead>
        <tr>
          <th scope="col">Request</th>
          <th scope="col">at</th>
          <th scope="col" class="n">took</th>
          <th scope="col">most of it</th>
          <th scope="col" class="n">status</th>
        </tr>
      </thead>
      <tbody>
        {bars.map((bar, i) => (
          <tr key={i}>
            <th scope="row">{bar.endpoint}</th>
            <td>{clock(bar.begin)}</td>
            <td class="n">{duration(bar.wallNs)}</td>
            <td>
              <Swatch cause={causeNamed(bar.cause)} />
              {causeNamed(bar.cause).words} {duration(bar.causeNs)}
            </td>
            <td class="n">{bar.status || "none"}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function WorkerDetail({ lane }: { lane: Lane }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const worker = lane.worker;
  useEffect(() => heading.current?.focus(), [worker.tgid]);
  const memory = worker.memory ?? {};
  return (
    <section class="detail" aria-labelledby="worker-title">
      <h3 id="worker-title" tabIndex={-1} ref={heading}>
        Worker {worker.tgid}
      </h3>
      <p>
        {lane.gone ? worker.exitReason || "ended" : stateInWords(worker)}; {counted(number(worker.requests), "request")}, {counted(worker.threads ?? 0, "thread")}, a
        request open {percent(number(worker.utilization))} of the time. Resident {bytes(number(memory.residentBytes))}, at most{" "}
        {bytes(number(memory.highWaterBytes))}; grown by {bytes(number(memory.growthBytes))}. <button type="button" onClick={() => go("workers")}>Close</button>
      </p>
      <CauseTable times={worker.blocked} requests={number(worker.requests)} />
      <Longest lane={lane} />
      <Connections peers={worker.connections ?? []} />
    </section>
  );
}
