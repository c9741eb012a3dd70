// A flame graph, outermost at the top. A click on a part shows it alone; below it is the same in words.

import { useState } from "preact/hooks";
import { percent } from "../figures";
import type { Frame } from "../flame";

const least_shown = 0.003; // of the whole width

function Part({ frame, share, whole, choose }: { frame: Frame; share: number; whole: number; choose: (frame: Frame) => void }) {
  return (
    <div class="flame-part" style={{ width: `${100 * share}%` }}>
      <button type="button" class={`flame c-${frame.cause || "kept"}`} title={`${frame.name}: ${frame.text}`} onClick={() => choose(frame)}>
        {frame.name} <span class="flame-figure">{frame.text}</span>
      </button>
      <div class="flame-row">
        {frame.inside
          .filter((part) => part.value / whole >= least_shown)
          .map((part, i) => (
            <Part key={`${i} ${part.name}`} frame={part} share={part.value / frame.value} whole={whole} choose={choose} />
          ))}
      </div>
    </div>
  );
}

function Listed({ frame, whole }: { frame: Frame; whole: number }) {
  return (
    <li>
      {frame.name}: {frame.text} ({percent(frame.value / whole)})
      {frame.inside.length > 0 && (
        <ul>
          {frame.inside.map((part, i) => (
            <Listed key={`${i} ${part.name}`} frame={part} whole={whole} />
          ))}
        </ul>
      )}
    </li>
  );
}

/** The part that was chosen, as it is now. */
function found(frame: Frame, path: string[]): Frame {
  const [name, ...rest] = path;
  const part = name === undefined ? undefined : frame.inside.find((inside) => inside.name === name);
  return part ? found(part, rest) : frame;
}

function pathTo(frame: Frame, wanted: Frame): string[] | undefined {
  if (frame === wanted) return [];
  for (const part of frame.inside) {
    const path = pathTo(part, wanted);
    if (path) return [part.name, ...path];
  }
  return undefined;
}

export function FlameGraph({ frame, label }: { frame: Frame; label: string }) {
  const [path, setPath] = useState<string[]>([]);
  const shown = found(frame, path);
  if (frame.value <= 0) return <p>Nothing yet.</p>;
  return (
    <figure class="flame-graph" aria-label={label}>
      {path.length > 0 && (
        <p>
          <button type="button" onClick={() => setPath([])}>Show all of it</button>
        </p>
      )}
      <Part frame={shown} share={1} whole={shown.value} choose={(chosen) => setPath(chosen === shown ? [] : [...path, ...(pathTo(shown, chosen) ?? [])])} />
      <details>
        <summary>In words</summary>
        <ul>
          <Listed frame={shown} whole={shown.value} />
        </ul>
      </details>
    </figure>
  );
}
