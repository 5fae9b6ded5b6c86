import { html, nothing, type TemplateResult } from "lit-html";
import { part } from "../api";
import { count, duration, text, withUnit } from "../format";
import { to } from "../location";
import { taken, type Page } from "../page";
import type { ChartSpec, Series } from "../parts/chart";
import { empty, labels, section } from "../parts/common";
import { more, table, type Column } from "../parts/table";
import { copy } from "../share";
import type { Answer, Metric, MetricAnswer, MetricSeries } from "../types";

export const metrics: Page<Metric[]> = {
  title: () => "Metrics",
  nav: "/metrics",
  call: (route) => ({ path: "metrics", params: taken(route, ["filter"]) }),
  isWindowed: false,
  repeats: true,
  filter: { page: "overview", hint: "Filter metrics by name or help" },
  view: list,
};

export const metric: Page<MetricAnswer> = {
  title: (route) => text(route.id, 160),
  nav: "/metrics",
  call: (route) => ({ path: `metrics/${part(route.id)}`, params: {} }),
  isWindowed: true,
  repeats: true,
  view: single,
};

const COLUMNS: Column<Metric>[] = [
  { key: "name", title: "Name", cell: (row) => html`<code>${text(row.name, 160)}</code>`, sort: (row) => row.name },
  { key: "type", title: "Type", cell: (row) => html`<span class="kind">${text(row.type, 30)}</span>`, sort: (row) => row.type },
  { key: "unit", title: "Unit", cell: (row) => text(row.unit || "–", 30), sort: (row) => row.unit },
  { key: "series", title: "Series", isNumber: true, cell: (row) => count(row.series), sort: (row) => row.series },
  { key: "help", title: "Help", isWide: true, isMinor: true, cell: (row) => html`<bdi>${text(row.help, 300)}</bdi>` },
];

function list({ data, next }: Answer<Metric[]>): TemplateResult {
  return html`${section("Metrics", data.length === 0
    ? empty("No metric matches.", "Metrics appear with their first value.")
    : table({ caption: "Metrics of this service", columns: COLUMNS, rows: data, id: (row) => row.name, href: (row) => to(`/metrics/${part(row.name)}`), order: ["name", false], isSortable: true }))} ${more(next)}`;
}

const DRAWN = 6;
const TONES = ["s1", "s2", "s3", "s4", "s5", "s6"] as const;
const DASHES = [undefined, [6, 3], [2, 3], [8, 3, 2, 3], [4, 4], [1, 3]];

function single({ data, next }: Answer<MetricAnswer>): TemplateResult {
  return html`
    <p class="lead"><span class="kind">${text(data.type, 30)}</span> ${data.unit ? html`<span class="kind">${text(data.unit, 30)}</span>` : nothing} <bdi>${text(data.help, 1000)}</bdi></p>
    ${section("Course", chart(data))}
    ${data.promql.length ? section("PromQL", html`<ul class="queries">${data.promql.map(query)}</ul>`) : nothing}
    ${section("Series", data.series.length === 0
      ? empty("No series yet.", "The first value makes one.")
      : table<MetricSeries>({
        caption: "Series of the metric",
        columns: [
          { key: "labels", title: "Labels", isWide: true, cell: (row) => (row.labels.length ? labels(row.labels) : "–") },
          { key: "value", title: "Value", isNumber: true, cell: (row) => value(row, data.unit), sort: (row) => row.value ?? row.count },
          { key: "quantiles", title: "Quantiles", isNumber: true, isMinor: true, cell: (row) => quantiles(row, data.unit) },
          { key: "promql", title: "PromQL", cell: (row) => copyButton(row.promql) },
        ],
        rows: data.series, id: (row) => row.promql, isSortable: true,
      }))} ${more(next)}`;
}

function value(row: MetricSeries, unit: string): string {
  if (row.count === null) return withUnit(row.value, unit);
  const mean = row.sum !== null && row.count > 0 ? `, mean ${withUnit(row.sum / row.count, unit)}` : "";
  return `${count(row.count)}${mean}`;
}

function quantiles(row: MetricSeries, unit: string): string {
  return row.quantiles.map((item) => `p${item.quantile * 100} ${withUnit(item.value, unit)}`).join(", ") || "–";
}

function query(words: string): TemplateResult {
  return html`<li><code>${text(words, 1000)}</code> ${copyButton(words)}</li>`;
}

function copyButton(words: string): TemplateResult {
  const take = async (event: Event): Promise<void> => {
    const button = event.target as HTMLButtonElement;
    button.textContent = (await copy(words)) ? "Copied" : "Not copied";
  };
  return html`<button type="button" class="quiet" title=${text(words, 500)} @click=${take}>Copy</button>`;
}

function chart(data: MetricAnswer): TemplateResult {
  const drawn = data.series.filter((row) => row.history.values.some((at) => at !== null)).slice(0, DRAWN);
  const first = drawn[0];
  if (!first) return empty("No history yet.", html`Values are kept from the start of the console on, every ${duration(2)}.`);
  const isGauge = data.type === "gauge" || data.type === "info";
  const spec: ChartSpec = {
    title: data.name, from: first.history.from, step: first.history.step, unit: isGauge ? data.unit : "/s",
    series: drawn.map((row, at): Series => {
      const dash = DASHES[at];
      return { name: nameOf(row), values: row.history.values, tone: TONES[at] ?? "s1", ...(dash ? { dash } : {}) };
    }),
  };
  return html`<obs-chart .spec=${spec}></obs-chart>${data.series.length > drawn.length ? html`<p class="note">${drawn.length} of ${data.series.length} series are drawn.</p>` : nothing}`;
}

function nameOf(row: MetricSeries): string {
  return row.labels.length ? text(row.labels.map((label) => label.value).join(" "), 60) : "value";
}
