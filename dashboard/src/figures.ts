// Figures for people.

function rounded(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** "81.3 ms" */
export function duration(ns: number): string {
  if (ns >= 3600e9) return `${rounded(ns / 3600e9)} h`;
  if (ns >= 120e9) return `${rounded(ns / 60e9)} min`;
  if (ns >= 1e9) return `${rounded(ns / 1e9)} s`;
  if (ns >= 1e6) return `${rounded(ns / 1e6)} ms`;
  if (ns >= 1e3) return `${rounded(ns / 1e3)} µs`;
  return `${ns.toFixed(0)} ns`;
}

/** "28.0 KB", as in a report's text; of less than nothing with a minus. */
export function bytes(count: number): string {
  if (Number.isNaN(count)) return "unknown";
  const size = Math.abs(count);
  const sign = count < 0 ? "−" : "";
  if (size === Infinity) return `${sign}any amount`;
  if (size < 999.5) return `${size < 0.5 ? "" : sign}${size.toFixed(0)} B`;
  const units = ["KB", "MB", "GB", "TB"];
  let unit = 0;
  let value = size / 1000;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    ++unit;
  }
  return `${sign}${rounded(value)} ${units[unit]}`;
}

/** "12,345" */
export function count(value: number): string {
  return Math.round(value).toLocaleString("en");
}

/** "1 request", "2 requests" */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** "42 %"; something that is less than that is never none. */
export function percent(part: number): string {
  if (part > 0 && part < 0.01) return "< 1 %";
  return `${Math.round(part * 100)} %`;
}

/** "14:03:07" */
export function clock(milliseconds: number): string {
  return new Date(milliseconds).toLocaleTimeString("en-GB");
}
