// Measures the first visit of the Redirects tab in compressed bytes, and the time from a keystroke to its verdict, and compares both with
// a budget.
import { alive, expect, test } from "./fixtures.ts";

const budget = { all: 120_000, wasm: 100_000 };

test("the Redirects tab's first visit stays within its budget", async ({ page, slug }) => {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  const names = new Map<string, string>();
  const sizes: [string, number][] = [];
  session.on("Network.responseReceived", ({ requestId, response }) => names.set(requestId, new URL(response.url).pathname));
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    sizes.push([names.get(requestId) ?? "?", encodedDataLength]);
  });
  await page.goto(`/instances/${slug}/redirects`, { waitUntil: "networkidle" });
  await alive(page);

  const sum = (chosen: [string, number][]) => chosen.reduce((total, [, size]) => total + size, 0);
  const all = sum(sizes);
  const wasm = sum(sizes.filter(([name]) => name.endsWith(".wasm")));
  const line = (size: number, text: string) => `${String(size).padStart(9)}  ${text}`;
  console.log(
    [
      "The first visit of the Redirects tab, in compressed bytes including headers",
      ...sizes.map(([name, size]) => line(size, name)),
      line(wasm, `wasm (budget ${budget.wasm})`),
      line(all, `everything (budget ${budget.all})`),
    ].join("\n"),
  );
  expect(wasm).toBeLessThanOrEqual(budget.wasm);
  expect(all).toBeLessThanOrEqual(budget.all);
});

// In milliseconds, from the last keystroke.
const verdictBudget = 60;
const keystrokes = 30;

test("a keystroke has its verdict within its budget", async ({ page, slug }) => {
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
  took.sort((a, b) => a - b);
  const median = took[keystrokes / 2]!;
  console.log(`From a keystroke to its verdict: ${median.toFixed(0)} ms, at most ${took.at(-1)!.toFixed(0)} ms (budget ${verdictBudget} ms)`);
  expect(median).toBeLessThanOrEqual(verdictBudget);
});
