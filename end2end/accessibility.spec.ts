// Every dashboard screen passes axe in light and dark, and fits into a narrow window.
import { expectAccessible } from "./accessible.ts";
import { setUp } from "./admins.ts";
import { expect, test } from "./fixtures.ts";
import { screens } from "./screens.ts";
import { screensOfAdmins } from "./screens-of-admins.ts";

test.use({ meant: [401, 404, 409, 410, 422] });

for (const [name, open] of [...screens, ...screensOfAdmins]) {
  test(`axe finds nothing and nothing overflows on: ${name}`, async ({ page, slug, server }) => {
    await open(page, { server, slug });
    await expectAccessible(page, name);
  });
}

test("axe finds nothing and nothing overflows on: the empty instance list", async ({ page, fresh }) => {
  await setUp(page.request, fresh);
  await page.goto(`${fresh.url}/instances`);
  await expectAccessible(page, "the empty instance list");
});

test("axe finds nothing and nothing overflows on: the first admin's form", async ({ page, fresh }) => {
  await page.goto(fresh.setup);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
  await expectAccessible(page, "the first admin's form");
});
