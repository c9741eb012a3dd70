// The trees that flame graphs are drawn of.

import { isBlocking, shares, type Cause } from "./causes";
import { bytes, duration } from "./figures";
import { number, type Endpoint, type Site } from "./protocol";
import { nameOf } from "./state";

export interface Frame {
  name: string;
  value: number;
  /** The value for people. */
  text: string;
  /** "database", for the colour; empty for one that stands for several. */
  cause: string;
  inside: Frame[];
}

const most_inside = 20;

function largest(frames: Frame[]): Frame[] {
  return frames.sort((a, b) => b.value - a.value).slice(0, most_inside);
}

/** "shop/report.py:16 in sales", else what was waited on. */
export function placeOf(site: Site): string {
  const place = site.code || site.what || "";
  return [place, site.statement].filter(Boolean).join(": ") || "not known";
}

function sitesOf(endpoint: Endpoint, cause: Cause, ns: number): Frame[] {
  // A wait is credited to its cause as a whole, a part of it to the request that it began in.
  let left = ns;
  const frames: Frame[] = [];
  for (const site of endpoint.sites ?? []) {
    if (site.cause !== cause.name) continue;
    const shown = Math.min(left, number(site.totalNs));
    left -= shown;
    if (shown > 0) frames.push({ name: placeOf(site), value: shown, text: duration(shown), cause: cause.name, inside: [] });
  }
  return largest(frames);
}

/** By cause, endpoint and line. */
export function blockedTime(endpoints: Iterable<Endpoint>): Frame {
  const byCause = new Map<string, Frame>();
  let all = 0;
  for (const endpoint of endpoints) {
    for (const { cause, ns } of shares(endpoint.time)) {
      if (!isBlocking(cause)) continue;
      all += ns;
      let frame = byCause.get(cause.name);
      if (!frame) byCause.set(cause.name, (frame = { name: cause.words, value: 0, text: "", cause: cause.name, inside: [] }));
      frame.value += ns;
      frame.inside.push({ name: nameOf(endpoint), value: ns, text: duration(ns), cause: cause.name, inside: sitesOf(endpoint, cause, ns) });
    }
  }
  const frames = largest([...byCause.values()]);
  for (const frame of frames) {
    frame.text = duration(frame.value);
    frame.inside = largest(frame.inside);
  }
  return { name: "all requests together, blocked", value: all, text: duration(all), cause: "", inside: frames };
}

/** By endpoint and what holds it or where it came from. */
export function retainedBytes(endpoints: Iterable<Endpoint>): Frame {
  const frames: Frame[] = [];
  let all = 0;
  for (const endpoint of endpoints) {
    const kept = number(endpoint.memory?.retainedBytes);
    if (kept <= 0) continue;
    all += kept;
    let left = kept;
    const inside: Frame[] = [];
    for (const site of endpoint.memory?.sites ?? []) {
      const shown = Math.min(left, number(site.retainedBytes));
      if (shown <= 0) continue;
      left -= shown;
      inside.push({ name: site.what || "not known", value: shown, text: bytes(shown), cause: "", inside: [] });
    }
    frames.push({ name: nameOf(endpoint), value: kept, text: bytes(kept), cause: "", inside: largest(inside) });
  }
  return { name: "kept by all requests", value: all, text: bytes(all), cause: "", inside: largest(frames) };
}
