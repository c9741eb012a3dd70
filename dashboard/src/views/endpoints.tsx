// Every endpoint: how often, how long, what with, and what its requests keep.

import { useState } from "preact/hooks";
import { ordered, meanNs, type Column } from "../endpoint_order";
import { count, counted, duration, percent } from "../figures";
import { CauseBar, causesInWords, Legend } from "../parts/cause_bar";
import { MoreRows, useRowsShown } from "../parts/rows_shown";
import { go } from "../parts/tabs";
import { number, type Endpoint } from "../protocol";
import { keyOf, nameOf, serverName, type State } from "../state";
import { keptText } from "../words";
import { EndpointDetail } from "./endpoint_detail";

const columns: [Column, string][] = [
  ["name", "Endpoint"],
  ["requests", "Requests"],
  ["errors", "Errors"],
  ["mean", "Mean"],
  ["p99", "p99"],
  ["time", "Time"],
  ["kept", "Kept a request"],
];

function Head({ order, choose }: { order: Column; choose: (column: Column) => void }) {
  return (
    <thead>
      <tr>
        {columns.map(([column, title]) => (
          <th
            key={column}
            scope="col"
            class={column === "name" ? undefined : "n"}
            aria-sort={order === column ? (column === "name" ? "ascending" : "descending") : undefined}
          >
            <button type="button" class="sort" onClick={() => choose(column)}>
              {title}
              <span aria-hidden="true">{order === column ? " ▾" : ""}</span>
            </button>
          </th>
        ))}
        <th scope="col">Causes</th>
      </tr>
    </thead>
  );
}

function Row({ endpoint, server, share, chosen }: { endpoint: Endpoint; server: string; share: number; chosen: boolean }) {
  const key = keyOf(endpoint);
  return (
    <tr class={chosen ? "chosen" : undefined}>
      <th scope="row">
        <button type="button" class="link" aria-expanded={chosen} onClick={() => go("endpoints", chosen ? "" : key)}>
          {nameOf(endpoint)}
        </button>
        {server && <div class="dim">{server}</div>}
      </th>
      <td class="n">{count(number(endpoint.requests))}</td>
      <td class="n">{count(number(endpoint.errors))}</td>
      <td class="n">{duration(meanNs(endpoint))}</td>
      <td class="n">{duration(number(endpoint.wall?.p99Ns))}</td>
      <td class="n">{percent(share)}</td>
      <td class="n">{keptText(endpoint)}</td>
      <td class="bars">
        <CauseBar times={endpoint.time} />
        <small>{causesInWords(endpoint.time, 2)}</small>
      </td>
    </tr>
  );
}

export function Endpoints({ state, item }: { state: State; item: string }) {
  const [order, setOrder] = useState<Column>("time");
  const [filter, setFilter] = useState("");
  const [rows, more] = useRowsShown();
  const shown = ordered(state.endpoints.values(), order, filter);
  const whole = [...state.endpoints.values()].reduce((sum, endpoint) => sum + number(endpoint.time?.wallNs), 0);
  const chosen = state.endpoints.get(item);
  return (
    <>
      <h2>Endpoints</h2>
      {chosen && <EndpointDetail endpoint={chosen} />}
      <Legend />
      <p>
        <label>
          Only those with{" "}
          <input type="search" value={filter} onInput={(event) => setFilter(event.currentTarget.value)} placeholder="report" />
        </label>{" "}
        <output>{counted(shown.length, "endpoint")}</output>
      </p>
      <div class="wide" role="region" tabIndex={0} aria-label="Table of endpoints">
        <table class="endpoints">
          <Head order={order} choose={setOrder} />
          <tbody>
            {shown.slice(0, rows).map((endpoint) => (
              <Row
                key={keyOf(endpoint)}
                endpoint={endpoint}
                server={serverName(state.report, endpoint.server)}
                share={whole > 0 ? number(endpoint.time?.wallNs) / whole : 0}
                chosen={keyOf(endpoint) === item}
              />
            ))}
          </tbody>
        </table>
      </div>
      <MoreRows shown={rows} all={shown.length} more={more} />
    </>
  );
}
