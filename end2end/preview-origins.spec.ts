// Preview origins: listed with their ends, removed with and without scripts, explained in Preview, and folded in History.
import { expect, resolve, test } from "./fixtures.ts";
import { addPreviews, preview } from "./preview-origins.ts";

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with scripts" : "without scripts", () => {
    test.use({ javaScriptEnabled });

    test("a preview origin is allowed until its end, and removed at once", async ({ page, server, slug }) => {
      addPreviews({ server, slug }, 12);
      const query = `flow=sign-in&redirect_url=${encodeURIComponent(`${preview(1)}/start`)}`;
      await expect.poll(async () => (await resolve(page, slug, query)).target).toBe(`${preview(1)}/start`);

      await page.goto(`/instances/${slug}/preview?redirect_url=${encodeURIComponent(`${preview(1)}/start`)}`);
      await expect(page.locator("#steps")).toContainText(/It is on a preview origin, which is allowed until \d+ \w{3} \d{4}, \d\d:\d\d UTC\./);

      await page.goto(`/instances/${slug}/settings`);
      const list = page.locator("#preview-origins");
      await expect(list.getByRole("heading")).toHaveText("Preview origins 12");
      await expect(list.locator("code").getByText(preview(1), { exact: true })).toBeVisible();
      await expect(list.locator("code").getByText(preview(12), { exact: true })).toBeHidden();
      await list.getByText("2 more").click();
      await expect(list.locator("code").getByText(preview(12), { exact: true })).toBeVisible();
      await list.getByRole("button", { name: `Remove ${preview(1)}`, exact: true }).click();
      await expect(list.getByRole("status")).toHaveText("The preview origin was removed.");
      await expect(list.getByRole("heading")).toHaveText("Preview origins 11");
      expect((await resolve(page, slug, query)).source).toBe("home_url");

      await page.goto(`/instances/${slug}/history`);
      const line = page.locator(".folded");
      await expect(line).toContainText("added 12 preview origins and removed 1");
      await expect(line.getByText(`added the preview origin ${preview(3)}`)).toBeHidden();
      await line.getByText("Show all 13").click();
      await expect(line.getByText(`added the preview origin ${preview(3)}`)).toBeVisible();
    });
  });
}

test("an end that comes while nobody calls anything is kept to the second", async ({ page, server, slug }) => {
  addPreviews({ server, slug }, 1);
  server.sql(`update preview_origins set expires_at = date_trunc('second', now()) + interval '4 seconds' where instance_id = (select id from instances where slug = '${slug}')`);
  server.sql(`update instances set version = version + 1, updated_at = now() where slug = '${slug}'`);
  const query = `flow=sign-in&redirect_url=${encodeURIComponent(preview(1))}`;
  await expect.poll(async () => (await resolve(page, slug, query)).source).toBe("redirect_url");
  await expect.poll(async () => (await resolve(page, slug, query)).source, { timeout: 10_000 }).toBe("home_url");
});
