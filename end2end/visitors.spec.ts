// The Visitors page: viewers see counts, editors find a visitor and download the waitlist, owners delete.
import type { Page } from "@playwright/test";
import { colleague } from "./admins.ts";
import { expect, test } from "./fixtures.ts";

test.use({ meant: [403, 422] });

/** Signs a visitor up at an instance's portal, and puts them on the waitlist. */
async function signUp(page: Page, slug: string, email: string): Promise<void> {
  const visitor = await page.context().browser()!.newContext({ baseURL: new URL(page.url()).origin, storageState: { cookies: [], origins: [] } });
  const headers = { origin: new URL(page.url()).origin };
  const form = { email_address: email, password: "three ducks on a pond" };
  expect((await visitor.request.post(`/portal/${slug}/sign-up`, { form, headers, maxRedirects: 0 })).status()).toBe(303);
  expect((await visitor.request.post(`/portal/${slug}/waitlist`, { form: { email_address: email }, headers, maxRedirects: 0 })).status()).toBe(303);
  await visitor.close();
}

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });

    test("an owner finds a visitor and deletes them, which the page asks about first", async ({ page, slug }) => {
      await page.goto(`/instances/${slug}/members`);
      await signUp(page, slug, "ana@myapp.com");
      await page.getByRole("navigation", { name: "Dashboard" }).getByRole("link", { name: "Visitors" }).click();
      await expect(page.locator(".numbers")).toHaveText(/Visitors1Organizations0On the waitlist1/);
      const find = page.getByLabel("Email address, phone number or username");
      await find.fill("a");
      await page.getByRole("button", { name: "Find" }).click();
      await expect(page.getByRole("alert")).toBeVisible();
      await find.fill(" ANA@myapp.com ");
      await page.getByRole("button", { name: "Find" }).click();
      const found = page.getByRole("list", { name: "Found" }).getByRole("listitem");
      await expect(found).toHaveCount(2);
      await expect(page).not.toHaveURL(/ana/i);
      await found.first().locator("summary").click();
      await found.first().getByRole("button", { name: /^Delete now/ }).click();
      await expect(page.getByRole("status")).toContainText("The account is deleted");
      await find.fill("ana@myapp.com");
      await page.getByRole("button", { name: "Find" }).click();
      await found.locator("summary").click();
      await found.getByRole("button", { name: /^Remove now/ }).click();
      await expect(page.locator(".numbers")).toHaveText(/Visitors0Organizations0On the waitlist0/);
      await page.goto(`/instances/${slug}/history`);
      await expect(page.getByText("deleted the account of visitor")).toBeVisible();
    });
  });
}

test("editors find and download, viewers see counts", async ({ page, slug, server, browser }) => {
  await page.goto(`/instances/${slug}/members`);
  await signUp(page, slug, "ana@myapp.com");
  const editor = await colleague(browser, page, { server, slug }, `editor@${slug}.com`, "editor");
  await editor.goto(`/instances/${slug}/visitors`);
  await editor.getByLabel("Email address, phone number or username").fill("ana@myapp.com");
  await editor.getByRole("button", { name: "Find" }).click();
  await expect(editor.getByRole("list", { name: "Found" }).getByRole("listitem")).toHaveCount(2);
  await expect(editor.locator(".sure")).toHaveCount(0);
  const file = await editor.request.get(`/instances/${slug}/visitors/waitlist.csv`);
  expect(await file.text()).toMatch(/^\uFEFF"email_address","joined_at"\r\n"ana@myapp.com","20/);
  const viewer = await colleague(browser, page, { server, slug }, `viewer@${slug}.com`, "viewer");
  await viewer.goto(`/instances/${slug}/visitors`);
  await expect(viewer.locator(".numbers")).toContainText("On the waitlist");
  await expect(viewer.getByRole("main").locator("form")).toHaveCount(0);
  expect((await viewer.request.get(`/instances/${slug}/visitors/waitlist.csv`)).status()).toBe(403);
  await editor.close();
  await viewer.close();
});
