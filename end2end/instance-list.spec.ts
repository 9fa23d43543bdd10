// The list of many instances, and the switcher that finds one of them.
import type { APIRequestContext, Page } from "@playwright/test";
import { createInstance, nobody, post, saveRedirects } from "./admins.ts";
import { alive, expect, test } from "./fixtures.ts";
import type { Server } from "./server.ts";

/** Creates `count` instances whose names start with `name`, and every third one in development. */
async function createMany(request: APIRequestContext, server: Server, name: string, count: number): Promise<void> {
  for (let at = 1; at <= count; at += 1) {
    const slug = `${name}-${at}`;
    await createInstance(request, server, slug, { name: `${name} number ${at}`, environment: at % 3 ? "production" : "development" });
  }
}

const names = (page: Page) => page.getByRole("table").getByRole("rowheader").getByRole("link");

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });

    test("many instances are searched, filtered and shown in pages, and the address says which", async ({ page, request, server, slug }) => {
      await createMany(request, server, slug, 54);
      await post(request, `${server.url}/instances/${slug}-54/archive`, { slug: `${slug}-54` });
      await page.goto("/instances");
      const filters = page.getByRole("navigation", { name: "Filters" });
      // The search of the switcher is folded away.
      await page.getByRole("searchbox", { name: "Find an instance", exact: true }).fill(`${slug}-`.toUpperCase());
      await page.getByRole("button", { name: "Search" }).click();
      await expect(page).toHaveURL(new RegExp(`/instances\\?q=${slug}-$`, "i"));
      await expect(filters.getByRole("link")).toHaveText(["All 53", "Production 36", "Development 17", "Archived 1"]);
      await expect(names(page)).toHaveCount(50);
      await expect(names(page).first()).toHaveText(`${slug} number 53`);
      await expect(page.getByText("1 to 50 of 53")).toBeVisible();
      await page.getByRole("link", { name: "Next" }).click();
      await expect(page.getByText("51 to 53 of 53")).toBeVisible();
      await expect(names(page)).toHaveText([3, 2, 1].map((at) => `${slug} number ${at}`));
      await page.reload();
      await expect(names(page)).toHaveCount(3);
      await filters.getByRole("link", { name: /^Development/ }).click();
      await expect(names(page)).toHaveCount(17);
      await expect(page.getByRole("searchbox", { name: "Find an instance", exact: true })).toHaveValue(new RegExp(slug, "i"));
      await filters.getByRole("link", { name: /^Archived/ }).click();
      await page.getByRole("button", { name: `Restore ${slug} number 54` }).click();
      await page.goto(`/instances?q=${slug}+number+54`);
      await names(page).click();
      await expect(page.getByRole("heading", { level: 1 })).toHaveText(`${slug} number 54`);
      await page.goto("/instances?q=no+such+name");
      await expect(page.getByRole("heading", { name: "No instance found" })).toBeVisible();
      await page.getByRole("link", { name: "Show all" }).click();
      await expect(page).toHaveURL(/\/instances$/);
    });
  });
}

test("the list says which instances have values that are skipped", async ({ page, server, slug }) => {
  await saveRedirects(page.request, { server, slug }, 1, { after_sign_in_url: `https://app.${slug}.com/` });
  const settings = { name: slug, slug, environment: "production", domain: `${slug}.dev`, portal_origin: "", home_url: "" };
  await post(page.request, `${server.url}/instances/${slug}/settings`, { version: "2", ...settings });
  await page.goto(`/instances?q=${slug}`);
  await expect(page.getByRole("row").last()).toContainText("1 value skipped");
});

test("the switcher is used by keyboard, keeps the tab and lists recent instances first", async ({ page, request, server, slug }) => {
  await createMany(request, server, slug, 12);
  for (const at of [3, 7]) await page.goto(`/instances/${slug}-${at}`);
  await page.goto(`/instances/${slug}/redirects`);
  await alive(page);
  const switcher = page.locator(".switcher");
  const links = switcher.locator("a");
  await page.keyboard.press("Control+k");
  const search = page.getByRole("searchbox", { name: "Find an instance to switch to" });
  await expect(search).toBeFocused();
  // The current instance, then the ones that were opened last, then those that were changed last: never all of them.
  await expect(switcher.getByRole("list", { name: "This instance" }).getByRole("link")).toHaveText(new RegExp(`^${slug}`));
  const found = switcher.getByRole("list", { name: "Instances" }).getByRole("link");
  await expect(found.nth(0)).toContainText(`${slug} number 7`);
  await expect(found.nth(1)).toContainText(`${slug} number 3`);
  await expect(found).toHaveCount(6);
  await page.keyboard.press("ArrowDown");
  await expect(links.nth(0)).toBeFocused();
  await page.keyboard.press("ArrowUp");
  await expect(search).toBeFocused();
  await page.keyboard.type(`${slug} number 11`);
  await expect(found).toHaveText([new RegExp(`^${slug} number 11`)]);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`${server.url}/instances/${slug}-11/redirects`);

  // Escape closes it and returns the focus. So does a click outside, and whoever goes on by Tab leaves it.
  await alive(page);
  await page.keyboard.press("Control+k");
  await page.keyboard.press("Escape");
  await expect(search).toBeHidden();
  await expect(switcher.locator("summary")).toBeFocused();
  await switcher.locator("summary").click();
  await expect(search).toBeVisible();
  await page.keyboard.type("x");
  await expect(search).toHaveValue("x");
  await page.getByRole("heading", { level: 1 }).click();
  await expect(search).toBeHidden();
  await page.keyboard.press("Control+k");
  await switcher.getByRole("link").last().focus();
  await page.keyboard.press("Tab");
  await expect(search).toBeHidden();
});

test("on a phone, the switcher fits the screen and a search finds an instance", async ({ page, slug }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`/instances/${slug}/members`);
  await alive(page);
  await page.locator(".switcher summary").click();
  await page.getByRole("searchbox", { name: "Find an instance to switch to" }).fill("localhost");
  const link = page.getByRole("list", { name: "Instances" }).getByRole("link", { name: /localhost/ });
  const menu = await page.locator(".switcher .menu").boundingBox();
  expect(menu && menu.x >= 0 && menu.x + menu.width <= 390).toBe(true);
  await link.click();
  await expect(page).toHaveURL(/\/instances\/[^/]+\/members$/);
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("the switcher opens, switches, and its search leads to the list", async ({ page, request, server, slug }) => {
    await createMany(request, server, slug, 1);
    await page.goto(`/instances/${slug}-1`);
    await page.goto(`/instances/${slug}/settings`);
    await page.locator(".switcher summary").click();
    await page.getByRole("list", { name: "Instances" }).getByRole("link").first().click();
    await expect(page).toHaveURL(`${server.url}/instances/${slug}-1/settings`);
    await page.locator(".switcher summary").click();
    await page.getByRole("searchbox", { name: "Find an instance to switch to" }).fill(slug);
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(`${server.url}/instances?q=${slug}`);
    await expect(names(page)).toHaveCount(2);
  });
});

test("what the switcher finds is not for those who are signed out", async ({ browser, server }) => {
  const page = await browser.newPage({ storageState: nobody });
  const answer = await page.request.get(`${server.url}/switcher?q=local`, { maxRedirects: 0 });
  expect(answer.status()).toBe(303);
  await page.close();
});
