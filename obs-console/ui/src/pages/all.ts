// All pages by their names.
import { nothing, html } from "lit-html";
import type { PageName, Route } from "../location";
import type { Page } from "../page";
import { alerts } from "./alerts";
import { controls } from "./controls";
import { diff } from "./diff";
import { endpoint } from "./endpoint";
import { error, errors } from "./errors";
import { logs } from "./logs";
import { metric, metrics } from "./metrics";
import { overview } from "./overview";
import { records } from "./records";
import { running } from "./running";
import { runtime } from "./runtime";
import { trace } from "./trace";

const missing: Page<unknown> = {
  title: () => "Not found",
  nav: "",
  call: () => ({ path: "", params: {} }),
  isWindowed: false,
  repeats: false,
  view: () => html`${nothing}`,
};

const PAGES: Record<PageName, unknown> = {
  overview, running, endpoint, trace, records, logs, errors, error, diff, alerts, metrics, metric, runtime, controls, missing,
};

export function pageOf(route: Route): Page<unknown> {
  return PAGES[route.page] as Page<unknown>;
}
