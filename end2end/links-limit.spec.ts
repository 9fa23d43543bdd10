// A list with the maximum number of links: the page stays usable.
import { expect, test } from "./fixtures.ts";

// A trace would snapshot a hundred thousand elements at every step.
test.use({ trace: "off" });

test("ten thousand links are checked, and the refused ones can be filtered", async ({ page, slug }) => {
  const target = (at: number) => encodeURIComponent(at % 50 === 0 ? `https://evil${at}.example/` : `https://${slug}.com/campaign/${at}`);
  const list = Array.from({ length: 10_000 }, (_, at) => `https://accounts.${slug}.com/sign-up?redirect_url=${target(at)}`).join("\n");
  await page.goto(`/instances/${slug}/preview/links`);
  await page.locator("#file").setInputFiles({ name: "a.txt", mimeType: "text/plain", buffer: Buffer.from(list) });
  await page.getByRole("button", { name: "Check links" }).click();
  await expect(page.locator("#results h2")).toHaveText("10,000 links: 9,800 end as asked, 200 are refused", { timeout: 45_000 });
  // A locator by role would inspect each row, which is slow.
  const shown = () => page.evaluate(() => [...document.querySelectorAll("tbody tr")].filter((row) => row.getClientRects().length > 0).length);
  expect(await shown()).toBe(10_000);
  await page.locator("[value=refused]").check();
  expect(await shown()).toBe(200);
  await page.locator(".tabs a").first().click();
  await expect(page).toHaveURL(new RegExp(`/instances/${slug}$`));
});
