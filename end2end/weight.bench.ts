// Measures the first visit of the Redirects tab, in compressed bytes and until it is painted, and the time from a keystroke to its verdict.
// Writes the figures where `make bench` collects them, and compares them with their goals.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, type Page } from "@playwright/test";
import { alive, expect, test } from "./fixtures.ts";

interface Figure {
  name: string;
  value: number;
  unit: string;
  /** The goal; null if there is none. */
  limit: { at_most: number } | null;
}

function figure(name: string, value: number, unit: string, goal?: number): Figure {
  return { name, value, unit, limit: goal === undefined ? null : { at_most: goal } };
}

/** Prints the figures, adds them to the report, and fails if one misses its goal. */
function report(step: string, title: string, figures: Figure[]): void {
  const folder = join(process.env.CARGO_TARGET_DIR ?? fileURLToPath(new URL("../target", import.meta.url)), "bench");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${step}.json`), JSON.stringify([{ title, figures, notes: [], failure: null }]));
  const goal = ({ limit }: Figure) => (limit ? ` (goal: ≤ ${limit.at_most})` : "");
  console.log([title, ...figures.map((each) => `  ${each.name}: ${Math.round(each.value)} ${each.unit}${goal(each)}`)].join("\n"));
  for (const { name, value, limit } of figures) {
    if (limit) expect.soft(value, name).toBeLessThanOrEqual(limit.at_most);
  }
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

const visits = 15;

/** Visits the page with an empty cache. Returns the bytes of each file, headers included, and the milliseconds until the page is painted. */
async function firstVisit(browser: Browser, path: string): Promise<{ sizes: [string, number][]; painted: number }> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  const names = new Map<string, string>();
  const sizes: [string, number][] = [];
  session.on("Network.responseReceived", ({ requestId, response }) => names.set(requestId, new URL(response.url).pathname));
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    sizes.push([names.get(requestId) ?? "?", encodedDataLength]);
  });
  await page.goto(path, { waitUntil: "networkidle" });
  await alive(page);
  const painted = await largestPaint(page);
  await context.close();
  return { sizes, painted };
}

/** The milliseconds from the start of the navigation until the largest element was painted. Nothing may be typed or clicked before. */
function largestPaint(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        // The last candidate is the largest one.
        const observer = new PerformanceObserver((list) => resolve(list.getEntries().at(-1)!.startTime));
        observer.observe({ type: "largest-contentful-paint", buffered: true });
      }),
  );
}

/** The milliseconds until a line of text is painted in the same browser: no page can be faster. */
async function lineOfText(browser: Browser): Promise<number> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto("/healthz");
  const painted = await largestPaint(page);
  await context.close();
  return painted;
}

test("the Redirects tab's first visit", async ({ browser, slug }) => {
  const path = `/instances/${slug}/redirects`;
  // The first one of all warms the server and the browser up.
  await firstVisit(browser, path);
  const [painted, lines]: [number[], number[]] = [[], []];
  let sizes: [string, number][] = [];
  for (let n = 0; n < visits; n++) {
    lines.push(await lineOfText(browser));
    const visit = await firstVisit(browser, path);
    painted.push(visit.painted);
    sizes = visit.sizes;
  }
  const sum = (chosen: [string, number][]) => chosen.reduce((total, [, size]) => total + size, 0);
  report("first-visit", `The Redirects tab, ${visits} first visits`, [
    figure("first visit: everything, compressed", sum(sizes), "bytes", 120_000),
    figure("first visit: wasm, compressed", sum(sizes.filter(([name]) => name.endsWith(".wasm"))), "bytes", 100_000),
    figure("first visit: largest contentful paint, median", median(painted), "ms", 150),
    figure("first visit: largest contentful paint, slowest", Math.max(...painted), "ms"),
    figure("a line of text in the same browser: largest contentful paint, median", median(lines), "ms"),
    ...sizes.map(([name, size]) => figure(name, size, "bytes")),
  ]);
});

const keystrokes = 30;

test("from a keystroke to its verdict", async ({ page, slug }) => {
  await page.goto(`/instances/${slug}/redirects`);
  await alive(page);
  const field = page.getByLabel("After sign-in");
  await field.fill("/");
  await expect(field).toHaveAccessibleDescription(new RegExp(`https://${slug}.com/`));
  const took: number[] = [];
  for (let n = 0; n < keystrokes; n++) {
    const text = `/${"x".repeat(n + 1)}`;
    const verdict = field.evaluate((input: HTMLInputElement, expected) => {
      const shown = input.closest(".field")!.querySelector(".verdict")!;
      return new Promise<number>((resolve) => {
        let typed = 0;
        input.addEventListener("input", () => (typed = performance.now()), { once: true });
        const observer = new MutationObserver(() => {
          if (!typed || !shown.textContent!.includes(expected)) return;
          observer.disconnect();
          resolve(performance.now() - typed);
        });
        observer.observe(shown, { childList: true, characterData: true, subtree: true });
      });
    }, `https://${slug}.com${text}`);
    await field.press("End");
    await page.keyboard.press("x");
    took.push(await verdict);
  }
  report("keystroke", `The Redirects tab, ${keystrokes} keystrokes`, [
    figure("a keystroke to its verdict, median", median(took), "ms", 60),
    figure("a keystroke to its verdict, slowest", Math.max(...took), "ms"),
  ]);
});
