import { html, nothing, type TemplateResult } from "lit-html";
import { bytes, count, duration, text } from "../format";
import { taken, type Page } from "../page";
import { age, empty, endpointName, figure, figures, level, mark, section, traceHref } from "../parts/common";
import { more, table, type Column } from "../parts/table";
import { mineParameter, mineSwitch } from "../parts/mine";
import type { Answer, Running, RunningAnswer } from "../types";

export const running: Page<RunningAnswer> = {
  title: () => "Running now",
  nav: "/running",
  call: (route) => ({ path: "running", params: { ...taken(route, ["filter", "limit"]), ...mineParameter(route) } }),
  isWindowed: false,
  repeats: true,
  filter: { page: "running", hint: "Filter what is running, such as endpoint:orders duration:>1s" },
  view,
};

const COLUMNS: Column<Running>[] = [
  { key: "endpoint", title: "What", isWide: true, cell: what, sort: (row) => row.endpoint },
  { key: "age", title: "Age", isNumber: true, cell: (row) => age(row.age, row.p99), sort: (row) => row.age },
  { key: "phase", title: "Phase and open spans", cell: phase, sort: (row) => row.phase },
  { key: "since_poll", title: "Since last poll", isNumber: true, cell: (row) => duration(row.since_poll), sort: (row) => row.since_poll },
  { key: "last_line", title: "Last line", isWide: true, cell: lastLine },
  { key: "response_bytes", title: "Sent", isNumber: true, isMinor: true, cell: (row) => bytes(row.response_bytes), sort: (row) => row.response_bytes },
  { key: "polls", title: "Polls", isNumber: true, isMinor: true, cell: (row) => count(row.polls), sort: (row) => row.polls },
];

/** Of what is under way: its kind, endpoint and path. */
export function what(row: Running): TemplateResult {
  return html`${endpointName(row)} ${row.kind === "request" || row.kind === "call" ? nothing : html`<span class="kind">${text(row.kind, 20)}</span>`}
    ${row.path && row.path !== row.endpoint ? html`<span class="below"><bdi>${text(row.path, 160)}</bdi></span>` : nothing}`;
}

function phase(row: Running): TemplateResult {
  const words = { waiting: "waiting for the head", body: "sending the body", streaming: "streaming" }[row.phase] ?? row.phase;
  return html`${row.stuck ? html`${mark("stuck", "bad")} ` : nothing}${text(words, 40)}${row.status === null ? nothing : html` <span class="num">${text(row.status, 12)}</span>`}
    ${row.open_spans.length ? html`<span class="below"><bdi>${text(row.open_spans.join(" › "), 160)}</bdi></span>` : nothing}`;
}

function lastLine({ last_line: line }: Running): TemplateResult | string {
  return line ? html`${level(line.level)} <bdi class="reason">${text(line.message, 200)}</bdi>` : "–";
}

function view({ data, next }: Answer<RunningAnswer>): TemplateResult {
  return html`
    ${figures(
      figure("Under way", count(data.total)),
      figure("Stuck", count(data.stuck), data.stuck ? "much older than usual, or not polled" : "none", data.stuck ? "bad" : ""),
    )}
    ${mineSwitch()}
    ${data.running.length === 0
      ? section("Under way", empty("Nothing is running at this moment.", "Requests, streams, jobs and outgoing calls stand here from their start to their end. Short ones come and go between two looks."))
      : section("Under way", table({
        caption: "What is running, what is stuck first",
        columns: COLUMNS,
        rows: data.running,
        id: (row) => `${row.span_id} ${row.started}`,
        href: (row) => traceHref(row.trace_id, row.span_id),
        tone: (row) => (row.stuck ? "bad-row" : ""),
        isSortable: true,
      }))}
    ${more(next)}`;
}
