import { html, nothing, type TemplateResult } from "lit-html";
import { change, to, type Route } from "../location";
import { taken, type Page } from "../page";
import { empty, section } from "../parts/common";
import { mineParameter, mineSwitch } from "../parts/mine";
import { lineId, type TailSpec } from "../parts/tail";
import { saved } from "../base";
import type { Answer, Line } from "../types";
import { live } from "../window";
import { lineDetails } from "./trace";

const FIRST = "1000";
// The element keeps more lines than an answer has: what is chosen is kept here, for its details.
let chosen: Line | null = null;
let shown: { answer: Answer<Line[]>; lines: Line[] } | null = null;

export const logs: Page<Line[]> = {
  title: () => "Logs",
  nav: "/logs",
  call: (route) => ({ path: "lines", params: { ...parameters(route), limit: FIRST } }),
  isWindowed: true,
  repeats: "once",
  hasRail: false,
  filter: { page: "logs", hint: "Filter lines, such as level:warn target:orders \"payment failed\" -field.user:42" },
  view,
};

function parameters(route: Route): Record<string, string> {
  return { ...taken(route, ["filter"]), ...mineParameter(route) };
}

/** The lines of an answer, oldest first; the same list for the same answer. */
function inOrder(answer: Answer<Line[]>): Line[] {
  if (shown?.answer !== answer) {
    shown = { answer, lines: [...answer.data].sort((a, b) => Date.parse(a.at) - Date.parse(b.at) || (a.seq ?? 0) - (b.seq ?? 0)) };
  }
  return shown.lines;
}

function view(answer: Answer<Line[]>, route: Route): TemplateResult {
  const isFollowing = live() !== null && !saved;
  const lines = inOrder(answer);
  const selected = route.params.get("line");
  const spec: TailSpec = { lines, follow: isFollowing ? { path: "lines", params: parameters(route) } : null, selected };
  const choose = (event: CustomEvent<Line>): void => {
    chosen = event.detail;
    change({ line: lineId(chosen) }, true);
  };
  const line = chosen && lineId(chosen) === selected ? chosen : lines.find((candidate) => lineId(candidate) === selected);
  return html`
    <div class="tools-row">${mineSwitch()}</div>
    <obs-tail class=${isFollowing ? "following" : "standing"} .spec=${spec} @choose=${choose}></obs-tail>
    ${lines.length === 0 ? nothingYet(isFollowing) : nothing}
    ${line ? section("Line", lineDetails(line), html`<a href=${to("/logs", { filter: route.params.get("filter") })}>Close</a>`) : nothing}`;
}

function nothingYet(isFollowing: boolean): TemplateResult {
  return empty(
    isFollowing ? "No line yet." : "No line in this window matches.",
    isFollowing
      ? "Lines appear here as they are written. If none comes, the log filter may be stricter than you think: see Runtime."
      : "The newest lines are kept, and those of kept requests. Take fewer terms in the filter or another window.",
  );
}
