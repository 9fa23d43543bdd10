// Runs the browser tests in Debian's Chromium against the real binary, which each worker starts for itself. Its headless shell draws no
// windows, which takes a third off the time.
import { availableParallelism } from "node:os";
import { defineConfig } from "@playwright/test";

export const chromium = process.env.CHROMIUM ?? "/usr/bin/chromium-headless-shell";
export const chromiumArguments = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export default defineConfig({
  testDir: ".",
  // The tests of the samples are Node's: `make test-samples`.
  testMatch: "*.spec.ts",
  outputDir: "results",
  // Many tests wait for a server or a page, so one more runs at once than there are cores. Each worker has a server and a browser.
  workers: Math.min(availableParallelism() + 1, 8),
  fullyParallel: true,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [["list"]],
  use: {
    launchOptions: { executablePath: chromium, args: chromiumArguments },
    permissions: ["clipboard-read", "clipboard-write"],
    screenshot: "only-on-failure",
    // Recording costs a quarter of the time. To see what a failed test did: `--trace retain-on-failure`.
    trace: "off",
  },
});
