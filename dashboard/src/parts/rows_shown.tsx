// Long lists show their first rows, and more when asked.

import { useState } from "preact/hooks";
import { count } from "../figures";

const step = 100;

export function useRowsShown(): [number, () => void] {
  const [rows, setRows] = useState(step);
  return [rows, () => setRows(rows + 5 * step)];
}

export function MoreRows({ shown, all, more }: { shown: number; all: number; more: () => void }) {
  if (shown >= all) return null;
  return (
    <p>
      {count(shown)} of {count(all)} are shown. <button type="button" onClick={more}>Show more</button>
    </p>
  );
}
