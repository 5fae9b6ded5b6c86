// A view is its address: it comes back, can be passed on, stands still when paused, and says when it is old.
import { readFileSync } from "node:fs";
import { shown, test, expect } from "./support";
import { start } from "./mock.cjs";

const state: Record<string, any> = {};
let url = "";
let stop: () => void;

test.beforeAll(async () => {
  const server = await start(state);
  ({ url, stop } = server);
});
test.afterAll(() => stop());
test.beforeEach(() => {
  for (const key of Object.keys(state)) if (key !== "requests") delete state[key];
  state.requests.length = 0;
});

/** Where a dot of the heatmap is: there the pointer says that it can be opened. */
function dotOf(canvas: Element): [x: number, y: number] {
  const box = canvas.getBoundingClientRect();
  for (let x = 64; x < box.width; x += 4) {
    for (let y = 2; y < box.height - 24; y += 4) {
      canvas.dispatchEvent(new PointerEvent("pointermove", { clientX: box.left + x, clientY: box.top + y }));
      if (canvas.classList.contains("pointing")) return [x, y];
    }
  }
  throw new Error("no dot");
}

test("a dot of the heatmap leads to its trace, to the endpoint, and back to the same view", async ({ page }) => {
  await page.setViewportSize({ width: 1280, height: 500 });
  await page.goto(`${url}/endpoint?kind=server&method=POST&endpoint=%2Fcheckout&live=5m`);
  await shown(page);
  await page.evaluate(() => window.scrollTo(0, 160));
  const before = page.url();
  const canvas = page.locator("obs-heatmap canvas");
  const box = (await canvas.boundingBox())!;
  const [x, y] = await canvas.evaluate(dotOf);
  await page.mouse.click(box.x + x, box.y + y);
  await expect(page.locator("h1")).toContainText("Trace");
  await shown(page);
  await page.locator("obs-waterfall [role=row]").nth(3).click();
  const withSpan = page.url();
  expect(withSpan).toContain("span=");
  await page.getByRole("link", { name: /The endpoint/ }).click();
  await expect(page.locator("h1")).toContainText("/checkout");
  await page.goBack();
  expect(page.url()).toBe(withSpan);
  await expect(page.locator("obs-waterfall [aria-selected=true]")).toHaveCount(1);
  await page.goBack();
  expect(page.url()).toBe(before);
  await shown(page);
  await expect.poll(() => page.evaluate(() => Math.round(window.scrollY))).toBe(160);
});

test("order, filter and window are in the address, and the address restores them", async ({ page }) => {
  await page.goto(`${url}/`);
  await shown(page);
  await page.getByRole("link", { name: "p99" }).click();
  await page.locator("#filter").fill("method:POST");
  await page.locator("#filter").press("Enter");
  await page.getByRole("link", { name: "1h", exact: true }).click();
  const address = new URL(page.url());
  expect(Object.fromEntries(address.searchParams)).toEqual({ sort: "p99", order: "desc", filter: "method:POST", live: "1h" });
  await page.reload();
  await shown(page);
  await expect(page.locator("th[aria-sort=descending]")).toHaveText(/p99/);
  await expect(page.locator("#filter")).toHaveValue("method:POST");
  const cells = await page.locator("tbody tr td:nth-child(7)").allInnerTexts();
  expect(cells[0]).toContain("min");
});

test("a paused view stands still and has an absolute window", async ({ page }) => {
  await page.goto(`${url}/`);
  await shown(page);
  await page.keyboard.press("p");
  await expect(page.getByText("This window stands still.")).toBeVisible();
  const params = new URL(page.url()).searchParams;
  expect(Date.parse(params.get("to")!) - Date.parse(params.get("from")!)).toBe(15 * 60_000);
  await shown(page);
  const asked = state.requests.length;
  await page.waitForTimeout(4500);
  expect(state.requests.length).toBe(asked);
  await page.keyboard.press("p");
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  expect(new URL(page.url()).searchParams.has("from")).toBe(false);
});

test("a copied link has an absolute window", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto(`${url}/errors?live=5m`);
  await shown(page);
  await page.getByRole("button", { name: "Copy link" }).click();
  await expect(page.locator(".toast")).toContainText("copied");
  const link = new URL(await page.evaluate(() => navigator.clipboard.readText()));
  expect(Date.parse(link.searchParams.get("to")!) - Date.parse(link.searchParams.get("from")!)).toBe(5 * 60_000);
  expect(link.searchParams.has("live")).toBe(false);
});

