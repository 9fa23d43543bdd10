// The Activity tab, over visits that were made at the portal's API: what it shows, and allowing, dismissing and switching off.
import { colleague } from "./admins.ts";
import { expect, resolve, test } from "./fixtures.ts";
import { everyKind, visit } from "./visits.ts";

test.use({ meant: [403, 404] });

test("the first visit shows by itself", async ({ page, slug, server }) => {
  await page.goto(`/instances/${slug}/activity`);
  await expect(page.getByText("Waiting. It shows here within 10 seconds.")).toBeVisible();
  await expect(page.locator("#first-visit")).toHaveText(`curl "https://accounts.${slug}.com/v1/resolve?flow=sign-in"`);
  await visit(page, { server, slug }, [[{}, 1]]);
  await expect(page.locator(".figures")).toContainText("All visits1");
  await expect(page.getByText("Waiting.")).toHaveCount(0);
});

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });

    test("a refused origin is allowed after the page has said what that changes", async ({ page, slug, server }) => {
      await visit(page, { server, slug }, [[{ redirect_url: "https://partner.example.org/start" }, 6], [{}, 2]]);
      await page.goto(`/instances/${slug}`);
      await page.getByRole("navigation", { name: "Account Portal" }).getByRole("link", { name: "Activity" }).click();
      const row = page.getByRole("row", { name: /partner\.example\.org/ }).first();
      await expect(row).toContainText("Sign-in");
      await row.getByRole("link", { name: /^Allow/ }).focus();
      await page.keyboard.press("Enter");
      const offer = page.getByRole("form", { name: "Allow this origin?" });
      await expect(offer).toContainText("6 visits in the last 7 days would have ended elsewhere.");
      await expect(offer).toBeInViewport();
      await offer.getByRole("button", { name: "Allow this origin" }).click();
      await expect(page.locator(".banner[role=status]")).toContainText("https://partner.example.org is an allowed origin.");
      expect((await resolve(page, slug, "flow=sign-in&redirect_url=https://partner.example.org/x")).target).toBe("https://partner.example.org/x");
      await page.getByRole("button", { name: "Undo" }).click();
      await expect(page.locator(".banner[role=status]")).toContainText("is not an allowed origin any more");
      expect((await resolve(page, slug, "flow=sign-in&redirect_url=https://partner.example.org/x")).source).toBe("home_url");
    });

    test("a dismissed row is hidden, listed apart and shown again", async ({ page, slug, server }) => {
      await visit(page, { server, slug }, [[{ redirect_url: "https://evil.com/" }, 2], [{ redirect_url: "https://[" }, 1]]);
      await page.goto(`/instances/${slug}/activity`);
      const evil = page.getByRole("row", { name: /evil\.com/ });
      await evil.getByRole("button", { name: /^Dismiss/ }).click();
      await expect(page.locator(".banner[role=status]")).toContainText("https://evil.com (not allowed) is dismissed.");
      await expect(evil).toHaveCount(0);
      await page.getByRole("link", { name: "Show 1 dismissed" }).click();
      await evil.getByRole("button", { name: /^Show again/ }).click();
      await page.goto(`/instances/${slug}/activity?q=evil`);
      await expect(evil).toHaveCount(1);
      await page.goto(`/instances/${slug}/history`);
      await expect(page.getByText("dismissed https://evil.com (not allowed) from Activity")).toBeVisible();
    });
  });
}

test("rows lead to Preview, filters narrow them down, and a file has them", async ({ page, slug, server, browser }) => {
  await visit(page, { server, slug }, everyKind(slug));
  await page.goto(`/instances/${slug}/activity?range=24h`);
  await page.getByText("As a table").click();
  await expect(page.getByRole("region", { name: "Visits as a table" }).getByRole("row").nth(1)).toContainText("35");
  await page.getByRole("searchbox", { name: "Origin or reason" }).fill("partner");
  await page.getByRole("combobox", { name: "Flow" }).selectOption({ label: "Sign-up" });
  await page.getByRole("button", { name: "Filter" }).click();
  await expect(page.locator(".refused tbody tr")).toHaveCount(1);
  await expect(page.locator(".refused .count")).toHaveText("3");
  const file = await page.request.get(await page.getByRole("link", { name: /CSV/ }).getAttribute("href") ?? "");
  expect((await file.text()).split("\r\n")[1]).toContain('"https://partner.example.org","foreign","no",3,"sign-up 3"');
  await page.getByRole("link", { name: /^Preview https/ }).click();
  await expect(page.getByText("partner.example.org is not on")).toBeVisible();

  const viewer = await colleague(browser, page, { server, slug }, `viewer@${slug}.com`, "viewer");
  await viewer.goto(`/instances/${slug}/activity`);
  await expect(viewer.locator(".refused tbody tr")).toHaveCount(7);
  await expect(viewer.getByRole("main").locator("form[method=post]")).toHaveCount(0);
  await viewer.close();
});

test("an editor stops the counting, and visits are not counted any more", async ({ page, slug, server }) => {
  await visit(page, { server, slug }, [[{}, 1]]);
  await page.goto(`/instances/${slug}/activity`);
  await page.getByText("Change what is kept").click();
  await page.getByRole("button", { name: "Stop counting" }).click();
  await expect(page.locator(".banner[role=status]")).toContainText("Visits of this instance are not counted any more.");
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.locator(".banner[role=status]")).toContainText("Visits of this instance are counted from now on.");
});

for (const width of [390, 320]) {
  test(`the present tab is in sight at ${width} px`, async ({ page, slug }) => {
    await page.setViewportSize({ width, height: 800 });
    for (const tab of ["activity", "history"]) {
      await page.goto(`/instances/${slug}/${tab}`);
      await expect(page.locator(".tabs [aria-current]")).toBeInViewport({ ratio: 0.95 });
    }
  });
}
