import { html, nothing, type TemplateResult } from "lit-html";
import { clock, count, duration, percent, rate, text } from "../format";
import { to, type Route } from "../location";
import { taken, type Page } from "../page";
import { budget, empty, figure, figures, mark, section, share, traceLink } from "../parts/common";
import type { ChartSpec } from "../parts/chart";
import type { Answer, EndpointAnswer, Heatmap } from "../types";
import { recordTable } from "./records";

export const endpoint: Page<EndpointAnswer> = {
  title: (route) => text(`${route.params.get("method") ?? ""} ${route.params.get("endpoint") ?? "Endpoint"}`.trim(), 160),
  nav: "/",
  call: (route) => ({ path: "endpoint", params: taken(route, ["kind", "method", "endpoint"]) }),
  isWindowed: true,
  repeats: true,
  view,
};

function view({ data }: Answer<EndpointAnswer>, route: Route): TemplateResult {
  const { row } = data;
  return html`
    ${figures(
      figure("Rate", rate(row.rate), `${count(row.requests)} in the window`),
      figure("Failed", percent(row.error_ratio), `${count(row.errors)} requests`, row.errors ? "bad" : ""),
      figure("p50", duration(row.p50), head(data, "p50")),
      figure("p95", duration(row.p95), head(data, "p95")),
      figure("p99", duration(row.p99), head(data, "p99")),
      figure("In flight", count(row.in_flight)),
      row.budget_left === null ? nothing : figure("Budget left", budget(row.budget_left)),
    )}
    ${section("Latency", heat(data.heatmap), links(route))}
    <div class="halves">
      ${section("Rate", html`<obs-chart .spec=${rates(data)}></obs-chart>`)}
      ${section("Percentiles", html`<obs-chart .spec=${percentiles(data)}></obs-chart>`)}
      ${section("Status", mix(data.statuses.map(({ status, count: many }) => [text(status, 20), many, tone(status)])))}
      ${section("Outcome", mix(data.outcomes.map(({ outcome, count: many }) => [mark(outcome), many, ""])))}
    </div>
    ${section("Newest failures", data.errors.length ? recordTable("Newest failures", data.errors) : empty("None was kept from this window.", "Failed requests are kept longer than others."))}
    ${section("Slowest", data.slowest.length ? recordTable("Slowest requests", data.slowest) : empty("None was kept from this window.", "The slowest requests of each endpoint are kept longer than others."))}`;
}

function head(data: EndpointAnswer, key: "p50" | "p95" | "p99"): string | typeof nothing {
  return data.head ? `${duration(data.head[key])} to the head` : nothing;
}

function links(route: Route): TemplateResult {
  const method = route.params.get("method") ?? "";
  const name = route.params.get("endpoint") ?? "";
  const filter = `method:${quoted(method)} endpoint:${quoted(name)}`;
  return html`<span class="links"><a href=${to("/records", { filter })}>Its requests</a> <a href=${to("/logs", { filter: `endpoint:${quoted(name)}` })}>Its lines</a></span>`;
}

/** A value of the filter language. */
export function quoted(value: string): string {
  return /^[\w/.{}*-]+$/.test(value) ? value : `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

function heat(map: Heatmap): TemplateResult {
  if (map.counts.length === 0) return empty("No request in this window.", "Choose a longer window.");
  return html`<obs-heatmap .map=${map}></obs-heatmap>
    <details class="as-table"><summary>As a table</summary>${heatTable(map)}</details>`;
}

function heatTable(map: Heatmap): TemplateResult {
  const totals = map.bounds.map((bound, at) => ({ bound, many: map.counts.reduce((sum, column) => sum + (column[at] ?? 0), 0) }));
  return html`<div class="halves">
    <table><caption>Requests by latency</caption><thead><tr><th scope="col">Up to</th><th scope="col" class="num">Requests</th></tr></thead>
      <tbody>${totals.filter(({ many }) => many > 0).map(({ bound, many }) => html`<tr><td>${bound === null ? "more" : duration(bound)}</td><td class="num">${count(many)}</td></tr>`)}</tbody></table>
    <table><caption>Requests with a trace</caption><thead><tr><th scope="col">Trace</th><th scope="col" class="num">At</th><th scope="col" class="num">Latency</th></tr></thead>
      <tbody>${map.exemplars.slice(0, 100).map((dot) => html`<tr><td>${traceLink(dot.trace_id, dot.span_id)}</td><td class="num">${clock(dot.at, true)}</td><td class="num">${duration(dot.value)}</td></tr>`)}</tbody></table>
  </div>`;
}

function rates({ series }: EndpointAnswer): ChartSpec {
  return {
    title: "Rate", from: series.from, step: series.step, unit: "/s",
    series: [
      { name: "requests", values: series.rate, tone: "accent", isFilled: true },
      { name: "failed", values: series.errors, tone: "bad", dash: [4, 3], isFilled: true },
    ],
  };
}

function percentiles({ series }: EndpointAnswer): ChartSpec {
  return {
    title: "Percentiles", from: series.from, step: series.step, unit: "seconds",
    series: [
      { name: "p50", values: series.p50, tone: "s1" },
      { name: "p95", values: series.p95, tone: "s2", dash: [6, 3] },
      { name: "p99", values: series.p99, tone: "s3", dash: [2, 3] },
    ],
  };
}

function tone(status: string): string {
  return status.startsWith("5") ? "bad" : status.startsWith("4") ? "warn" : "good";
}

function mix(parts: [name: unknown, count: number, tone: string][]): TemplateResult {
  const total = parts.reduce((sum, [, many]) => sum + many, 0);
  if (total === 0) return empty("No request in this window.", "Choose a longer window.");
  return html`<ul class="pairs">${parts.map(([name, many, own]) => html`<li><span>${name}</span><span>${share(many, total, own)} <span class="note num">${count(many)}</span></span></li>`)}</ul>`;
}
