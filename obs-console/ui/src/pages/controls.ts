import { html, type TemplateResult } from "lit-html";
import { ago, dateTime, text } from "../format";
import { now, rights } from "../api";
import type { Page } from "../page";
import { empty, section } from "../parts/common";
import { duration, endControl, send } from "../parts/forms";
import type { Answer, Controls } from "../types";

export const controls: Page<Controls> = {
  title: () => "Controls",
  nav: "/controls",
  call: () => ({ path: "controls", params: {} }),
  isWindowed: false,
  repeats: true,
  view,
};

const LEVELS = ["debug", "trace", "info", "warn", "error"];

function view({ data }: Answer<Controls>): TemplateResult {
  if (!data.enabled || !rights()?.rights.change) {
    return empty("Nothing can be changed here.", html`Controls are there where the service switches them on (<code>.controls(true)</code>) and you have the right to change.`);
  }
  return html`
    ${section("In force", data.active.length ? html`<ul class="pairs">${data.active.map((item) => html`<li>
      <span><span class="kind">${text(item.kind, 40)}</span> <bdi>${text(item.text, 400)}</bdi> <span class="note">${item.by ? html`by <bdi>${text(item.by, 80)}</bdi>` : ""}</span></span>
      <span>until ${dateTime(item.until)} ${endControl(item.id)}</span></li>`)}</ul>`
      : empty("Nothing is changed at present.", "Each change below returns by itself after its time, and is written to the log."))}
    <div class="halves">
      ${section("Log filter", filterForm())}
      ${section("Log more of some requests", requestForm())}
      ${section("Sample more of an endpoint", samplingForm())}
    </div>
    ${section("Audit", data.audit.length ? html`<ul class="pairs">${data.audit.map((item) => html`<li><span><bdi>${text(item.text, 600)}</bdi> <span class="note">${item.by ? html`by <bdi>${text(item.by, 80)}</bdi>` : ""}</span></span><span class="num" title=${dateTime(item.at)}>${ago(item.at, now())}</span></li>`)}</ul>`
      : empty("Nothing was changed since the start.", "Who changes what, and when, stands here and in the log."))}`;
}

function filterForm(): TemplateResult {
  const body = (data: FormData): unknown => ({ directives: String(data.get("directives")), seconds: Number(data.get("seconds")) });
  return html`<form class="stack" @submit=${send("controls/log-filter", body)}>
    <label>Directives <input name="directives" required maxlength="2000" placeholder="info,shop::orders=debug" spellcheck="false"></label>
    ${duration()} <button>Change the filter</button> <output></output>
  </form>`;
}

function requestForm(): TemplateResult {
  const body = (data: FormData): unknown => ({
    [String(data.get("by"))]: String(data.get("value")), level: String(data.get("level")), seconds: Number(data.get("seconds")),
  });
  return html`<form class="stack" @submit=${send("controls/log-filter", body)}>
    <label>Requests by <select name="by"><option value="route">route</option><option value="request_id">request id</option></select></label>
    <label>that is <input name="value" required maxlength="500" placeholder="/orders/{id}" spellcheck="false"></label>
    <label>Level <select name="level">${LEVELS.map((level) => html`<option>${level}</option>`)}</select></label>
    ${duration()} <button>Log them</button> <output></output>
  </form>`;
}

function samplingForm(): TemplateResult {
  const body = (data: FormData): unknown => ({ route: String(data.get("route")), ratio: Number(data.get("ratio")), seconds: Number(data.get("seconds")) });
  return html`<form class="stack" @submit=${send("controls/sampling", body)}>
    <label>Route <input name="route" required maxlength="500" placeholder="/orders/{id}" spellcheck="false"></label>
    <label>Part of the requests <input name="ratio" type="number" min="0" max="1" step="0.01" value="1" required></label>
    ${duration()} <button>Sample them</button> <output></output>
  </form>`;
}
