// What stands around every page: navigation, heading, window of time, state of what is shown.
import { html, nothing, type TemplateResult } from "lit-html";
import { ref } from "lit-html/directives/ref.js";
import { rights, type Problem } from "./api";
import { saved } from "./base";
import { clock, dateTime, text } from "./format";
import { help } from "./keys";
import { changed, go, to, type Route } from "./location";
import type { Page } from "./page";
import { empty, leftOut } from "./parts/common";
import type { RailData } from "./parts/rail";
import type { Rest } from "./poll";
import { setTheme, theme, type Theme } from "./theme";
import type { Answer, Service } from "./types";
import { LIVE_CHOICES, between, following, live } from "./window";

export interface Shown {
  route: Route;
  page: Page<unknown>;
  answer: Answer<unknown> | null;
  problem: Problem | null;
  staleSince: number | null;
  rest: Rest;
  isLoading: boolean;
  rail: RailData | null;
  service: Service | null;
  toast: string;
  isHelp: boolean;
  retryAt: number | null;
  actions: {
    pause: () => void;
    copy: () => void;
    reload: () => void;
    help: () => void;
    closeHelp: () => void;
    save: () => void;
    say: (words: string) => void;
  };
}

const NAVIGATION: [group: string, pages: [name: string, path: string][]][] = [
  ["Now", [["Overview", "/"], ["Running", "/running"], ["Alerts", "/alerts"]]],
  ["Why", [["Requests", "/records"], ["Errors", "/errors"], ["Logs", "/logs"], ["Difference", "/diff"]]],
  ["State", [["Metrics", "/metrics"], ["Runtime", "/runtime"], ["Controls", "/controls"]]],
];

export function frame(shown: Shown): TemplateResult {
  return html`
    <a class="skip" href="#main" @click=${skip}>Skip to the content</a>
    <div class="frame">
      ${saved ? nothing : side(shown)}
      <main id="main" tabindex="-1" aria-busy=${String(shown.isLoading)}>
        ${top(shown)} ${saved ? savedNote() : state(shown)}
        ${shown.page.hasRail && !saved ? html`<obs-rail .data=${shown.rail}></obs-rail>` : nothing}
        ${filter(shown)}
        ${content(shown)}
        ${shown.answer ? leftOut(shown.answer.left_out) : nothing}
      </main>
    </div>
    ${shown.isHelp ? keys(shown) : nothing}
    <p class="toast" role="status">${shown.toast}</p>`;
}

function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

function side(shown: Shown): TemplateResult {
  const { service } = shown;
  return html`<header class="side">
    <a class="brand" href=${to("/")} aria-label="obs: Overview">obs<span aria-hidden="true" class="brand-dot"></span></a>
    <div class="service">
      <b><bdi>${service ? text(service.name, 60) : "…"}</bdi></b>
      <span>${[service?.version, service?.environment, service?.instance].filter(Boolean).map((part) => html`<bdi>${text(part, 40)}</bdi> `)}</span>
    </div>
    <nav aria-label="Pages">${NAVIGATION.map(([group, pages]) => html`<div class="group"><span class="group-name" aria-hidden="true">${group}</span>${pages.map(([name, path]) => entry(shown, name, path))}</div>`)}</nav>
    <div class="tools">
      <label class="theme"><span class="hidden">Colours</span>
        <select @change=${(event: Event) => setTheme((event.target as HTMLSelectElement).value as Theme)}>
          ${(["system", "light", "dark"] as Theme[]).map((name) => html`<option value=${name} ?selected=${theme() === name}>${{ system: "Auto", light: "Light", dark: "Dark" }[name]}</option>`)}
        </select></label>
      <button type="button" class="quiet" @click=${shown.actions.help} aria-label="Show the keys">?</button>
    </div>
  </header>`;
}

function entry(shown: Shown, name: string, path: string): TemplateResult | typeof nothing {
  const session = rights();
  if (path === "/controls" && !(session?.controls && session.rights.change)) return nothing;
  const isPresent = shown.page.nav === path;
  return html`<a href=${to(path)} aria-current=${isPresent ? "page" : nothing}>${name}</a>`;
}

function top(shown: Shown): TemplateResult {
  const { page, route, actions } = shown;
  return html`<div class="top">
    <h1 tabindex="-1"><bdi>${page.title(route)}</bdi></h1>
    ${page.isWindowed && !saved ? windowOf(shown) : nothing}
    ${saved ? nothing : html`<div class="actions">
      <button type="button" class="quiet" @click=${actions.copy}>Copy link</button>
      <button type="button" class="quiet" ?disabled=${!shown.answer} @click=${actions.save}>Save</button>
    </div>`}
  </div>`;
}

function windowOf(shown: Shown): TemplateResult {
  const present = live();
  return html`<div class="window" role="group" aria-label="Window of time">
    ${LIVE_CHOICES.map((choice) => html`<a href=${changed(following(choice))} aria-current=${choice === present ? "true" : nothing}>${choice}</a>`)}
    ${range(shown)}
    <button type="button" @click=${shown.actions.pause}>${present ? "Pause" : "Follow"}</button>
  </div>`;
}

