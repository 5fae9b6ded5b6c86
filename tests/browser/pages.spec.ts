// Every page, in both themes and all widths, with plain and with hostile data.
import { mkdirSync } from "node:fs";
import { fits, hasNoInlineCode, isAccessible, PAGES, shown, test, expect } from "./support";
import { HOSTILE, start } from "./mock.cjs";

const state: Record<string, unknown> = {};
let url = "";
let stop: () => void;

test.beforeAll(async () => {
  const server = await start(state);
  ({ url, stop } = server);
});
test.afterAll(() => stop());
test.beforeEach(() => {
  for (const key of Object.keys(state)) if (key !== "requests") delete state[key];
  state.controls = true;
});

for (const theme of ["light", "dark"] as const) {
  test(`axe finds nothing on any page in ${theme}`, async ({ page }) => {
    test.setTimeout(90_000);
    await page.emulateMedia({ colorScheme: theme });
    for (const [name, path] of Object.entries(PAGES)) {
      await page.goto(url + path);
      await shown(page);
      await test.step(name, async () => {
        // What is not about colours is the same in both themes.
        await isAccessible(page, theme === "dark" ? ["color-contrast"] : []);
        await hasNoInlineCode(page);
      });
    }
  });
}

test("every page fits from 400 to 2560 pixels", async ({ page }) => {
  test.setTimeout(90_000);
  for (const [name, path] of Object.entries(PAGES)) {
    await page.goto(url + path);
    await shown(page);
    for (const width of [2560, 768, 400]) {
      await page.setViewportSize({ width, height: 900 });
      await test.step(`${name} at ${width}`, () => fits(page));
    }
  }
});

test("hostile text is shown as text on every page", async ({ page }) => {
  test.setTimeout(90_000);
  state.hostile = true;
  for (const [name, path] of Object.entries(PAGES)) {
    await page.goto(url + path);
    await shown(page);
    await test.step(name, async () => {
      await hasNoInlineCode(page);
      await fits(page);
      expect(await page.locator("main img").count()).toBe(0);
      // What controls the display is written out: nothing of it reaches the document.
      const words = await page.evaluate(() => document.body.innerText);
      expect(words).not.toMatch(/[\u202e\u2066\u0000-\u0008\u001b]/);
      expect(words).toContain("<img src=x onerror=alert(1)>");
      // A megabyte in each cell must not become a megabyte in the document.
      expect(words.length).toBeLessThan(400_000);
    });
  }
  expect(HOSTILE.length).toBe(3);
});

test("an empty service says what to do", async ({ page }) => {
  state.empty = true;
  state.quiet = true;
  await page.goto(`${url}/`);
  await expect(page.getByText("No request in this window.")).toBeVisible();
  await isAccessible(page);
  await page.goto(`${url}/alerts`);
  await expect(page.getByText("Nothing is wrong.")).toBeVisible();
  await page.goto(`${url}/no/such/page`);
  await expect(page.getByText("There is no such page.")).toBeVisible();
});

test("screenshots of every page in both themes", async ({ page }, info) => {
  test.skip(!process.env.OBS_SCREENSHOTS, "only when asked for: OBS_SCREENSHOTS=folder");
  test.setTimeout(120_000);
  const folder = process.env.OBS_SCREENSHOTS ?? info.outputDir;
  mkdirSync(folder, { recursive: true });
  for (const theme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: theme });
    for (const [name, path] of Object.entries(PAGES)) {
      await page.goto(url + path);
      await shown(page);
      await page.waitForTimeout(400);
      await page.screenshot({ path: `${folder}/${name}-${theme}.png` });
    }
  }
});
