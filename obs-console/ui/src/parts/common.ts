// Small pieces that many pages have.
import { html, nothing, type TemplateResult } from "lit-html";
import { part } from "../api";
import { duration, percent, shortId, text } from "../format";
import { to } from "../location";
import type { EndpointRow, Label, LeftOut, Level, RecordSummary } from "../types";

export type Content = TemplateResult | typeof nothing | string;

/** A part of a page with a heading. */
export function section(title: string, content: unknown, aside: unknown = nothing): TemplateResult {
  return html`<section class="panel">
    <header class="panel-head"><h2>${title}</h2>${aside}</header>
    ${content}
  </section>`;
}

/** What stands where there is nothing to show: what that means and what to do. */
export function empty(title: string, advice: unknown): TemplateResult {
  return html`<div class="empty"><p class="empty-title">${title}</p><p>${advice}</p></div>`;
}

/** A figure with its name. */
export function figure(name: string, value: unknown, note: unknown = nothing, tone = ""): TemplateResult {
  return html`<div class="figure ${tone}"><dt>${name}</dt><dd>${value}</dd><dd class="note">${note}</dd></div>`;
}

export function figures(...items: unknown[]): TemplateResult {
  return html`<dl class="figures">${items}</dl>`;
}

const OUTCOMES: Record<string, [tone: string, sign: string]> = {
  ok: ["good", "✓"],
  client_error: ["warn", "▲"],
  server_error: ["bad", "✕"],
  error: ["bad", "✕"],
  panic: ["bad", "✕"],
  timeout: ["bad", "✕"],
  cancelled: ["mute", "○"],
  aborted: ["warn", "○"],
};

/** An outcome or state: a sign, a word and a colour, so that none of them is needed alone. */
export function mark(word: string, tone?: string): TemplateResult {
  const [known, sign] = OUTCOMES[word] ?? ["mute", "·"];
  const own: Record<string, string> = { good: "✓", warn: "▲", bad: "✕", mute: "○" };
  return html`<span class="mark ${tone ?? known}"><span aria-hidden="true">${tone ? own[tone] : sign}</span> ${text(word.replaceAll("_", " "), 60)}</span>`;
}

export function outcome(record: { outcome: string | null; status: number | string | null }): TemplateResult {
  return html`${mark(record.outcome ?? "unset")} ${record.status === null ? nothing : html`<span class="num">${text(record.status, 12)}</span>`}`;
}

export function level(name: Level): TemplateResult {
  return html`<span class="level ${name.toLowerCase()}">${name}</span>`;
}

export function labels(list: Label[]): Content {
  if (list.length === 0) return nothing;
  return html`<span class="labels">${list.map(({ key, value }) => html`<span class="label"><span class="key">${text(key, 60)}</span> ${text(value, 120)}</span>`)}</span>`;
}

export function endpointHref(row: { kind: string; method: string; endpoint: string }): string {
  return to("/endpoint", { kind: row.kind === "client" || row.kind === "call" ? "client" : "server", method: row.method, endpoint: row.endpoint });
}

/** Method and template of an endpoint, as text. */
export function endpointName(row: { method: string; endpoint: string; kind?: string }): TemplateResult {
  const isClient = row.kind === "client" || row.kind === "call";
  return html`<span class="endpoint"><span class="method">${text(row.method, 20)}</span> ${isClient ? html`<span class="out" title="outgoing"><span aria-hidden="true">→</span><span class="hidden">outgoing</span></span> ` : nothing}<bdi>${text(row.endpoint, 160)}</bdi></span>`;
}

export function traceHref(traceId: string, spanId?: string | null): string {
  return to(`/trace/${part(traceId)}`, spanId ? { span: spanId } : {});
}

export function traceLink(traceId: string, spanId?: string | null): TemplateResult {
  return html`<a class="id" href=${traceHref(traceId, spanId)} title="Open the trace ${text(traceId, 64)}">${shortId(traceId)}</a>`;
}

/** Why a record failed, in one line. */
export function reason(record: RecordSummary): Content {
  if (!record.error && !record.error_type) return nothing;
  return html`<bdi class="reason" title=${text(record.error ?? "", 2000)}>${record.error_type ? html`<b>${text(record.error_type, 80)}</b> ` : nothing}${record.error ? text(record.error, 240) : nothing}</bdi>`;
}

/** What an answer doesn't have. */
export function leftOut(list: LeftOut[]): Content {
  if (list.length === 0) return nothing;
  return html`<p class="left-out"><b>Not shown:</b> ${list.map((item, at) => html`${at ? "; " : ""}${item.count === null ? "" : `${item.count} `}${text(item.what, 80)} (${text(item.why, 200)})`)}</p>`;
}

/** What is left of an error budget. */
export function budget(left: EndpointRow["budget_left"]): Content {
  if (left === null) return html`<span class="mute">–</span>`;
  const tone = left <= 0 ? "bad" : left < 0.25 ? "warn" : "good";
  const width = Math.max(0, Math.min(1, left)) * 40;
  return html`<span class="budget ${tone}"><svg width="40" height="8" viewBox="0 0 40 8" aria-hidden="true"><rect class="track" width="40" height="8" rx="2"></rect><rect class="fill" width=${width} height="8" rx="2"></rect></svg> <span class="num">${percent(left)}</span></span>`;
}

/** A part of one as bar and number. */
export function share(part: number, of: number, tone = ""): TemplateResult {
  const ratio = of > 0 ? part / of : 0;
  return html`<span class="share ${tone}"><svg width="80" height="8" viewBox="0 0 80 8" aria-hidden="true"><rect class="track" width="80" height="8" rx="2"></rect><rect class="fill" width=${Math.max(0, Math.min(1, ratio)) * 80} height="8" rx="2"></rect></svg> <span class="num">${percent(ratio)}</span></span>`;
}

/** How old something is against what is usual there. */
export function age(seconds: number, usual: number | null): TemplateResult {
  const times = usual && usual > 0 ? seconds / usual : null;
  return html`<span class="num">${duration(seconds)}</span>${times !== null && times >= 1 ? html` <span class="note">${times >= 10 ? Math.round(times) : times.toFixed(1)}× p99</span>` : nothing}`;
}