function range(shown: Shown): TemplateResult {
  const { params } = shown.route;
  const isFixed = live() === null;
  const from = params.get("from") ?? shown.answer?.window?.from ?? "";
  const end = params.get("to") ?? shown.answer?.window?.to ?? "";
  return html`<details class="range">
    <summary>${isFixed ? `${dateTime(asTime(from))} – ${clock(asTime(end))}` : "From–to"}</summary>
    <form @submit=${setRange}>
      <label>From <input name="from" type="datetime-local" step="1" required .value=${local(from)}></label>
      <label>To <input name="to" type="datetime-local" step="1" required .value=${local(end)}></label>
      <button>Show</button>
    </form>
  </details>`;
}

// The address may also have milliseconds since 1970.
function asTime(at: string): string | number {
  return /^\d+$/.test(at) ? Number(at) : at;
}

function local(at: string): string {
  const words = dateTime(asTime(at));
  return /^\d{4}-/.test(words) ? words.replace(" ", "T") : "";
}

function setRange(event: Event): void {
  event.preventDefault();
  const form = event.target as HTMLFormElement;
  const data = new FormData(form);
  const [from, end] = ["from", "to"].map((name) => Date.parse(String(data.get(name))));
  if (!from || !end) return;
  form.closest("details")?.removeAttribute("open");
  go(changed(between(from, end)));
}

/** What is shown, of when, and why not newer. */
function state(shown: Shown): TemplateResult {
  const [tone, words] = stateWords(shown);
  const at = shown.answer && tone === "live" ? clock(shown.answer.now) : "";
  return html`<p class="state ${tone} ${words ? "" : "bare"}"><span role="status">${words}</span> <span class="num" aria-hidden="true">${at}</span></p>`;
}

function stateWords({ problem, staleSince, rest, page, isLoading, answer, retryAt }: Shown): [tone: string, words: string] {
  if (problem && answer) {
    const again = problem.isPassing && retryAt ? ` Asking again at ${clock(retryAt)}.` : "";
    return ["stale", `Not updated since ${clock(staleSince)}: ${text(problem.message, 300)}${again}`];
  }
  if (problem) return ["stale", problem.isPassing && retryAt ? `Asking again at ${clock(retryAt)}` : ""];
  if (isLoading) return ["load", "Reading"];
  if (page.nav === "") return ["still", ""];
  if (page.isWindowed && live() === null) return ["still", "This window stands still."];
  if (page.repeats === false) return ["still", ""];
  if (rest === "idle") return ["still", "Not asking: nobody has been here for a quarter of an hour. Move to go on."];
  return rest === "hidden" ? ["still", "Not asking while hidden"] : ["live", "Live"];
}

function savedNote(): TemplateResult {
  return html`<p class="state still">A view saved at ${dateTime(saved?.saved ?? null)}. Nothing is asked of the service.</p>`;
}

function filter(shown: Shown): TemplateResult | typeof nothing {
  if (!shown.page.filter || saved) return nothing;
  const spec = { ...shown.page.filter, value: shown.route.params.get("filter") ?? "", problem: shown.problem };
  return html`<obs-filter .spec=${spec}></obs-filter>`;
}

function content(shown: Shown): TemplateResult | typeof nothing {
  const { answer, problem, page, route } = shown;
  if (page.nav === "") return empty("There is no such page.", html`Go to the <a href=${to("/")}>overview</a>.`);
  if (answer) return page.view(answer, route);
  if (problem) return refused(problem, shown);
  return html`<div class="skeleton" aria-hidden="true">${[1, 2, 3, 4, 5, 6, 7, 8].map(() => html`<span></span>`)}</div>`;
}

function refused(problem: Problem, shown: Shown): TemplateResult {
  const message = text(problem.message, 500);
  const again = html`<button type="button" @click=${shown.actions.reload}>Ask again</button>`;
  switch (problem.code) {
    case "unauthorized":
      return empty("You are not signed in any more.", html`${message} <a href=${location.href} target="_self">Sign in</a>`);
    case "evicted":
      return empty("This was here, and is not any more.", html`${message} ${problem.evictedAt ? `It was given up at ${dateTime(problem.evictedAt)} for newer ones.` : nothing} The logs of a service with a log store may still have it.`);
    case "unknown":
      return empty("Nothing is known of this.", html`${message}`);
    case "bad_query":
      return empty("The service didn't understand this view.", html`${message}${problem.parameter ? html` (in <code>${text(problem.parameter, 60)}</code>)` : nothing} <a href=${to(shown.route.path)}>Without its parameters</a>`);
    default:
      return empty("No answer.", html`${message} ${again}`);
  }
}

function keys(shown: Shown): TemplateResult {
  const close = shown.actions.closeHelp;
  return html`<dialog class="help" aria-labelledby="keys-title" ${ref(openAsModal)} @close=${close} @click=${(event: MouseEvent) => { if (event.target === event.currentTarget) close(); }}>
    <h2 id="keys-title">Keys</h2>
    ${help()}
    <form method="dialog"><button>Close</button></form>
  </dialog>`;
}

function openAsModal(element: Element | undefined): void {
  if (element instanceof HTMLDialogElement && !element.open) queueMicrotask(() => element.isConnected && !element.open && element.showModal());
}
