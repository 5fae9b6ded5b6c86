import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import { part } from "../api";
import { saved } from "../base";
import { block, clock, count, dateTime, duration, percent, shortId, text } from "../format";
import { change, changed, to, type Route } from "../location";
import type { Page } from "../page";
import { empty, endpointHref, figure, figures, level, mark, outcome, section } from "../parts/common";
import { traceFile } from "../share";
import type { Answer, KeyValue, Line, Trace, TraceSpan } from "../types";

export const trace: Page<Trace> = {
  title: (route) => `Trace ${shortId(route.id)}`,
  nav: "/records",
  call: (route) => ({ path: `traces/${part(route.id)}`, params: {} }),
  isWindowed: false,
  repeats: false,
  view,
};

function view({ data }: Answer<Trace>, route: Route): TemplateResult {
  const isList = route.params.get("view") === "lines";
  return html`
    ${summary(data)}
    ${section("Spans and lines", isList ? lineList(data) : waterfall(data, route), switcher(route, isList, data))}
    ${isList ? nothing : details(data, route.params.get("span"))}
    ${open(data)}`;
}

function summary(data: Trace): TemplateResult {
  const root = data.records[0];
  const failed = data.spans.filter((span) => span.status === "error").length;
  return html`${figures(
    figure("Took", duration(data.duration), dateTime(data.started)),
    figure("Outcome", root ? outcome(root) : "–", root?.error ? html`<bdi>${text(root.error, 240)}</bdi>` : nothing, failed ? "bad" : ""),
    figure("Spans", count(data.spans.length), failed ? `${failed} failed` : "none failed"),
    figure("Lines", count(data.lines.length), data.services.map((service) => text(service, 40)).join(", ")),
    figure("Unaccounted", duration(data.unaccounted), `${percent(data.duration ? data.unaccounted / data.duration : null)} in no span below`),
  )}
  <p class="links">${root ? html`<a href=${endpointHref(root)}>The endpoint ${text(root.method, 12)} ${text(root.endpoint, 80)}</a>` : nothing}
    <a href=${to("/logs", around(data))}>Its lines in the logs</a>
    ${saved ? nothing : html`<a download href=${traceFile(data.trace_id, "otlp")}>OTLP JSON</a> <a download href=${traceFile(data.trace_id, "html")}>HTML file</a>`}
    <span class="id">${text(data.trace_id, 64)}</span></p>`;
}

/** The window around a trace, so that the link still shows something later. */
function around(data: Trace): Record<string, string> {
  const start = Date.parse(data.started);
  const window = Number.isNaN(start) ? {} : {
    from: new Date(start - 1000).toISOString(),
    to: new Date(start + data.duration * 1000 + 1000).toISOString(),
  };
  return { filter: `trace_id:${data.trace_id}`, ...window };
}

function switcher(route: Route, isList: boolean, data: Trace): TemplateResult {
  const hasLines = route.params.get("lines") !== "0";
  const search = (event: Event): void => change({ search: (event.target as HTMLInputElement).value || null }, true);
  const lines = (event: Event): void => change({ lines: (event.target as HTMLInputElement).checked ? null : "0" }, true);
  return html`<div class="tools-row">
    ${isList ? nothing : html`<input type="search" id="filter" aria-label="Search in the trace" placeholder="Search names, attributes, lines" .value=${route.params.get("search") ?? ""} @input=${search}>
      <label class="switch"><input type="checkbox" .checked=${hasLines} @change=${lines}> Lines between the spans</label>
      ${route.params.get("zoom") ? html`<a href=${changed({ zoom: null })}>Whole time</a>` : nothing}`}
    <nav class="tabs" aria-label="Form"><a href=${changed({ view: null })} aria-current=${String(!isList)}>Waterfall</a><a href=${changed({ view: "lines" })} aria-current=${String(isList)}>All ${count(data.lines.length)} lines in order</a></nav>
  </div>`;
}

function waterfall(data: Trace, route: Route): TemplateResult {
  if (data.spans.length === 0 && data.lines.length === 0) return empty("Nothing of this trace was kept.", "It may not have been sampled, or its spans have given way to newer ones.");
  const choose = (event: CustomEvent<string>): void => change({ span: event.detail }, true);
  const zoom = (event: CustomEvent<[number, number]>): void => {
    const [from, end] = event.detail;
    change({ zoom: from <= 0 && end >= data.duration ? null : `${from.toFixed(6)}-${end.toFixed(6)}` }, true);
  };
  return html`<obs-waterfall .trace=${data} .hasLines=${route.params.get("lines") !== "0"} .search=${route.params.get("search") ?? ""}
      .zoom=${zoomOf(route.params.get("zoom"))} .selected=${route.params.get("span")} @choose=${choose} @zoom=${zoom}></obs-waterfall>
    <p class="wf-legend">${data.services.map((service, at) => html`<span><i class="swatch s${(at % 6) + 1}"></i>${text(service, 40)}</span>`)}
      <span><i class="swatch critical"></i>critical path</span> <span><i class="swatch failed"></i>failed</span> <span class="note">Drag over the axis to look closer; arrows move, ← → close and open.</span></p>`;
}

