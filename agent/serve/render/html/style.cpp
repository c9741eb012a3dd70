#include "serve/render/html/sections.h"

namespace linger::serve::html {

const char *style()
{
  return R"(:root { color-scheme: light dark; --ground: #fff; --ink: #1b1f24; --dim: #57606a;
  --line: #d0d7de; --card: #f6f8fa; --link: #0550ae; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #0d1117; --ink: #e6edf3; --dim: #9da7b1; --line: #30363d; --card: #161b22;
    --link: #79c0ff; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 75rem; padding: 1rem 1.5rem 3rem; background: var(--ground);
  color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.4rem; margin: 0.5rem 0; }
h2 { font-size: 1.2rem; margin: 2rem 0 0.5rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 0.8rem 0 0.3rem; overflow-wrap: anywhere; }
p { margin: 0.4rem 0; overflow-wrap: anywhere; }
a { color: var(--link); }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
nav ul, .legend { display: flex; flex-wrap: wrap; gap: 0.2rem 1rem; list-style: none; margin: 0.4rem 0;
  padding: 0; }
.swatch { display: inline-block; width: 0.8rem; height: 0.8rem; margin-right: 0.35rem;
  border: 1px solid var(--dim); }
.finding { background: var(--card); border: 1px solid var(--line); border-left: 5px solid var(--dim);
  border-radius: 4px; margin: 0.8rem 0; padding: 0.3rem 1rem 0.6rem; }
.finding li { overflow-wrap: anywhere; }
.severity { font-size: 0.75rem; letter-spacing: 0.05em; border: 1px solid currentcolor; border-radius: 3px;
  padding: 0 0.35rem; }
.s-CRITICAL { border-left-color: #cf222e; }
.s-WARNING { border-left-color: #bf8700; }
.s-INFO { border-left-color: #0969da; }
.rule { color: var(--dim); }
.remedy { border-top: 1px solid var(--line); padding-top: 0.4rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; min-width: 50rem; }
th, td { text-align: left; vertical-align: top; padding: 0.25rem 0.6rem; border-bottom: 1px solid var(--line); }
th[scope=row] { font-weight: 500; overflow-wrap: anywhere; }
.n { font-variant-numeric: tabular-nums; white-space: nowrap; }
.bars { min-width: 22rem; }
.bars small { color: var(--dim); }
.bar { display: flex; height: 0.9rem; border: 1px solid var(--dim); overflow: hidden; }
svg { display: block; width: 100%; min-width: 50rem; height: auto; font-size: 11px; }
svg text { fill: var(--ink); }
svg text.on { fill: #111; }
summary { cursor: pointer; margin: 0.4rem 0; }
.c-on_cpu { background: #7fbf7b; fill: #7fbf7b; }
.c-run_queue { background: #c7e59f; fill: #c7e59f; }
.c-accept_queue { background: #f4a582; fill: #f4a582; }
.c-client_read { background: #b8c4d6; fill: #b8c4d6; }
.c-client_write { background: #93aeca; fill: #93aeca; }
.c-database { background: #74add1; fill: #74add1; }
.c-cache { background: #abd9e9; fill: #abd9e9; }
.c-upstream { background: #fdae61; fill: #fdae61; }
.c-dns { background: #fee08b; fill: #fee08b; }
.c-disk { background: #c2a5cf; fill: #c2a5cf; }
.c-page_fault { background: #e7d4e8; fill: #e7d4e8; }
.c-lock { background: #f1877b; fill: #f1877b; }
.c-gil { background: #f6b5c0; fill: #f6b5c0; }
.c-event_loop { background: #d6a4f0; fill: #d6a4f0; }
.c-sleep { background: #bdbdbd; fill: #bdbdbd; }
.c-child { background: #d9c7a3; fill: #d9c7a3; }
.c-other { background: #d6d6d6; fill: #d6d6d6; }
.c-idle { background: #eee; fill: #eee; }
@media print { body { max-width: none; } .finding { break-inside: avoid; } }
)";
}

} // namespace linger::serve::html
