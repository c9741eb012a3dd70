// The causes of time: their names, and how they look where there is colour, and where there is none.

import { number, type CauseTimes } from "./protocol";

export interface Cause {
  /** As a CSS class and in the messages: "on_cpu". */
  name: string;
  /** Its field of CauseTimes. */
  field: string;
  words: string;
  /** As in `linger top`. */
  letter: string;
  /** With black on it, readable; the same in the light and in the dark. */
  colour: string;
}

const known: [name: string, words: string, letter: string, colour: string][] = [
  ["on_cpu", "on CPU", "#", "#7fbf7b"],
  ["run_queue", "waiting for a CPU", "r", "#c7e59f"],
  ["accept_queue", "accept queue", "a", "#f4a582"],
  ["client_read", "reading from the client", "c", "#b8c4d6"],
  ["client_write", "writing to the client", "w", "#93aeca"],
  ["database", "database", "d", "#74add1"],
  ["cache", "cache", "k", "#abd9e9"],
  ["upstream", "upstream", "u", "#fdae61"],
  ["dns", "DNS", "n", "#fee08b"],
  ["disk", "disk", "f", "#c2a5cf"],
  ["page_fault", "page fault", "p", "#e7d4e8"],
  ["lock", "lock", "l", "#f1877b"],
  ["gil", "GIL", "g", "#f6b5c0"],
  ["event_loop", "event loop", "e", "#d6a4f0"],
  ["sleep", "sleep", "s", "#bdbdbd"],
  ["child", "child process", "x", "#d9c7a3"],
  ["other", "other", "o", "#d6d6d6"],
];

function field(name: string): string {
  return name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()) + "Ns";
}

export const causes: Cause[] = known.map(([name, words, letter, colour]) => ({
  name,
  field: field(name),
  words,
  letter,
  colour,
}));

const byName = new Map(causes.map((cause) => [cause.name, cause]));

/** A cause of a newer agent is "other". */
export function causeNamed(name: string | undefined): Cause {
  return byName.get(name ?? "") ?? byName.get("other")!;
}

export interface Share {
  cause: Cause;
  ns: number;
}

/** Those that took any time, the most first. */
export function shares(times: CauseTimes | undefined): Share[] {
  if (!times) return [];
  return causes
    .map((cause) => ({ cause, ns: number(times[cause.field]) }))
    .filter((share) => share.ns > 0)
    .sort((a, b) => b.ns - a.ns);
}

/** What the requests waited for once a worker had taken them up. */
export function isBlocking(cause: Cause): boolean {
  return !["on_cpu", "run_queue", "accept_queue"].includes(cause.name);
}
