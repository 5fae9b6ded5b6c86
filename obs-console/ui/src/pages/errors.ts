import { html, nothing, type TemplateResult } from "lit-html";
import { part } from "../api";
import { ago, clock, count, dateTime, text } from "../format";
import { now } from "../api";
import { to } from "../location";
import { listOf, type Page } from "../page";
import { empty, endpointHref, endpointName, figure, figures, section, traceHref } from "../parts/common";
import { bars } from "../parts/spark";
import { more, table, type Column } from "../parts/table";
import type { Answer, ErrorGroup } from "../types";
import { recordTable } from "./records";

export const errors: Page<ErrorGroup[]> = {
  title: () => "Errors",
  nav: "/errors",
  call: (route) => ({ path: "errors", params: listOf(route, ["last", "count", "first"]) }),
  isWindowed: true,
  repeats: true,
  hasRail: true,
  filter: { page: "errors", hint: "Filter errors, such as error_type:timeout endpoint:orders" },
  view: list,
};

export const error: Page<ErrorGroup> = {
  title: () => "Error",
  nav: "/errors",
  call: (route) => ({ path: `errors/${part(route.id)}`, params: {} }),
  isWindowed: true,
  repeats: true,
  view: single,
};

const COLUMNS: Column<ErrorGroup>[] = [
  { key: "error", title: "Error", isWide: true, cell: cause, sort: (row) => row.error_type },
  { key: "count", title: "Count", isNumber: true, cell: (row) => count(row.count), sort: (row) => row.count },
  { key: "trend", title: "Trend", cell: trend },
  { key: "last", title: "Last", isNumber: true, cell: (row) => html`<span title=${dateTime(row.last)}>${ago(row.last, now())}</span>`, sort: (row) => row.last },
  { key: "first", title: "First", isNumber: true, isMinor: true, cell: (row) => html`<span title=${dateTime(row.first)}>${ago(row.first, now())}</span>`, sort: (row) => row.first },
  { key: "endpoint", title: "Endpoint", isWide: true, cell: endpointName, sort: (row) => row.endpoint },
  { key: "example", title: "Example", cell: (row) => (row.example ? html`<a href=${traceHref(row.example.trace_id, row.example.span_id)}>trace</a>` : "–") },
];

function cause(row: ErrorGroup): TemplateResult {
  return html`<span class="bad-text"><span aria-hidden="true">✕</span> <b>${text(row.error_type ?? "error", 80)}</b></span> <span class="below"><bdi>${text(row.error ?? "", 240)}</bdi></span>`;
}

function trend(row: ErrorGroup): TemplateResult {
  const last = row.trend.counts.at(-1) ?? 0;
  return bars(row.trend.counts, `${count(row.count)} in steps since ${clock(row.trend.from)}, ${count(last)} in the newest`);
}

function list({ data, next }: Answer<ErrorGroup[]>): TemplateResult {
  return html`${section("Groups of errors", data.length === 0
    ? empty("No request failed in this window.", "Failures stand here by their cause: error type, text and endpoint, with what varies cut out.")
    : table({
      caption: "Groups of errors",
      columns: COLUMNS,
      rows: data,
      id: (row) => row.fingerprint,
      href: (row) => to(`/errors/${part(row.fingerprint)}`),
      order: ["count", true],
      isSortable: true,
    }))} ${more(next)}`;
}

function single({ data }: Answer<ErrorGroup>): TemplateResult {
  return html`
    <p class="lead bad-text"><b>${text(data.error_type ?? "error", 120)}</b> <bdi>${text(data.error ?? "", 2000)}</bdi></p>
    ${figures(
      figure("Count", count(data.count), "in the window", "bad"),
      figure("First", ago(data.first, now()), dateTime(data.first)),
      figure("Last", ago(data.last, now()), dateTime(data.last)),
      figure("Trend", trend(data)),
    )}
    <p class="links"><a href=${endpointHref(data)}>${endpointName(data)}</a>
      ${data.example ? html`<a href=${traceHref(data.example.trace_id, data.example.span_id)}>An example's trace</a>` : nothing}</p>
    ${data.error_source ? section("Sources", html`<pre><bdi>${text(data.error_source, 8192)}</bdi></pre>`) : nothing}
    ${section("Newest requests", data.recent?.length ? recordTable("Newest requests of this error", data.recent) : empty("None was kept.", "The recorder gave them up for newer ones."))}`;
}
