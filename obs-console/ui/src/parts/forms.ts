// Forms of the controls: sent by script as JSON; the service decides and audits.
import { html, type TemplateResult } from "lit-html";
import { Problem, post } from "../api";
import type { Alert } from "../types";

/** Sends a form to the service and reads the view again. What went wrong is said in the form. */
export function send(path: string, body: (data: FormData) => unknown): (event: Event) => void {
  return (event) => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const button = form.querySelector("button");
    if (button) button.disabled = true;
    void (async () => {
      const words = await sent(path, body(new FormData(form)));
      if (button) button.disabled = false;
      say(form, words);
      dispatchEvent(new Event("obs-reload"));
    })();
  };
}

async function sent(path: string, body: unknown): Promise<string> {
  try {
    await post(path, body);
    return "Done.";
  } catch (error) {
    return error instanceof Problem ? error.message : "It couldn't be sent.";
  }
}

function say(form: HTMLFormElement, words: string): void {
  const output = form.querySelector("output");
  if (output) output.textContent = words;
}

export const DURATIONS: [seconds: number, name: string][] = [[300, "5 minutes"], [900, "15 minutes"], [3600, "1 hour"], [14_400, "4 hours"]];

export function duration(name = "seconds"): TemplateResult {
  return html`<label>For <select name=${name}>${DURATIONS.map(([seconds, words]) => html`<option value=${seconds}>${words}</option>`)}</select></label>`;
}

export function silenceForm(alert: Alert): TemplateResult {
  const labels = Object.fromEntries(alert.labels.map(({ key, value }) => [key, value]));
  const body = (data: FormData): unknown => ({
    alert: alert.name, labels, seconds: Number(data.get("seconds")), comment: String(data.get("comment") ?? ""),
  });
  return html`<details><summary>Silence</summary><form class="inline" @submit=${send("controls/silences", body)}>
    ${duration()} <label>Why <input name="comment" required maxlength="500"></label> <button>Silence</button> <output></output>
  </form></details>`;
}

/** Ends a control before its time. */
export function endControl(id: string): TemplateResult {
  return html`<form class="inline" @submit=${send("controls/end", () => ({ id }))}><button class="quiet">End</button><output></output></form>`;
}
