// The causes' colours for CSS, from the one list of them: class "c-database" and so on.

import { causes } from "./causes";

export function addCauseColours(): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(causes.map(({ name, colour }) => `.c-${name} { background: ${colour}; color: #111; }`).join("\n"));
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}
