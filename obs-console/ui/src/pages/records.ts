import { html, type TemplateResult } from "lit-html";
import { clock, duration, text } from "../format";
import { changed, current } from "../location";
import { listOf, type Page } from "../page";
import { empty, endpointName, outcome, reason, section, traceHref } from "../parts/common";
import { mineParameter, mineSwitch } from "../parts/mine";
import { more, table, type Column, type Table } from "../parts/table";
import type { Answer, RecordSummary } from "../types";

export const records: Page<RecordSummary[]> = {
  title: () => "Requests",
  nav: "/records",
  call: (route) => ({ path: "records", params: { ...listOf(route, ["started", "duration"]), ...mineParameter(route) } }),
  isWindowed: true,
  repeats: true,
  hasRail: true,
  filter: { page: "records", hint: "Filter requests, such as outcome:server_error duration:>500ms status:5xx" },
  view,
};

const COLUMNS: Column<RecordSummary>[] = [
  { key: "endpoint", title: "Endpoint", isWide: true, cell: endpointName, sort: (row) => row.endpoint },
  { key: "started", title: "Started", isNumber: true, cell: (row) => clock(row.started, true), sort: (row) => row.started },
  { key: "duration", title: "Duration", isNumber: true, cell: (row) => duration(row.duration), sort: (row) => row.duration },
  { key: "outcome", title: "Outcome", cell: outcome, sort: (row) => row.outcome },
  { key: "error", title: "Reason", isWide: true, cell: reason },
  { key: "service", title: "Service", isMinor: true, cell: (row) => html`<bdi>${text(row.service, 60)}</bdi>`, sort: (row) => row.service },
  { key: "spans", title: "Spans", isNumber: true, isMinor: true, cell: (row) => row.spans + row.left_out_spans, sort: (row) => row.spans },
  { key: "lines", title: "Lines", isNumber: true, isMinor: true, cell: (row) => row.lines + row.left_out_lines, sort: (row) => row.lines },
];

/** A table of requests; each leads to its trace. */
export function recordTable(caption: string, rows: RecordSummary[], more: Partial<Table<RecordSummary>> = {}): TemplateResult {
  return table({
    caption,
    columns: COLUMNS,
    rows,
    id: (row) => `${row.span_id} ${row.started}`,
    href: (row) => traceHref(row.trace_id, row.span_id),
    ...more,
  });
}

const QUESTIONS: [name: string, filter: string | null, sort: string | null][] = [
  ["Newest", null, null],
  ["Slowest", null, "duration"],
  ["Failed", "outcome:server_error|panic", null],
  ["Slower than 1 s", "duration:>1s", "duration"],
  ["Cancelled", "outcome:cancelled|aborted", null],
];

function view({ data, next }: Answer<RecordSummary[]>): TemplateResult {
  const { params } = current();
  return html`
    <nav class="questions" aria-label="Common questions">${QUESTIONS.map(([name, filter, sort]) => {
      const isPresent = params.get("filter") === filter && params.get("sort") === sort;
      return html`<a href=${changed({ filter, sort, order: null })} aria-current=${isPresent ? "true" : "false"}>${name}</a>`;
    })} ${mineSwitch()}</nav>
    ${section("Requests", data.length === 0
      ? empty("No request that was kept matches.", "The recorder keeps the newest requests, and slow and failed ones longer. Take a longer window or fewer terms in the filter.")
      : recordTable("Requests that were kept", data, { isSortable: true, order: params.get("sort") ? ["duration", true] : ["started", true] }))}
    ${more(next)}`;
}
