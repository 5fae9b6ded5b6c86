// The keys of the page.
import { html, type TemplateResult } from "lit-html";
import { go, to } from "./location";

export const KEYS: [keys: string, meaning: string][] = [
  ["/", "Go to the filter"],
  ["j  k  ↓  ↑", "Next or last row"],
  ["Enter", "Open the row"],
  ["p", "Pause, or follow the clock again"],
  ["c", "Copy a link to this view"],
  ["r", "Ask again now"],
  ["g then o r e l d a m t", "Go to Overview, Running, Errors, Logs, Difference, Alerts, Metrics, Runtime"],
  ["← →", "In a trace: close or open a span"],
  ["?", "Show these keys"],
  ["Esc", "Close"],
];

const PLACES: Record<string, string> = {
  o: "/", r: "/running", s: "/records", e: "/errors", l: "/logs", d: "/diff", a: "/alerts", m: "/metrics", t: "/runtime",
};

export interface Actions {
  pause: () => void;
  copy: () => void;
  reload: () => void;
  help: () => void;
}

/** Listens for the keys that hold on every page; what is typed into a field is left alone. */
export function listen(actions: Actions): void {
  let wasGo = 0;
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target as HTMLElement;
    if (target.closest("input, textarea, select, [contenteditable], dialog")) return;
    const isPlace = performance.now() - wasGo < 1500;
    wasGo = 0;
    if (isPlace && PLACES[event.key]) go(to(PLACES[event.key] ?? "/"));
    else if (event.key === "g") wasGo = performance.now();
    else if (!plain(event.key, actions)) return;
    event.preventDefault();
  });
}

function plain(key: string, actions: Actions): boolean {
  switch (key) {
    case "/":
      document.getElementById("filter")?.focus();
      return true;
    case "j":
    case "ArrowDown":
      return moveRow(1, key === "j");
    case "k":
    case "ArrowUp":
      return moveRow(-1, key === "k");
    case "p":
      actions.pause();
      return true;
    case "c":
      actions.copy();
      return true;
    case "r":
      actions.reload();
      return true;
    case "?":
      actions.help();
      return true;
    default:
      return false;
  }
}

// Arrows scroll the page until a row has the focus.
function moveRow(by: number, isLetter: boolean): boolean {
  const rows = [...document.querySelectorAll<HTMLElement>("main [data-row]")].filter((row) => row.offsetParent !== null);
  const present = rows.findIndex((row) => row === document.activeElement);
  if (rows.length === 0 || (present === -1 && !isLetter)) return false;
  const next = present === -1 ? (by > 0 ? 0 : rows.length - 1) : Math.max(0, Math.min(rows.length - 1, present + by));
  rows[next]?.focus();
  rows[next]?.scrollIntoView({ block: "nearest" });
  return true;
}

export function help(): TemplateResult {
  return html`<dl class="keys">${KEYS.map(([keys, meaning]) => html`<div><dt><kbd>${keys}</kbd></dt><dd>${meaning}</dd></div>`)}</dl>`;
}
