// A list with the maximum number of links: its results come in pages, refused ones first, and the page stays small.
import { expect, test } from "./fixtures.ts";

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });

    test("ten thousand links are checked, and the refused ones come first, in pages", async ({ page, slug }) => {
      const target = (at: number) => encodeURIComponent(at % 50 === 0 ? `https://evil${at}.example/` : `https://${slug}.com/campaign/${at}`);
      const list = Array.from({ length: 10_000 }, (_, at) => `https://accounts.${slug}.com/sign-up?redirect_url=${target(at)}`).join("\n");
      await page.goto(`/instances/${slug}/preview/links`);
      await page.locator("#file").setInputFiles({ name: "a.txt", mimeType: "text/plain", buffer: Buffer.from(list) });
      await page.getByRole("button", { name: "Check links" }).click();
      const title = page.getByRole("heading", { level: 2 });
      const rows = page.locator("tbody tr");
      const lines = () => rows.getByRole("rowheader").allTextContents();
      await expect(title).toHaveText("10,000 links: 9,800 end as asked, 200 are refused");
      await expect(title).toHaveAccessibleDescription("1 to 100 of 10,000. Links that need attention come first.");
      expect(await lines()).toEqual(Array.from({ length: 100 }, (_, at) => String(at * 50 + 1)));

      await page.getByRole("button", { name: "Page 100", exact: true }).click();
      await expect(title).toHaveAccessibleDescription("9,901 to 10,000 of 10,000. Links that need attention come first.");
      await expect(rows.first()).toContainText("Allowed");
      await expect(rows.last().getByRole("rowheader")).toHaveText("10000");
      await expect(page.getByRole("button", { name: "Next" })).toBeDisabled();

      await page.getByRole("button", { name: "Refused 200" }).click();
      await expect(title).toHaveAccessibleDescription("1 to 100 of 200.");
      await page.getByRole("button", { name: "Next" }).click();
      await expect(title).toHaveAccessibleDescription("101 to 200 of 200.");
      await expect(title).toBeFocused();
      await expect(page.getByRole("button", { name: "Refused 200" })).toHaveAttribute("aria-current", "true");
      await expect(rows.last().getByRole("rowheader")).toHaveText("9951");

      await page.getByRole("button", { name: "All 10,000" }).click();
      await expect(rows.first()).toContainText("Refused");
      await page.getByRole("navigation", { name: "Account Portal" }).getByRole("link").first().click();
      await expect(page).toHaveURL(new RegExp(`/instances/${slug}$`));
    });
  });
}
