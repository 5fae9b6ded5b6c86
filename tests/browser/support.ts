// What holds on every page: nothing in the console, no request elsewhere, no script or style in the document.
import { test as base, expect, type Page } from "@playwright/test";
import AxeBuilder from "@axe-core/playwright";

export { expect };

export const PAGES: Record<string, string> = {
  overview: "/",
  running: "/running",
  endpoint: "/endpoint?kind=server&method=POST&endpoint=%2Fcheckout",
  trace: "/trace/4bf92f3577b34da6a3ce929d0e0e4736?span=000000000f067aa3",
  lines: "/trace/4bf92f3577b34da6a3ce929d0e0e4736?view=lines",
  records: "/records",
  logs: "/logs",
  errors: "/errors",
  error: "/errors/9f02aa17",
  diff: "/diff",
  alerts: "/alerts",
  metrics: "/metrics",
  metric: "/metrics/http_request_duration_seconds",
  runtime: "/runtime",
  controls: "/controls",
};

/** A page that fails the test if anything is wrong with it by the end. */
export const test = base.extend<{ tolerated: RegExp[] }>({
  // eslint-disable-next-line no-empty-pattern
  tolerated: async ({}, use) => { await use([]); },
  page: async ({ page, tolerated }, use) => {
    const wrong: string[] = [];
    const note = (words: string): void => { if (!tolerated.some((pattern) => pattern.test(words))) wrong.push(words); };
    // The browser itself writes about answers with a status of failure, which some tests ask for.
    page.on("console", (message) => { if (!message.text().startsWith("Failed to load resource")) note(`console: ${message.text()}`); });
    page.on("response", (response) => { if (response.status() >= 400) note(`status ${response.status()}: ${response.url()}`); });
    page.on("pageerror", (error) => note(`error: ${error.stack ?? error.message}`));
    page.on("dialog", (dialog) => { note(`dialog: ${dialog.message()}`); void dialog.dismiss(); });
    page.on("request", (request) => {
      const { protocol, hostname } = new URL(request.url());
      if (protocol.startsWith("http") && hostname !== "127.0.0.1") note(`request elsewhere: ${request.url()}`);
    });
    await use(page);
    expect(wrong).toEqual([]);
  },
});

/** Waits until a view has its answer. */
export async function shown(page: Page): Promise<void> {
  await expect(page.locator("main")).toHaveAttribute("aria-busy", "false");
}

/** Nothing of the document could run or style but the two files of the page. */
export async function hasNoInlineCode(page: Page): Promise<void> {
  const found = await page.evaluate(() => {
    const scripts = [...document.scripts].filter((script) => !script.src).length;
    const handlers = [...document.querySelectorAll("*")].filter((element) => element.getAttributeNames().some((name) => name.startsWith("on"))).length;
    return { scripts, styles: document.querySelectorAll("style").length, handlers };
  });
  expect(found).toEqual({ scripts: 0, styles: 0, handlers: 0 });
}

/** No rule of accessibility is broken. */
export async function isAccessible(page: Page, only: string[] = []): Promise<void> {
  const axe = new AxeBuilder({ page });
  const { violations } = await (only.length ? axe.withRules(only) : axe).analyze();
  const words = violations.map((rule) => `${rule.id}: ${rule.nodes.slice(0, 3).map((node) => `${node.html.slice(0, 160)} (${node.failureSummary?.slice(0, 200)})`).join(" | ")}`);
  expect(words).toEqual([]);
}

/** The page itself is never wider than the window; wide tables scroll by themselves. */
export async function fits(page: Page): Promise<void> {
  await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
}
