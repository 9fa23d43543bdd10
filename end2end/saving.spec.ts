// Saving in place: nothing else moves, Undo, Ctrl+S, a server that is gone, a session that has ended.
import { createInstance, setUp } from "./admins.ts";
import { alive, expect, resolve, test } from "./fixtures.ts";

test.use({ meant: [401, 409, 422] });

test("saving changes nothing else on the page, and Undo brings the old values back", async ({ page, slug }) => {
  await page.goto(`/instances/${slug}/redirects`);
  await alive(page);
  let loads = 0;
  page.on("load", () => loads++);
  const [create, leave, join] = ["After creating an organization", "After leaving an organization", "After joining the waitlist"];
  await page.getByLabel(create).fill("/created");
  await page.getByLabel(leave).fill("/left");
  await page.getByLabel(join).fill("/joined");
  const before = await page.evaluate(() => scrollY);
  expect(before).toBeGreaterThan(100);
  const saved = page.waitForResponse(/save_fallbacks/);
  await page.getByRole("button", { name: "Save changes" }).click();
  await saved;
  await expect(page.getByRole("status")).toContainText("Saved · version 2");
  expect(await page.evaluate(() => scrollY)).toBe(before);
  expect(await resolve(page, slug, "flow=waitlist")).toMatchObject({ target: `https://${slug}.com/joined`, version: 2 });
  await expect(page.getByText("Unsaved", { exact: true }).filter({ visible: true })).toHaveCount(0);
  await expect(page.locator(".live")).toContainText("Version 2 · live on 1 of 1 runtime");

  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByRole("status")).toContainText("Saved · version 3");
  await expect(page.getByLabel(create)).toHaveValue("");
  expect(await resolve(page, slug, "flow=create-organization")).toMatchObject({ source: "home_url", version: 3 });
  expect(loads).toBe(0);
  await page.goto(`/instances/${slug}/history`);
  await expect(page.locator("ol.changes > li").filter({ hasText: "changed redirects" })).toHaveCount(2);
});

test("Ctrl+S saves, and the button can't be pressed twice", async ({ page, slug }) => {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  let calls = 0;
  await page.route("**/api/save_fallbacks", async (route) => {
    calls++;
    await held;
    await route.continue();
  });
  await page.goto(`/instances/${slug}/redirects`);
  await alive(page);
  await page.getByLabel("After sign-in").fill("/in");
  await page.keyboard.press("Control+s");
  await expect(page.getByRole("status")).toContainText("Saving…");
  await page.getByLabel("After sign-out").fill("/typed-while-saving");
  await page.getByRole("button", { name: "Save" }).click({ force: true });
  await page.keyboard.press("Control+s");
  release();
  await expect(page.getByRole("status")).toHaveText("Saved · version 2 · 1 unsaved change");
  await expect(page.getByLabel("After sign-out")).toHaveValue("/typed-while-saving");
  await expect(page.getByRole("button", { name: "Save" })).toBeVisible();
  expect(calls).toBe(1);
});

test("while the server is gone the bar says so and keeps what was typed, and trying again saves it", async ({ browser, fresh, playwright }) => {
  const request = await playwright.request.newContext();
  await setUp(request, fresh);
  await createInstance(request, fresh, "outage");
  const context = await browser.newContext({ storageState: await request.storageState(), baseURL: fresh.url });
  const page = await context.newPage();
  await page.goto("/instances/outage/redirects");
  await alive(page);
  await page.getByLabel("After sign-in").fill("/kept");
  await fresh.stop();
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("status")).toContainText("the server can't be reached");
  await expect(page.getByLabel("After sign-in")).toHaveValue("/kept");
  await fresh.start();
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("status")).toContainText("Saved · version 2");
  expect(await resolve(page, "outage", "flow=sign-in")).toMatchObject({ source: "fallback" });
  await context.close();
});

test("a session that has ended is said, and signing in elsewhere lets the form be saved", async ({ page, slug, context }) => {
  await page.goto(`/instances/${slug}/redirects`);
  await alive(page);
  const cookies = await context.cookies();
  await page.getByLabel("After sign-in").fill("/kept");
  await context.clearCookies();
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("status")).toContainText("you are signed out");
  await expect(page.getByRole("link", { name: "Sign in in a new tab" })).toHaveAttribute("target", "_blank");
  await context.addCookies(cookies);
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("status")).toContainText("Saved");
  await expect(page.getByLabel("After sign-in")).toHaveValue("/kept");
});