function zoomOf(value: string | null): [number, number] | null {
  const parts = /^(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)$/.exec(value ?? "");
  const [from, end] = [Number(parts?.[1]), Number(parts?.[2])];
  return parts && end > from ? [from, end] : null;
}

function details(data: Trace, id: string | null): TemplateResult | typeof nothing {
  if (id?.startsWith("line:")) {
    const line = data.lines[Number(id.slice(5))];
    return line ? section("Line", lineDetails(line)) : nothing;
  }
  const span = data.spans.find((candidate) => candidate.span_id === id);
  return span ? section("Span", spanDetails(data, span)) : nothing;
}

function spanDetails(data: Trace, span: TraceSpan): TemplateResult {
  const lines = data.lines.filter((line) => line.span_id === span.span_id);
  return html`<div class="detail" id="detail">
    <h3><bdi>${text(span.name, 240)}</bdi> ${span.status === "error" ? mark("failed", "bad") : nothing}</h3>
    ${span.error ? html`<p class="bad-text"><bdi>${text(span.error, 2000)}</bdi></p>` : nothing}
    ${pairs([
      { key: "service", value: span.service }, { key: "kind", value: span.kind },
      { key: "started", value: `${clock(span.started, true)}, ${duration(span.offset)} after the start` },
      { key: "took", value: duration(span.duration) }, { key: "itself", value: duration(span.self_time) },
      { key: "span_id", value: span.span_id }, { key: "parent_id", value: span.parent_id ?? "–" },
      ...(span.outcome ? [{ key: "outcome", value: span.outcome }] : []),
    ])}
    ${span.attributes.length ? html`<h4>Attributes</h4>${pairs(span.attributes)}` : nothing}
    ${span.left_out_attributes ? html`<p class="left-out">${span.left_out_attributes} attributes were not kept.</p>` : nothing}
    ${span.events.length ? html`<h4>Events</h4>${span.events.map((event) => html`<p><span class="num">${clock(event.at, true)}</span> <b><bdi>${text(event.name, 200)}</bdi></b></p>${pairs(event.attributes)}`)}` : nothing}
    ${lines.length ? html`<h4>Lines</h4>${lineTable(lines.slice(0, 200))}` : nothing}
  </div>`;
}

/** Names and values, as text. */
export function pairs(list: KeyValue[]): TemplateResult {
  return html`<dl class="kv">${list.map(({ key, value }) => html`<div><dt><bdi>${text(key, 120)}</bdi></dt><dd><bdi>${block(value, 8192)}</bdi></dd></div>`)}</dl>`;
}

/** A line with its fields and the text as it was written. */
export function lineDetails(line: Line): TemplateResult {
  return html`<div class="detail" id="detail">
    <h3>${level(line.level)} <bdi>${text(line.message, 2000)}</bdi></h3>
    ${pairs([
      { key: "at", value: `${dateTime(line.at)} (${clock(line.at, true)})` }, { key: "service", value: line.service }, { key: "target", value: line.target },
      ...(line.request_id ? [{ key: "request_id", value: line.request_id }] : []),
      ...(line.span_id ? [{ key: "span_id", value: line.span_id }] : []),
    ])}
    ${line.trace_id ? html`<p class="links"><a href=${to(`/trace/${part(line.trace_id)}`, { span: line.span_id })}>Open its trace</a></p>` : nothing}
    ${line.fields.length ? html`<h4>Fields</h4>${pairs(line.fields)}` : nothing}
    <details class="as-table"><summary>As it was written</summary><pre><bdi>${block(line.text)}</bdi></pre></details>
  </div>`;
}

function lineTable(lines: Line[]): TemplateResult {
  return html`<div class="scroll" role="region" tabindex="0" aria-label="Lines"><table class="lines"><caption class="hidden">Lines</caption>
    <thead><tr><th scope="col">Time</th><th scope="col">Level</th><th scope="col">Service</th><th scope="col" class="wide">Message</th></tr></thead>
    <tbody>${repeat(lines, (_, at) => at, (line) => html`<tr>
      <td class="num">${clock(line.at, true)}</td><td>${level(line.level)}</td><td><bdi>${text(line.service, 40)}</bdi></td>
      <td class="wide"><bdi>${text(line.message, 500)}</bdi> <span class="note"><bdi>${text(line.fields.map(({ key, value }) => `${key}=${value}`).join(" "), 300)}</bdi></span></td></tr>`)}</tbody>
  </table></div>`;
}

function lineList(data: Trace): TemplateResult {
  const inOrder = [...data.lines].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  return inOrder.length ? lineTable(inOrder) : empty("This trace has no lines.", "Lines below the log filter's level are not written and so not kept.");
}

function open(data: Trace): TemplateResult | typeof nothing {
  if (data.open.length === 0) return nothing;
  return section("Still under way", html`<ul class="pairs">${data.open.map((row) => html`<li><span><bdi>${text(row.method, 20)} ${text(row.endpoint, 120)}</bdi></span><span class="num">${duration(row.age)}</span></li>`)}</ul>`);
}
