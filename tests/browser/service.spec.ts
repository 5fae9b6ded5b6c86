// The pages over a service as it is: the visitor, who makes it fail, hang and alarm, is this file.
import { hasNoInlineCode, isAccessible, shown, test, expect } from "./support";

const service = process.env.OBS_SERVICE ?? "";
test.skip(!service, "without a service in OBS_SERVICE");
test.describe.configure({ mode: "serial" });

let visitor: NodeJS.Timeout | undefined;
test.beforeAll(() => {
  let at = 0;
  // Fifty a second; every tenth order fails.
  visitor = setInterval(() => { at += 1; void fetch(`${service}/orders/${at % 100}`).catch(() => undefined); }, 20);
});
test.afterAll(() => clearInterval(visitor));

async function post(path: string): Promise<void> {
  expect((await fetch(service + path, { method: "POST" })).status).toBe(200);
}

test("the charts move while the service is used", async ({ page }) => {
  await page.goto(`${service}/obs/`);
  const row = page.locator("tbody tr", { hasText: "/orders/{id}" });
  await expect(row).toBeVisible({ timeout: 15_000 });
  const requests = page.locator(".figure", { hasText: "Requests" }).locator(".note");
  await expect(requests).toContainText("in the window");
  const before = await requests.innerText();
  await expect(requests).not.toHaveText(before, { timeout: 15_000 });
  const path = row.locator(".spark .line");
  const line = await path.getAttribute("d");
  await expect.poll(() => path.getAttribute("d"), { timeout: 15_000 }).not.toBe(line);
  await expect(row).toContainText("✕");
  await hasNoInlineCode(page);
  await isAccessible(page);
});

test("from a red number to the line that says why in four clicks", async ({ page }) => {
  await page.goto(`${service}/obs/`);
  await page.getByRole("link", { name: "Why" }).click();
  await page.locator("tbody tr").first().click();
  await expect(page.locator("h1")).toHaveText("Error");
  await page.getByRole("link", { name: "An example's trace" }).click();
  await expect(page.locator("h1")).toContainText("Trace");
  await page.getByRole("link", { name: /lines in order/ }).click();
  await expect(page.locator("table.lines")).toContainText("the order has no address");
  await isAccessible(page);
});

test("a dot of the heatmap leads to its trace and its endpoint, and back to the view", async ({ page }) => {
  await page.goto(`${service}/obs/endpoint?kind=server&method=GET&endpoint=%2Forders%2F%7Bid%7D&live=5m`);
  await shown(page);
  await expect(page.locator("obs-chart .u-over").first()).toBeVisible();
  const before = page.url();
  await page.getByText("As a table").click();
  await expect(page.locator("details.as-table a.id").first()).toBeVisible({ timeout: 15_000 });
  await isAccessible(page);
  await page.locator("details.as-table a.id").first().click();
  await expect(page.locator("h1")).toContainText("Trace");
  await shown(page);
  await expect(page.locator("obs-waterfall [role=row]", { hasText: "load order" })).toBeVisible();
  await expect(page.locator("obs-waterfall [role=row]", { hasText: "order read" })).toBeVisible();
  await page.getByRole("link", { name: /The endpoint/ }).click();
  await expect(page.locator("h1")).toContainText("/orders/{id}");
  await page.goBack();
  await expect(page.locator("h1")).toContainText("Trace");
  await page.goBack();
  expect(page.url()).toBe(before);
  await expect(page.locator("h1")).toContainText("/orders/{id}");
});

test("a request that hangs is shown as stuck, and is gone when it has ended", async ({ page }) => {
  // What is usual there must be known before anything can be unusual.
  for (let at = 0; at < 30; at += 1) await fetch(`${service}/hang`);
  await post("/release/false");
  const hanging = fetch(`${service}/hang`);
  await page.goto(`${service}/obs/running`);
  const row = page.locator("tbody tr", { hasText: "/hang" });
  await expect(row).toContainText("stuck", { timeout: 20_000 });
  await expect(row).toContainText("waiting for the stock");
  await expect(page.locator("tbody tr").first()).toContainText("/hang");
  await isAccessible(page);
  await post("/release/true");
  await hanging;
  await expect(row).toHaveCount(0);
});

test("an alert fires and resolves on the page", async ({ page }) => {
  await page.goto(`${service}/obs/alerts`);
  await expect(page.getByText("Nothing is wrong.")).toBeVisible();
  await post("/alarm/true");
  await expect(page.locator(".card", { hasText: "OrdersStuck" })).toContainText("firing");
  await isAccessible(page);
  await page.goto(`${service}/obs/`);
  await expect(page.getByText("Firing alerts")).toBeVisible();
  await post("/alarm/false");
  await page.goto(`${service}/obs/alerts`);
  await expect(page.getByText("Nothing is wrong.")).toBeVisible({ timeout: 15_000 });
});

test("the tail follows and filters", async ({ page }) => {
  await page.goto(`${service}/obs/logs`);
  await expect(page.locator(".tail-row:visible").first()).toBeVisible();
  const many = (): Promise<number> => page.evaluate(() => (document.querySelector("obs-tail") as unknown as { lines: unknown[] }).lines.length);
  const before = await many();
  await expect.poll(many).toBeGreaterThan(before);
  await page.locator("#filter").fill("level:error");
  await page.locator("#filter").press("Enter");
  await expect(page.locator(".tail-row.error:visible").first()).toContainText("the order has no address");
  await expect(page.locator(".tail-row.info:visible")).toHaveCount(0);
  await isAccessible(page);
});

test("two windows compare, and slow requests with the rest", async ({ page }) => {
  await page.goto(`${service}/obs/diff?live=5m`);
  await shown(page);
  await expect(page.locator("main")).toContainText("Endpoints");
  await page.getByRole("link", { name: "Slow against the rest" }).click();
  await shown(page);
  await expect(page.locator("tbody tr", { hasText: "/orders/{id}" })).toBeVisible();
  await isAccessible(page);
});

test("metrics and the runtime are shown", async ({ page }) => {
  await page.goto(`${service}/obs/metrics?filter=http_requests_total`);
  await page.locator("[data-row]").first().click();
  await expect(page.locator("h1")).toContainText("http_requests_total");
  await expect(page.locator("obs-chart .u-over")).toBeVisible({ timeout: 15_000 });
  await isAccessible(page);
  await page.goto(`${service}/obs/runtime`);
  await expect(page.getByText("Versions")).toBeVisible();
  await isAccessible(page);
});

test("controls are absent unless switched on, and audited where they are", async ({ page }) => {
  await page.goto(`${service}/watch/`);
  await shown(page);
  await expect(page.getByRole("link", { name: "Controls" })).toHaveCount(0);
  await page.goto(`${service}/obs/controls`);
  await page.getByLabel("Directives").fill("info,hyper=warn");
  await page.getByRole("button", { name: "Change the filter" }).click();
  await expect(page.locator("form.stack output").first()).toHaveText("Done.");
  await expect(page.locator(".panel", { hasText: "In force" })).toContainText("hyper=warn");
  await expect(page.locator(".panel", { hasText: "Audit" })).toContainText("hyper=warn");
  await isAccessible(page);
  await page.getByRole("button", { name: "End" }).click();
  await expect(page.getByText("Nothing is changed at present.")).toBeVisible();
});
