import { defineConfig } from "@playwright/test";

// Each file has a server of its own; files run beside each other, tests of a file one after another.
export default defineConfig({
  testDir: ".",
  outputDir: process.env.OBS_BROWSER_OUTPUT ?? "../../target/browser",
  reporter: [["list"]],
  timeout: 30_000,
  expect: { timeout: 8_000 },
  workers: 2,
  forbidOnly: true,
  retries: 0,
  use: {
    viewport: { width: 1280, height: 860 },
    launchOptions: {
      executablePath: process.env.OBS_CHROMIUM ?? "/usr/bin/chromium",
      // The sandbox of Chromium needs rights that containers and root don't have; it opens only what these tests serve.
      args: ["--no-sandbox", "--enable-precise-memory-info", "--js-flags=--expose-gc"],
    },
  },
});
