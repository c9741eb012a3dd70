// The page's parts, one at a time. The address names the one that is shown, so it can be kept and gone back to.

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

export interface Tab {
  id: string;
  title: string;
  /** How many there are of what it shows. */
  figure?: string;
}

/** "#endpoints/7 GET %2F" is ["endpoints", "7 GET /"]. */
function placeIn(hash: string): [string, string] {
  const [tab = "", ...rest] = hash.replace(/^#/, "").split("/");
  try {
    return [tab, decodeURIComponent(rest.join("/"))];
  } catch {
    return [tab, ""]; // typed by hand
  }
}

export function go(tab: string, item = ""): void {
  location.hash = item ? `${tab}/${encodeURIComponent(item)}` : tab;
}

/** The tab and the item in it that the address names. */
export function usePlace(): [string, string] {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const changed = () => setHash(location.hash);
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return placeIn(hash);
}

export function Tabs({ tabs, chosen, children }: { tabs: Tab[]; chosen: string; children: ComponentChildren }) {
  const list = useRef<HTMLDivElement>(null);
  function onKeyDown(event: KeyboardEvent): void {
    const at = tabs.findIndex((tab) => `tab-${tab.id}` === (event.target as HTMLElement).id);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const tab = tabs[(to + tabs.length) % tabs.length]!;
    go(tab.id);
    list.current?.querySelector<HTMLElement>(`#tab-${tab.id}`)?.focus();
  }
  return (
    <>
      <div class="tabs" role="tablist" aria-label="Parts of the page" ref={list} onKeyDown={onKeyDown}>
        {tabs.map((tab) => (
          <button
            key={tab.id}
            type="button"
            role="tab"
            id={`tab-${tab.id}`}
            aria-selected={tab.id === chosen}
            aria-controls="panel"
            tabIndex={tab.id === chosen ? 0 : -1}
            onClick={() => go(tab.id)}
          >
            {tab.title}
            {tab.figure && <span class="figure"> {tab.figure}</span>}
          </button>
        ))}
      </div>
      <main>
        <div role="tabpanel" id="panel" aria-labelledby={`tab-${chosen}`} tabIndex={-1}>
          {children}
        </div>
      </main>
    </>
  );
}
