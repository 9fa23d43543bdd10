// Archiving an instance closes its portal. Restoring it from the instance list opens the portal again.
import { colleague } from "./admins.ts";
import { expect, resolve, test } from "./fixtures.ts";

test.use({ meant: [403, 404, 410, 422] });

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });

    test("typing the slug archives an instance and closes its portal, and the instance list restores it", async ({ page, slug }) => {
      await page.goto(`/instances/${slug}/settings`);
      await page.getByRole("link", { name: /^Archive instance/ }).click();
      for (const wrong of ["", "localhost"]) {
        await page.getByLabel("Slug").fill(wrong);
        await page.getByRole("button", { name: "Archive instance" }).click();
        await expect(page.getByRole("alert")).toBeVisible();
        await expect(page.getByLabel("Slug")).toHaveAttribute("aria-invalid", "true");
        await expect(page.getByLabel("Slug")).toHaveValue(wrong);
      }
      expect(await resolve(page, slug, "flow=sign-in")).toMatchObject({ source: "home_url" });
      await page.getByLabel("Slug").fill(slug);
      await page.getByRole("button", { name: "Archive instance" }).click();

      await expect(page).toHaveURL(/\/instances(\?|$)/);
      await page.getByRole("link", { name: /^Archived/ }).click();
      const row = page.getByRole("region", { name: "Archived" }).getByRole("listitem").filter({ hasText: slug });
      await expect(row).toContainText("Restorable until");
      expect((await page.request.get(`/portal/${slug}/v1/resolve?flow=sign-in`)).status()).toBe(410);
      const visitor = await page.context().newPage();
      expect((await visitor.goto(`/portal/${slug}/sign-in`))?.status()).toBe(410);
      await expect(visitor.getByRole("heading", { level: 1 })).toHaveText("This portal is closed");
      await expect(visitor.getByRole("main")).toContainText(slug);
      await visitor.close();
      expect((await page.goto(`/instances/${slug}/redirects`))?.status()).toBeGreaterThanOrEqual(400);

      await page.goto("/instances?show=archived");
      await row.getByRole("button", { name: `Restore ${slug}` }).click();
      await expect(page.getByRole("status")).toBeVisible();
      expect(await resolve(page, slug, "flow=sign-in")).toMatchObject({ source: "home_url" });
      await page.goto(`/instances/${slug}/redirects`);
      await expect(page.getByLabel("After sign-in")).toBeVisible();
    });
  });
}

test("an editor sees no archive link, and the archive page answers 403", async ({ page, slug, server, browser }) => {
  const editor = await colleague(browser, page, { server, slug }, `editor@${slug}.com`, "editor");
  await editor.goto(`/instances/${slug}/settings`);
  await expect(editor.locator("#save-button")).toBeAttached();
  await expect(editor.getByRole("link", { name: /^Archive/ })).toHaveCount(0);
  expect((await editor.goto(`/instances/${slug}/archive`))?.status()).toBe(403);
  await editor.close();
});
