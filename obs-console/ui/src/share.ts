// Taking a view along: a link with an absolute window, or a file that opens without a server.
import { address, now, part } from "./api";
import { base, type SavedView } from "./base";
import { current } from "./location";
import type { Answer } from "./types";
import { fixed, live } from "./window";

/** The address of the view as it is shown, for others and for later. */
export function sharedAddress(answer: Answer<unknown> | null): string {
  const params = new URLSearchParams(current().params);
  if (live() && answer?.window) {
    for (const [key, value] of Object.entries(fixed(answer.window, now()))) {
      if (value === null) params.delete(key);
      else params.set(key, value);
    }
  }
  const query = params.toString();
  return `${location.origin}${base}${current().path}${query ? `?${query}` : ""}`;
}

/** Copies the address; false where the browser doesn't allow that. */
export async function copy(words: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(words);
    return true;
  } catch {
    return false;
  }
}

/** Saves the view with its answers as one file. */
export async function saveView(answers: Record<string, unknown>): Promise<void> {
  const route = current();
  const query = route.params.toString();
  const view: SavedView = {
    obs: 1,
    path: `${route.path}${query ? `?${query}` : ""}`,
    saved: new Date(now()).toISOString(),
    answers,
  };
  const [template, style, script] = await Promise.all([`${base}/assets/share.html`, ...ownFiles()].map(file));
  const parts = { style: style ?? "", script: script ?? "", data: harmless(view) };
  download(filled(template ?? "", parts), `obs-${route.page}-${view.saved.replace(/[:.]/g, "-")}.html`);
}

function ownFiles(): [style: string, script: string] {
  const style = document.querySelector<HTMLLinkElement>('link[rel="stylesheet"]')?.href ?? "";
  const script = document.querySelector<HTMLScriptElement>("script[src]")?.src ?? "";
  return [style, script];
}

async function file(url: string): Promise<string> {
  const response = await fetch(url, { credentials: "same-origin" });
  if (!response.ok) throw new Error(`A part of the page answered with status ${response.status}.`);
  return response.text();
}

/** Data of which nothing can end the element that it stands in. */
function harmless(view: SavedView): string {
  return JSON.stringify(view).replaceAll("<", "\\u003c").replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}

function filled(template: string, parts: Record<string, string>): string {
  // One pass: what stands in a part is never taken for a place of another one.
  return template.replace(/\{\{(\w+)\}\}/g, (_, name: string) => parts[name] ?? "");
}

function download(content: string, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type: "text/html" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** The address of a trace as a file of another format. */
export function traceFile(id: string, format: "otlp" | "html"): string {
  return address({ path: `traces/${part(id)}`, params: { format } });
}
