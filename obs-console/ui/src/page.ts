// What a page is to the frame around it.
import type { TemplateResult } from "lit-html";
import type { Call } from "./api";
import type { Route } from "./location";
import type { FilterSpec } from "./parts/filter";
import type { Answer } from "./types";

export interface Page<T> {
  /** The heading and the title of the document. */
  title: (route: Route) => string;
  /** The entry of the navigation that it belongs to. */
  nav: string;
  /** What is asked of the service. */
  call: (route: Route) => Call;
  view: (answer: Answer<T>, route: Route) => TemplateResult;
  /** Whether the view depends on the window of time. */
  isWindowed: boolean;
  /** Whether to ask again and again while the window follows the clock; "once" where the page follows by itself. */
  repeats: boolean | "once";
  filter?: Pick<FilterSpec, "page" | "hint">;
  /** Whether the rail of time stands above it. */
  hasRail?: boolean;
}


/** The parameters of a list: filter and place, and the order where the service has it; other orders are the page's own. */
export function listOf(route: Route, sorts: string[]): Record<string, string> {
  const isKnown = sorts.includes(route.params.get("sort") ?? "");
  return taken(route, ["filter", "cursor", "limit", ...(isKnown ? ["sort", "order"] : [])]);
}

/** Those parameters of the address that the service takes too. */
export function taken(route: Route, names: string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of names) {
    const value = route.params.get(name);
    if (value) found[name] = value;
  }
  return found;
}
