// The head of an instance's pages: its name, and the line that says on which runtimes the version is live.
import { expect, test } from "./fixtures.ts";

test("every tab is headed with the instance's name, and its version is live right after creation", async ({ page, slug }) => {
  await page.goto(`/instances/${slug}`);
  for (const tab of ["Overview", "Redirects", "Preview", "Snippets", "Activity", "History"]) {
    await page.getByRole("navigation", { name: "Account Portal" }).getByRole("link", { name: tab }).click();
    await expect(page).toHaveTitle(`${tab} · ${slug} · Portal Redirects`);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(slug);
    await expect(page.locator(".head")).toContainText("Version 1 · live on 1 of 1 runtime");
  }
});

test("the line opens the runtimes, and opening moves nothing", async ({ page, slug }) => {
  await page.goto(`/instances/${slug}`);
  const tabs = page.getByRole("navigation", { name: "Account Portal" });
  const before = await tabs.boundingBox();
  await page.locator(".live > summary").click();
  await expect(page.locator(".live li")).toContainText("Portal and dashboard");
  expect(await tabs.boundingBox()).toEqual(before);
});

test("a line that is behind becomes current by itself, and stays open and focused", async ({ page, slug }) => {
  await page.route(`**/instances/${slug}/history`, async (route) => {
    const response = await route.fetch();
    const behind = (await response.text()).replace('data-kind="live"', 'data-kind="behind"').replace("live on 1 of 1", "live on 0 of 1");
    await route.fulfill({ response, body: behind });
  });
  await page.goto(`/instances/${slug}/history`);
  await expect(page.locator(".live")).toContainText("live on 0 of 1 runtime");
  await page.locator(".live > summary").click();
  await expect(page.locator(".live[data-kind=live]")).toContainText("Version 1 · live on 1 of 1 runtime");
  await expect(page.locator(".live li")).toBeVisible();
  await expect(page.locator(".live > summary")).toBeFocused();
});