test("a page asks at most once in two seconds, one request at a time, and not at all while hidden", async ({ page }) => {
  await page.goto(`${url}/errors`);
  await shown(page);
  await page.waitForTimeout(6500);
  const times = state.requests.filter(({ path }: { path: string }) => path.startsWith("/api/")).map(({ at }: { at: number }) => at);
  // The first look has three requests: for the rights, the page and the rail.
  expect(times.length).toBeLessThanOrEqual(6);
  expect(times.length).toBeGreaterThanOrEqual(5);
  const pauses = times.slice(3).map((time: number, at: number) => time - times[at + 2]);
  for (const pause of pauses) expect(pause).toBeGreaterThan(1900);
  await page.evaluate(() => {
    Object.defineProperty(document, "hidden", { get: () => true, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await page.waitForTimeout(2500);
  const asked = state.requests.length;
  await page.waitForTimeout(4500);
  expect(state.requests.length).toBe(asked);
  await page.evaluate(() => {
    Object.defineProperty(document, "hidden", { get: () => false, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await expect.poll(() => state.requests.length).toBeGreaterThan(asked);
});

test.describe("answers of failure", () => {
test.use({ tolerated: [/^status (400|410|503)/] });

test("what is stale says since when, and comes back", async ({ page }) => {
  await page.goto(`${url}/running`);
  await shown(page);
  await page.route("**/api/v1/running**", (route) => route.fulfill({ status: 503, contentType: "application/json", body: JSON.stringify({ error: { code: "unavailable", message: "the service stops", parameter: null, offset: null } }) }));
  await expect(page.locator(".state")).toContainText(/Not updated since \d\d:\d\d:\d\d: the service stops Asking again at/);
  await expect(page.locator("tbody tr")).toHaveCount(4);
  await page.unroute("**/api/v1/running**");
  await expect(page.locator(".state")).toContainText("Live", { timeout: 12_000 });
});

test("a wrong filter is refused with its place", async ({ page }) => {
  await page.goto(`${url}/logs`);
  await shown(page);
  await page.route("**/api/v1/lines**", (route) => route.fulfill({ status: 400, contentType: "application/json", body: JSON.stringify({ error: { code: "bad_query", message: "no such level: loud", parameter: "filter", offset: 6 } }) }));
  await page.locator("#filter").fill("level:loud");
  await page.locator("#filter").press("Enter");
  await expect(page.locator("#filter-message")).toHaveText("no such level: loud (at character 7)");
  await expect(page.locator("#filter")).toHaveAttribute("aria-invalid", "true");
});

test("an evicted trace says when it was given up", async ({ page }) => {
  state.fail = { status: 410, code: "evicted", message: "the trace has given way", evicted_at: "2026-12-01T10:00:00.000Z" };
  await page.goto(`${url}/trace/4bf92f3577b34da6a3ce929d0e0e4736`);
  await expect(page.getByText("This was here, and is not any more.")).toBeVisible();
  await expect(page.getByText(/It was given up at 2026-12-01/)).toBeVisible();
});

});

test("a saved view opens without a server and shows the same", async ({ page, browser }) => {
  await page.goto(`${url}/trace/4bf92f3577b34da6a3ce929d0e0e4736?span=000000000f067aa3`);
  await shown(page);
  const waiting = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save" }).click();
  const file = test.info().outputPath("saved.html");
  await (await waiting).saveAs(file);
  expect(readFileSync(file, "utf8")).toContain("Content-Security-Policy");
  const context = await browser.newContext({ offline: true });
  const other = await context.newPage();
  const wrong: string[] = [];
  other.on("console", (message) => wrong.push(message.text()));
  other.on("pageerror", (error) => wrong.push(error.message));
  await other.goto(`file://${file}`);
  await expect(other.getByText("A view saved at")).toBeVisible();
  await expect(other.locator("obs-waterfall [role=row]:visible")).toHaveCount(18);
  await expect(other.locator("#detail")).toContainText("order.id");
  await other.getByRole("link", { name: /lines in order/ }).click();
  await expect(other.locator("table.lines")).toBeVisible();
  expect(wrong).toEqual([]);
  await context.close();
});

test("everything can be reached by keys", async ({ page }) => {
  await page.goto(`${url}/`);
  await shown(page);
  await page.keyboard.press("Tab");
  await expect(page.locator(".skip")).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.locator("main")).toBeFocused();
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("k");
  await expect(page.locator("tbody tr").first().locator("[data-row]")).toBeFocused();
  await page.keyboard.press("/");
  await expect(page.locator("#filter")).toBeFocused();
  await page.keyboard.type("le");
  await expect(page.locator("#filter-offers")).toBeVisible();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(page.locator("#filter")).toHaveValue("level:");
  await expect(page.locator("#filter-offers")).toContainText("warn");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await page.keyboard.press("g");
  await page.keyboard.press("e");
  await expect(page.locator("h1")).toHaveText("Errors");
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await expect(page.locator("h1")).toHaveText("Error");
});

test("controls are absent unless they are switched on", async ({ page }) => {
  await page.goto(`${url}/alerts`);
  await shown(page);
  await expect(page.getByRole("link", { name: "Controls" })).toHaveCount(0);
  await expect(page.getByText("Silence", { exact: true })).toHaveCount(0);
  state.controls = true;
  await page.goto(`${url}/controls`);
  await shown(page);
  await page.getByLabel("Directives").fill("info,shop=debug");
  await page.getByRole("button", { name: "Change the filter" }).click();
  await expect(page.locator("form.stack output").first()).toHaveText("Done.");
  expect(state.posts).toEqual([{ name: "controls/log-filter", body: { directives: "info,shop=debug", seconds: 300 } }]);
});
