// Time by cause as a bar, and the causes' legend.

import { causes, shares, type Cause } from "../causes";
import { duration, percent } from "../figures";
import type { CauseTimes } from "../protocol";

const least_for_letter = 0.06;

/** "database 81 %, on CPU 12 %": the bar in words. */
export function causesInWords(times: CauseTimes | undefined, most = 3): string {
  const all = shares(times);
  const sum = all.reduce((total, share) => total + share.ns, 0);
  return all
    .slice(0, most)
    .map(({ cause, ns }) => `${cause.words} ${percent(ns / sum)}`)
    .join(", ");
}

export function CauseBar({ times }: { times: CauseTimes | undefined }) {
  const all = shares(times);
  const sum = all.reduce((total, share) => total + share.ns, 0);
  return (
    <span class="bar" role="img" aria-label={causesInWords(times, 17) || "no time"}>
      {all.map(({ cause, ns }) => (
        <span key={cause.name} class={`c-${cause.name}`} style={{ width: `${(100 * ns) / sum}%` }} title={`${cause.words} ${duration(ns)}`}>
          {ns / sum >= least_for_letter ? cause.letter : ""}
        </span>
      ))}
    </span>
  );
}

export function Swatch({ cause }: { cause: Cause }) {
  return (
    <span class={`swatch c-${cause.name}`} aria-hidden="true">
      {cause.letter}
    </span>
  );
}

export function Legend() {
  return (
    <ul class="legend" aria-label="Causes">
      {causes.map((cause) => (
        <li key={cause.name}>
          <Swatch cause={cause} />
          {cause.words}
        </li>
      ))}
    </ul>
  );
}

export function CauseTable({ times, requests }: { times: CauseTimes | undefined; requests: number }) {
  const all = shares(times);
  const sum = all.reduce((total, share) => total + share.ns, 0);
  return (
    <table class="narrow">
      <caption>Time by cause</caption>
      <thead>
        <tr>
          <th scope="col">Cause</th>
          <th scope="col" class="n">a request</th>
          <th scope="col" class="n">share</th>
        </tr>
      </thead>
      <tbody>
        {all.map(({ cause, ns }) => (
          <tr key={cause.name}>
            <th scope="row">
              <Swatch cause={cause} />
              {cause.words}
            </th>
            <td class="n">{duration(ns / Math.max(1, requests))}</td>
            <td class="n">{percent(ns / sum)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
