// What every page must pass: axe finds nothing, and nothing overflows the window.
import { basename, join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import axe from "axe-core";

/** A folder for a picture of each page that is checked, in each look. */
const shots = process.env.SHOTS;

/** Expects that axe finds nothing on the page as it is now, and that nothing overflows the window. */
export async function expectNothingFound(page: Page): Promise<void> {
  // Once per page: reading the script takes as long as half of the checks.
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const { violations } = await (window as unknown as { axe: typeof axe }).axe.run({ resultTypes: ["violations"] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
  });
  expect(found).toEqual([]);
  const [content, width] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  expect(content, "nothing overflows the window").toBeLessThanOrEqual(width);
}

/** Expects the same in light and dark, in a wide window, on a phone, and at 400 % zoom, which leaves 320 px (WCAG 1.4.10). `name` is the screen's. */
export async function expectAccessible(page: Page, name: string): Promise<void> {
  const file = basename(test.info().file, ".spec.ts");
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    for (const width of [1280, 390, 320]) {
      await page.setViewportSize({ width, height: 800 });
      await expectNothingFound(page);
      const shot = `${file}-${name.replaceAll(/\W+/g, "-")}-${colorScheme}-${width}.png`;
      if (shots) await page.screenshot({ path: join(shots, shot), fullPage: true });
    }
  }
}
