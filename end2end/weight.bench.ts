// Measures how many compressed bytes the first visit of the Redirects tab transfers, and compares them with a budget.
import { alive, expect, test } from "./fixtures.ts";

const budget = { all: 130_000, wasm: 115_000 };

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
