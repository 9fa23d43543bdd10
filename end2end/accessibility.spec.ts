// Every dashboard screen passes axe in light and dark mode, and fits into a narrow window.
import { AxeBuilder } from "@axe-core/playwright";
import { type Page } from "@playwright/test";
import { setUp } from "./admins.ts";
import { expect, test } from "./fixtures.ts";
import { screens } from "./screens.ts";
import { screensOfAdmins } from "./screens-of-admins.ts";
import { type Server } from "./server.ts";

test.use({ meant: [401, 404, 409, 410, 422] });

async function expectNothingFound(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`)).toEqual([]);
}

/** Submits the first admin's form empty, and waits for its errors. */
async function refusedSetUp(page: Page, server: Server): Promise<void> {
  await page.goto(server.setup);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
}

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });
    for (const [name, open] of [...screens, ...screensOfAdmins]) {
      test(`axe finds no violations on: ${name}`, async ({ page, slug, server }) => {
        await open(page, { server, slug });
        await expectNothingFound(page);
      });
    }

    test("axe finds no violations on: the empty instance list", async ({ page, fresh }) => {
      await setUp(page.request, fresh);
      await page.goto(`${fresh.url}/instances`);
      await expectNothingFound(page);
    });

    test("axe finds no violations on: the first admin's form", async ({ page, fresh }) => {
      await refusedSetUp(page, fresh);
      await expectNothingFound(page);
    });
  });
}

for (const width of [390, 320]) {
  test.describe(`${width} px wide`, () => {
    test.use({ viewport: { width, height: 800 } });
    for (const [name, open] of [...screens, ...screensOfAdmins]) {
      test(`nothing overflows the window on: ${name}`, async ({ page, slug, server }) => {
        await open(page, { server, slug });
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
        await expectNothingFound(page);
      });
    }

    test("nothing overflows the window on: the first admin's form", async ({ page, fresh }) => {
      await refusedSetUp(page, fresh);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      await expectNothingFound(page);
    });
  });
}
