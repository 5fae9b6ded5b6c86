import { html, type TemplateResult } from "lit-html";
import { count, text, withUnit } from "../format";
import type { Page } from "../page";
import { empty, mark, section } from "../parts/common";
import type { Answer, Runtime } from "../types";

export const runtime: Page<Runtime> = {
  title: () => "Runtime",
  nav: "/runtime",
  call: () => ({ path: "runtime", params: {} }),
  isWindowed: false,
  repeats: true,
  view,
};

const TONES: Record<string, string> = { ok: "good", up: "good", pass: "good", healthy: "good", degraded: "warn", warn: "warn", starting: "warn", unknown: "mute" };

function view({ data }: Answer<Runtime>): TemplateResult {
  return html`
    <div class="halves">
      ${section("Health", data.health.length ? html`<ul class="pairs">${data.health.map((check) => html`<li><span>${mark(check.status, TONES[check.status] ?? "bad")} <bdi>${text(check.name, 80)}</bdi> ${check.required !== false ? "" : html`<span class="note">optional</span>`}</span><span><bdi>${text(check.reason ?? "", 400)}</bdi></span></li>`)}</ul>`
        : empty("No health checks.", html`Give the console the health of the service: <code>.health(&amp;health)</code>.`))}
      ${section("Process", list(data.process.map(({ key, value, unit }) => [key, withUnit(value, unit)])))}
      ${data.runtimes.map((item, at) => section(`Runtime ${text(item["name"] ?? at + 1, 60)}`, list(Object.entries(item).filter(([key]) => key !== "name").map(([key, value]) => [key, other(key, value)]))))}
      ${section("Versions", list(data.versions.map(({ name, version }) => [name, text(version, 60)])))}
      ${section("Features", html`<ul class="chips">${data.features.map(({ name, enabled }) => html`<li class=${enabled ? "on" : "off"}><span aria-hidden="true">${enabled ? "✓" : "○"}</span> ${text(name, 60)}<span class="hidden">${enabled ? ": on" : ": off"}</span></li>`)}</ul>`)}
      ${section("This console", list(Object.entries(data.console).map(([key, value]) => [key, key.endsWith("bytes") ? withUnit(value, "bytes") : count(value)])))}
    </div>
    ${section("Configuration", html`<div class="scroll" role="region" tabindex="0" aria-label="Configuration"><table><caption class="hidden">Configuration; secrets are cut</caption>
      <thead><tr><th scope="col">Setting</th><th scope="col" class="wide">Value</th><th scope="col">From</th></tr></thead>
      <tbody>${data.configuration.map(({ key, value, source }) => html`<tr><td><code>${text(key, 120)}</code></td><td class="wide"><bdi>${text(value, 400)}</bdi></td><td><span class="kind">${text(source, 40)}</span></td></tr>`)}</tbody></table></div>`)}`;
}

function list(items: (readonly [name: string, value: unknown])[]): TemplateResult {
  if (items.length === 0) return empty("Nothing is known.", "This system doesn't tell, or the feature is off.");
  return html`<ul class="pairs">${items.map(([name, value]) => html`<li><span><bdi>${text(name.replaceAll("_", " "), 80)}</bdi></span><span class="num"><bdi>${value}</bdi></span></li>`)}</ul>`;
}

// What a runtime tells has its unit in the name, as metrics have.
function other(key: string, value: unknown): string {
  if (typeof value !== "number") return text(typeof value === "object" ? JSON.stringify(value) : value, 200);
  if (/seconds|duration|_time$/.test(key)) return withUnit(value, "seconds");
  return /ratio|^busy$/.test(key) ? withUnit(value, "ratio") : count(value);
}
