import { html, nothing, type TemplateResult } from "lit-html";
import { ago, block, clock, count, dateTime, percent, text } from "../format";
import { now, rights } from "../api";
import { to } from "../location";
import type { Page } from "../page";
import { empty, figure, figures, labels, mark, section } from "../parts/common";
import type { Alert, Alerts, Answer, Rule, Silence, SloBudget } from "../types";
import { endControl, silenceForm } from "../parts/forms";

export const alerts: Page<Alerts> = {
  title: () => "Alerts",
  nav: "/alerts",
  call: () => ({ path: "alerts", params: {} }),
  isWindowed: true,
  repeats: true,
  view,
};

const TONES: Record<string, string> = { firing: "bad", pending: "warn", resolved: "good", inactive: "mute", silenced: "mute" };

/** State, name and reason of an alert in a line. */
export function alertLine(alert: Alert): TemplateResult {
  return html`${mark(alert.state, TONES[alert.state] ?? "mute")} <a href=${to("/alerts")}><b><bdi>${text(alert.name, 120)}</bdi></b></a>
    <bdi>${text(alert.summary ?? "", 300)}</bdi> <span class="note">since ${clock(alert.since)} (${ago(alert.since, now())})</span>`;
}

function view({ data }: Answer<Alerts>): TemplateResult {
  if (!data.available) {
    return empty("This service evaluates no alerts.", html`Give the console an alert manager: <code>Console::builder(&amp;obs).alerts(&amp;manager)</code>.`);
  }
  const firing = data.alerts.filter((alert) => alert.state === "firing").length;
  return html`
    ${figures(
      figure("Firing", count(firing), firing ? "now" : "none", firing ? "bad" : ""),
      figure("Pending", count(data.alerts.filter((alert) => alert.state === "pending").length)),
      figure("Rules", count(data.rules.length)),
      figure("Silences", count(data.silences.length)),
    )}
    ${section("Active", data.alerts.length ? html`<ul class="cards">${data.alerts.map(card)}</ul>` : empty("Nothing is wrong.", "An alert stands here from the moment that its condition holds."))}
    ${data.slos.length ? section("Error budgets", html`<div class="halves">${data.slos.map(slo)}</div>`) : nothing}
    ${data.past.length ? section("Past", html`<ul class="alerts">${data.past.map((alert) => html`<li>${alertLine(alert)}</li>`)}</ul>`) : nothing}
    ${silences(data)}
    ${section("Rules", data.rules.length ? html`<ul class="pairs">${data.rules.map(rule)}</ul>` : empty("There are no rules.", "Rules come from the definition file or from code."))}`;
}

function card(alert: Alert): TemplateResult {
  return html`<li class="card ${TONES[alert.state] ?? "mute"}">
    <p class="card-head">${mark(alert.state, TONES[alert.state] ?? "mute")} <b><bdi>${text(alert.name, 120)}</bdi></b> ${alert.severity ? html`<span class="kind">${text(alert.severity, 30)}</span>` : nothing}</p>
    <p><bdi>${text(alert.summary ?? "", 500)}</bdi></p>
    ${alert.description ? html`<p class="note"><bdi>${text(alert.description, 2000)}</bdi></p>` : nothing}
    <p class="note">since ${dateTime(alert.since)} (${ago(alert.since, now())})${alert.value === null ? nothing : html`, value <b class="num">${count(alert.value)}</b>`} ${labels(alert.labels)}</p>
    ${alert.runbook ? html`<details><summary>What to do</summary><pre class="runbook"><bdi>${block(alert.runbook)}</bdi></pre></details>` : nothing}
    ${runbookLink(alert.runbook_url)}
    ${rights()?.rights.change && rights()?.controls && alert.state !== "resolved" ? silenceForm(alert) : nothing}
  </li>`;
}

// An address from a configuration is foreign text too: only what a browser opens as a page becomes a link.
function runbookLink(address: string | null): TemplateResult | typeof nothing {
  if (!address) return nothing;
  const isPage = /^https?:\/\//i.test(address);
  return html`<p>Runbook: ${isPage ? html`<a href=${address} target="_blank" rel="noopener noreferrer"><bdi>${text(address, 300)}</bdi></a>` : html`<bdi>${text(address, 300)}</bdi>`}</p>`;
}

function slo(item: SloBudget): TemplateResult {
  const left = item.budget_left;
  const tone = left === null ? "" : left <= 0 ? "bad" : left < 0.25 ? "warn" : "";
  const rates = item.burn_rates.map((burn) => `${text(burn.window, 20)}: ${count(burn.rate)}`).join(", ");
  const spec = { title: "Burn rate", from: item.burn.from, step: item.burn.step, unit: "1", series: [{ name: "burn rate", values: item.burn.values, tone: "warn" as const, isFilled: true }] };
  return html`<div class="slo">
    <h3><bdi>${text(item.name, 120)}</bdi></h3>
    ${figures(figure("Left", percent(left), "of the budget", tone), figure("Objective", percent(item.objective), `over ${text(item.window, 20)}`), rates ? figure("Burn rate", count(item.burn_rates[0]?.rate), rates) : nothing)}
    ${item.burn.values.length ? html`<obs-chart .spec=${spec}></obs-chart>` : nothing}
  </div>`;
}

function silences({ silences: list }: Alerts): TemplateResult | typeof nothing {
  if (list.length === 0) return nothing;
  return section("Silences", html`<ul class="pairs">${list.map((item) => html`<li><span>${silence(item)}</span><span>${item.until ? `until ${dateTime(item.until)}` : ""} ${rights()?.rights.change ? endControl(item.id) : nothing}</span></li>`)}</ul>`);
}

function silence(item: Silence): TemplateResult {
  return html`<code><bdi>${text(item.matchers.join(" "), 300)}</bdi></code> <span class="note"><bdi>${text(item.comment, 300)}</bdi></span>`;
}

function rule(item: Rule): TemplateResult {
  const wrong = item.error ?? (item.missing ? `no series ${item.missing}` : null);
  return html`<li><span>${mark(item.state, TONES[item.state] ?? "mute")} <b><bdi>${text(item.name, 120)}</bdi></b> ${wrong ? html`<span class="below"><bdi>${text(wrong, 400)}</bdi></span>` : nothing}</span><span><span class="kind">${text(item.severity, 30)}</span></span></li>`;
}
