// The Applications page: an owner marks origins, and adds clients with a secret.
import { type Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled, meant: [422] });

    test("an owner marks an origin and adds a client, whose secret is shown once", async ({ page, slug }) => {
      await page.goto(`/instances/${slug}`);
      await page.getByRole("navigation", { name: "Dashboard" }).getByRole("link", { name: "Applications" }).click();
      await page.getByLabel("Another origin").fill("https://elsewhere.example");
      await save(page);
      await expect(page.getByRole("alert")).toContainText("Add a client with a secret");
      await page.getByLabel("Another origin").fill(`https://app.${slug}.com`);
      await save(page);
      await expect(page.getByRole("status")).toContainText("saved");
      await expect(page.getByRole("checkbox", { name: `https://app.${slug}.com` })).toBeChecked();
      await page.getByLabel("Name", { exact: true }).fill("Desk");
      await page.getByLabel("Redirect URIs").fill("https://desk.example/callback");
      await page.getByRole("button", { name: "Add client" }).click();
      const secret = await page.locator("#client-secret").textContent();
      expect(secret).toMatch(/^[0-9a-f]{64}$/);
      await page.reload();
      await expect(page.locator("#client-secret")).toHaveCount(0);
      const row = page.getByRole("listitem").filter({ hasText: "Desk" });
      await row.locator("summary", { hasText: "Change" }).click();
      await row.getByRole("button", { name: /^Remove/ }).click();
      await expect(page.getByRole("heading", { name: "No clients yet" })).toBeVisible();
    });
  });
}

async function save(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Save", exact: true }).click();
}
