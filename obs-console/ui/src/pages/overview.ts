import { html, nothing, type TemplateResult } from "lit-html";
import { count, duration, percent, rate, text, withUnit } from "../format";
import { to } from "../location";
import { listOf, type Page } from "../page";
import { budget, empty, endpointHref, endpointName, figure, figures, labels, section } from "../parts/common";
import { range, spark } from "../parts/spark";
import { more, table, type Column } from "../parts/table";
import type { Alert, Answer, EndpointRow, Overview } from "../types";
import { alertLine } from "./alerts";

const SORTS = ["rate", "error_ratio", "p50", "p95", "p99", "in_flight"];

export const overview: Page<Overview> = {
  title: () => "Overview",
  nav: "/",
  call: (route) => ({ path: "overview", params: listOf(route, SORTS) }),
  isWindowed: true,
  repeats: true,
  hasRail: true,
  filter: { page: "overview", hint: "Filter endpoints, such as method:GET endpoint:orders" },
  view,
};

const COLUMNS: Column<EndpointRow>[] = [
  { key: "endpoint", title: "Endpoint", isWide: true, cell: endpointName, sort: (row) => `${row.endpoint} ${row.method}` },
  { key: "rate", title: "Rate", isNumber: true, cell: (row) => rate(row.rate), sort: (row) => row.rate },
  { key: "spark", title: "Course", isMinor: true, cell: (row) => spark(row.spark.rate, row.spark.errors) },
  { key: "error_ratio", title: "Errors", isNumber: true, cell: (row) => errors(row), sort: (row) => row.error_ratio },
  { key: "p50", title: "p50", isNumber: true, cell: (row) => duration(row.p50), sort: (row) => row.p50 },
  { key: "p95", title: "p95", isNumber: true, isMinor: true, cell: (row) => duration(row.p95), sort: (row) => row.p95 },
  { key: "p99", title: "p99", isNumber: true, cell: (row) => duration(row.p99), sort: (row) => row.p99 },
  { key: "range", title: "100 µs to 100 s", isMinor: true, cell: (row) => range(row.p50, row.p95, row.p99) },
  { key: "in_flight", title: "In flight", isNumber: true, cell: (row) => count(row.in_flight), sort: (row) => row.in_flight },
  { key: "budget_left", title: "Budget", isMinor: true, cell: (row) => budget(row.budget_left), sort: (row) => row.budget_left },
];

function errors(row: EndpointRow): TemplateResult | string {
  if (!row.error_ratio) return row.error_ratio === 0 ? html`<span class="mute">0 %</span>` : "–";
  return html`<span class="bad-text"><span aria-hidden="true">✕ </span>${percent(row.error_ratio)}</span>`;
}

function view({ data, next }: Answer<Overview>): TemplateResult {
  const { totals } = data;
  return html`
    ${figures(
      figure("Requests", rate(totals.rate), `${count(totals.requests)} in the window`),
      figure("Failed", percent(totals.error_ratio), totals.error_ratio ? html`<a href=${to("/errors")}>Why</a>` : "none", totals.error_ratio ? "bad" : ""),
      figure("In flight", count(totals.in_flight), html`<a href=${to("/running")}>Look</a>`),
      figure("Alerts", String(data.alerts.length), data.alerts.length ? "firing" : "quiet", data.alerts.length ? "bad" : ""),
    )}
    <div class="columns">
      <div class="main-column">${data.alerts.length ? firing(data.alerts) : nothing} ${endpoints(data.endpoints)} ${more(next)}</div>
      <div class="side-column">${saturation(data)} ${telemetry(data.telemetry)}</div>
    </div>`;
}

function firing(alerts: Alert[]): TemplateResult {
  return section("Firing alerts", html`<ul class="alerts">${alerts.map((alert) => html`<li>${alertLine(alert)}</li>`)}</ul>`, html`<a href=${to("/alerts")}>All alerts</a>`);
}

function endpoints(rows: EndpointRow[]): TemplateResult {
  if (rows.length === 0) {
    return section("Endpoints", empty("No request in this window.", html`Send one, for example with <code>curl</code>, or choose a longer window. Endpoints appear as soon as the first request has ended.`));
  }
  return section("Endpoints", table({
    caption: "Endpoints with rate, errors and latency",
    columns: COLUMNS,
    rows,
    id: (row) => `${row.kind} ${row.method} ${row.endpoint}`,
    href: endpointHref,
    tone: (row) => ((row.error_ratio ?? 0) > 0.05 ? "bad-row" : ""),
    order: ["rate", true],
    isSortable: true,
  }));
}

function saturation({ saturation: list }: Overview): TemplateResult {
  if (list.length === 0) return section("Saturation", empty("Nothing is limited.", "Pools, queues and limits that report their use stand here."));
  return section("Saturation", html`<ul class="pairs">${list.map((item) => html`<li>
    <span><bdi>${text(item.name, 80)}</bdi> ${labels(item.labels)}</span>
    <span class="num">${withUnit(item.value, item.unit)}${item.limit === null ? nothing : html` <span class="note">of ${withUnit(item.limit, item.unit)}</span>`}</span>
  </li>`)}</ul>`);
}

const BYTES = ["recorder_bytes", "recorder_limit"];
const LOST = ["lines_dropped", "spans_dropped", "series_dropped"];

function telemetry(values: Overview["telemetry"]): TemplateResult {
  return section("Telemetry itself", html`<ul class="pairs">${Object.entries(values).map(([name, value]) => {
    const isLost = LOST.includes(name) && (value ?? 0) > 0;
    const shown = BYTES.includes(name) ? withUnit(value, "bytes") : count(value);
    return html`<li class=${isLost ? "bad-text" : ""}><span>${isLost ? "✕ " : ""}${words(name)}</span><span class="num">${shown}</span></li>`;
  })}</ul>`);
}

function words(name: string): string {
  const spaced = name.replaceAll("_", " ");
  return text(spaced.charAt(0).toUpperCase() + spaced.slice(1), 60);
}
