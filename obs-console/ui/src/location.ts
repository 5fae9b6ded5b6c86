// The address of a view: its page and its whole state as parameters.
import { base, saved } from "./base";

export type PageName =
  | "overview" | "running" | "endpoint" | "trace" | "records" | "logs" | "errors" | "error"
  | "diff" | "alerts" | "metrics" | "metric" | "runtime" | "controls" | "missing";

export interface Route {
  page: PageName;
  /** The last part of the path: of a trace, an error or a metric. */
  id: string;
  path: string;
  params: URLSearchParams;
}

export type Changes = Record<string, string | null>;

const PLAIN: Record<string, PageName> = {
  "/": "overview",
  "/running": "running",
  "/endpoint": "endpoint",
  "/records": "records",
  "/logs": "logs",
  "/errors": "errors",
  "/diff": "diff",
  "/alerts": "alerts",
  "/metrics": "metrics",
  "/runtime": "runtime",
  "/controls": "controls",
};
const WITH_ID: Record<string, PageName> = { trace: "trace", errors: "error", metrics: "metric" };

/** The parameters of the window, which links between pages carry along. */
export const WINDOW = ["live", "from", "to"];
export const DEFAULT_LIVE = "15m";

function parse(address: string): Route {
  const [path = "/", query = ""] = address.split("?", 2);
  const params = new URLSearchParams(query);
  const page = PLAIN[path || "/"];
  if (page) return { page, id: "", path: path || "/", params };
  const [, first = "", rest = ""] = /^\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
  const named = WITH_ID[first];
  return named ? { page: named, id: decoded(rest), path, params } : { page: "missing", id: "", path, params };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function read(): Route {
  if (saved) return parse(location.hash.slice(1) || saved.path);
  const path = location.pathname.startsWith(base) ? location.pathname.slice(base.length) : location.pathname;
  return parse(`${path || "/"}${location.search}`);
}

let route = read();
const listeners: ((isBack: boolean) => void)[] = [];

export function current(): Route {
  return route;
}

/** Calls at each change of the address. */
export function onRoute(listener: (isBack: boolean) => void): void {
  listeners.push(listener);
}

/** The address of a page below the mount, for a link. */
export function url(address: string): string {
  return saved ? `#${address}` : `${base}${address}`;
}

/** The address of a page with parameters and, unless these name one, the window of the present view. */
export function to(path: string, params: Changes = {}): string {
  const query = new URLSearchParams();
  const hasWindow = WINDOW.some((key) => key in params);
  if (!hasWindow) {
    for (const key of WINDOW) {
      const value = route.params.get(key);
      if (value !== null) query.set(key, value);
    }
  }
  for (const [key, value] of Object.entries(params)) if (value !== null && value !== "") query.set(key, value);
  const suffix = query.toString();
  return url(suffix ? `${path}?${suffix}` : path);
}

/** The address of the present view with some parameters changed; a new order or filter starts at the first page. */
export function changed(changes: Changes): string {
  const params = new URLSearchParams(route.params);
  if (!("cursor" in changes) && !("span" in changes)) params.delete("cursor");
  for (const [key, value] of Object.entries(changes)) {
    if (value === null || value === "") params.delete(key);
    else params.set(key, value);
  }
  const suffix = params.toString();
  return url(suffix ? `${route.path}?${suffix}` : route.path);
}

/** Goes to an address of `to` or `changed`; `replace` makes no step for the back button. */
export function go(address: string, replace = false): void {
  keepScroll();
  if (replace) history.replaceState({ y: window.scrollY }, "", address);
  else history.pushState({ y: 0 }, "", address);
  arrive(false);
}

/** Changes parameters of the view. */
export function change(changes: Changes, replace = false): void {
  go(changed(changes), replace);
}

function keepScroll(): void {
  history.replaceState({ ...(history.state as object | null), y: window.scrollY }, "");
}

/** How far the view at this step of the history was scrolled. */
export function keptScroll(): number {
  return Number((history.state as { y?: number } | null)?.y ?? 0);
}

function arrive(isBack: boolean): void {
  route = read();
  for (const listener of listeners) listener(isBack);
}

/** Takes over clicks on links to pages of the console, and the back button. */
export function takeOver(): void {
  history.scrollRestoration = "manual";
  addEventListener("popstate", () => arrive(true));
  let timer = 0;
  addEventListener("scroll", () => {
    clearTimeout(timer);
    timer = window.setTimeout(keepScroll, 150);
  }, { passive: true });
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = (event.target as Element).closest?.("a[href]");
    if (!(link instanceof HTMLAnchorElement) || link.target || link.hasAttribute("download")) return;
    if (link.origin !== location.origin || !isPage(link)) return;
    event.preventDefault();
    go(link.href);
  });
}

function isPage(link: HTMLAnchorElement): boolean {
  if (saved) return link.getAttribute("href")?.startsWith("#/") ?? false;
  if (link.getAttribute("href")?.startsWith("#")) return false;
  const below = link.pathname.slice(base.length);
  return link.pathname.startsWith(base) && !below.startsWith("/api/") && !below.startsWith("/assets/");
}
