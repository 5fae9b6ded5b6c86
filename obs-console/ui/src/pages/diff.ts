import { html, nothing, type TemplateResult } from "lit-html";
import { clock, count, dateTime, duration, percent, rate, text } from "../format";
import { change, changed, type Route } from "../location";
import { taken, type Page } from "../page";
import { empty, endpointHref, endpointName, section } from "../parts/common";
import { table, type Column } from "../parts/table";
import type { Answer, Diff, Red, Share, TimeSpan } from "../types";
import { live, seconds } from "../window";
import { now } from "../api";

export const diff: Page<Diff> = {
  title: () => "What is different",
  nav: "/diff",
  call: (route) => ({ path: "diff", params: route.params.get("mode") === "slow" ? { mode: "slow" } : base(route) }),
  isWindowed: true,
  repeats: false,
  hasRail: true,
  view,
};

/** The window to compare with: what the address says, or as long a one just before. */
function base(route: Route): Record<string, string> {
  const given = taken(route, ["base_from", "base_to"]);
  if (given["base_from"] && given["base_to"]) return given;
  const length = (seconds(live() ?? "") ?? 0) * 1000;
  const end = now() - length;
  const from = Date.parse(route.params.get("from") ?? "");
  const to = Date.parse(route.params.get("to") ?? "");
  // Whole tens of seconds, so that the same view asks the same question.
  const whole = (at: number): string => new Date(Math.floor(at / 10_000) * 10_000).toISOString();
  if (length) return { base_from: whole(end - length), base_to: whole(end) };
  return Number.isNaN(from + to) ? {} : { base_from: new Date(2 * from - to).toISOString(), base_to: new Date(from).toISOString() };
}

type Row = Diff["endpoints"][number];

function pair(title: string, key: keyof Red, show: (value: number | null) => string): Column<Row> {
  return {
    key: `a_${key}`, title, isNumber: true, isMinor: key === "p50",
    cell: (row) => html`<span class="pair">${show(row.b[key])} <span aria-hidden="true">→</span> <b>${show(row.a[key])}</b></span>`,
    sort: (row) => row.a[key],
  };
}

const COLUMNS: Column<Row>[] = [
  { key: "endpoint", title: "Endpoint", isWide: true, cell: endpointName, sort: (row) => row.endpoint },
  { key: "score", title: "Differs", isNumber: true, cell: (row) => score(row.score), sort: (row) => row.score },
  pair("Rate", "rate", rate),
  pair("Failed", "error_ratio", percent),
  pair("p50", "p50", duration),
  pair("p99", "p99", duration),
];

function score(value: number): TemplateResult {
  const width = Math.max(0, Math.min(1, Math.abs(value))) * 60;
  return html`<span class="share"><svg width="60" height="8" viewBox="0 0 60 8" aria-hidden="true"><rect class="track" width="60" height="8" rx="2"></rect><rect class="fill" width=${width} height="8" rx="2"></rect></svg> <span class="num">${value.toFixed(2)}</span></span>`;
}

function view({ data }: Answer<Diff>, route: Route): TemplateResult {
  const isSlow = route.params.get("mode") === "slow";
  return html`
    ${chooser(data, isSlow)}
    ${section("Endpoints", data.endpoints.length === 0
      ? empty("Nothing to compare.", "One of the windows has no requests. Choose other ones.")
      : table({
        caption: isSlow ? "Endpoints, slow requests against the rest" : "Endpoints, the base and then the window",
        columns: COLUMNS, rows: data.endpoints,
        id: (row) => `${row.kind} ${row.method} ${row.endpoint}`,
        href: endpointHref, order: ["score", true], isSortable: true,
      }))}
    <div class="halves">
      ${section("Attributes", shares("Attributes", data.attributes, isSlow))}
      ${section("Versions", shares("Versions", data.versions, isSlow))}
    </div>`;
}

function chooser(data: Diff, isSlow: boolean): TemplateResult {
  return html`<div class="compare">
    <nav class="tabs" aria-label="What to compare">
      <a href=${changed({ mode: null })} aria-current=${String(!isSlow)}>Two windows</a>
      <a href=${changed({ mode: "slow", base_from: null, base_to: null })} aria-current=${String(isSlow)}>Slow against the rest</a>
    </nav>
    <p>${isSlow ? "The slowest requests of the window against all others in it." : html`<b>${span(data.a)}</b> against <b>${span(data.b)}</b>`}</p>
    ${isSlow ? nothing : html`<form class="inline" @submit=${setBase}>
      <label>Base from <input type="datetime-local" step="1" name="from" required .value=${local(data.b?.from)}></label>
      <label>to <input type="datetime-local" step="1" name="to" required .value=${local(data.b?.to)}></label>
      <button>Compare</button>
    </form>`}
  </div>`;
}

function span(window: TimeSpan | undefined): string {
  return window ? `${dateTime(window.from)} – ${clock(window.to)}` : "–";
}

function local(at: string | undefined): string {
  return at ? dateTime(at).replace(" ", "T") : "";
}

function setBase(event: Event): void {
  event.preventDefault();
  const data = new FormData(event.target as HTMLFormElement);
  const [from, to] = ["from", "to"].map((name) => Date.parse(String(data.get(name))));
  if (from && to) change({ base_from: new Date(from).toISOString(), base_to: new Date(to).toISOString(), mode: null });
}

function shares(caption: string, rows: Share[], isSlow: boolean): TemplateResult {
  if (rows.length === 0) return empty("No difference found.", "Values that are as frequent on both sides are left out.");
  const [first, second] = isSlow ? ["Rest", "Slow"] : ["Base", "Window"];
  return table<Share>({
    caption,
    columns: [
      { key: "key", title: "Value", isWide: true, cell: (row) => html`<span class="key">${text(row.key, 80)}</span> <bdi>${text(row.value, 160)}</bdi>` },
      { key: "score", title: "Differs", isNumber: true, cell: (row) => score(row.score) },
      { key: "b", title: first ?? "", isNumber: true, cell: (row) => html`${percent(row.b_share)} <span class="note">${count(row.b_count)}</span>` },
      { key: "a", title: second ?? "", isNumber: true, cell: (row) => html`<b>${percent(row.a_share)}</b> <span class="note">${count(row.a_count)}</span>` },
    ],
    rows,
    id: (row) => `${row.key} ${row.value}`,
  });
}
