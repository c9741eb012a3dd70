// In which order endpoints are shown, and which of them.

import { number, type Endpoint } from "./protocol";
import { nameOf } from "./state";

export type Column = "name" | "requests" | "errors" | "mean" | "p99" | "time" | "kept";

export function meanNs(endpoint: Endpoint): number {
  return number(endpoint.time?.wallNs) / Math.max(1, number(endpoint.requests));
}

const values: Record<Exclude<Column, "name">, (endpoint: Endpoint) => number> = {
  requests: (endpoint) => number(endpoint.requests),
  errors: (endpoint) => number(endpoint.errors),
  mean: meanNs,
  p99: (endpoint) => number(endpoint.wall?.p99Ns),
  time: (endpoint) => number(endpoint.time?.wallNs),
  kept: (endpoint) => number(endpoint.memory?.retainedBytesPerRequest),
};

/** Figures: the most first; names: by alphabet. Those whose names have all the words of `filter` in them. */
export function ordered(endpoints: Iterable<Endpoint>, column: Column, filter: string): Endpoint[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const chosen = [...endpoints].filter((endpoint) => {
    const name = nameOf(endpoint).toLowerCase();
    return words.every((word) => name.includes(word));
  });
  if (column === "name") return chosen.sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
  const value = values[column];
  return chosen.sort((a, b) => value(b) - value(a));
}
