// The Redirects tab with JavaScript: verdicts while typing, the bar of unsaved changes, refused values, two admins at once.
import { colleague } from "./admins.ts";
import { alive, expect, resolve, test } from "./fixtures.ts";

test.use({ meant: [401, 409, 422] });

test("the server's verdict is shown while typing", async ({ page, slug }) => {
  await page.goto(`/instances/${slug}/redirects`);
  await alive(page);
  const field = page.getByLabel("After sign-out");
  await expect(field).toHaveAccessibleDescription(new RegExp(`Home URL, https://${slug}.com/`));
  await field.pressSequentially("/bye");
  await expect(field).toHaveAccessibleDescription(new RegExp(`https://${slug}.com/bye`));
  await field.fill(`https://${slug}.com@evil.com`);
  await expect(field).toHaveAccessibleDescription(/its real host is evil\.com/);
  await expect(field).toHaveAttribute("aria-invalid", "true");
  await field.fill("javascript:alert(1)");
  await expect(field).toHaveAccessibleDescription(/Only web addresses/);
});

test("the script is loaded once the page is parsed, also where a browser can't say when it is idle, such as Safari", async ({ page, slug }) => {
  await page.addInitScript(() => Reflect.deleteProperty(window, "requestIdleCallback"));
  await page.goto(`/instances/${slug}/redirects`);
  await alive(page);
  const started = await page.evaluate(() => {
    const [visit] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
    const files = performance.getEntriesByType("resource").filter(({ name }) => /\.(js|wasm)$/.test(name));
    return files.map(({ startTime }) => startTime >= visit!.domContentLoadedEventStart);
  });
  expect(started.length).toBeGreaterThan(1);
  expect(started).not.toContain(false);
});

test("a late response never replaces a newer verdict", async ({ page, slug }) => {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route("**/api/check_fallback", async (route) => {
    if (route.request().postData()?.includes("evil")) await held;
    await route.continue();
  });
  await page.goto(`/instances/${slug}/redirects`);
  await alive(page);
  const field = page.getByLabel("After sign-in");
  const asked = page.waitForRequest(/check_fallback/);
  await field.fill("https://evil.com");
  await asked;
  await field.fill("/good");
  await expect(field).toHaveAccessibleDescription(/\/good/);
  const late = page.waitForResponse((answer) => answer.request().postData()?.includes("evil") ?? false);
  release();
  await late;
  await expect(field).toHaveAccessibleDescription(/\/good/);
  await expect(field).not.toHaveAttribute("aria-invalid", "true");
});

test("while a verdict is pending no old one is shown, and a check that fails says why and is tried again", async ({ slug, context }) => {
  // Chromium reports requests that fail in the console, which is not what this test is about.
  const page = await context.newPage();
  await page.goto(`/instances/${slug}/redirects`);
  await alive(page);
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route("**/api/check_fallback", async (route) => {
    await held;
    await route.continue();
  });
  const field = page.locator(".field", { has: page.getByLabel("After sign-in") });
  const verdict = field.locator(".verdict");
  await page.getByLabel("After sign-in").fill("/pending");
  await expect(verdict).toHaveText("Checking…");
  release();
  await expect(verdict).toContainText(`https://${slug}.com/pending`);
  await page.unroute("**/api/check_fallback");

  await context.setOffline(true);
  await page.getByLabel("After sign-in").fill("/offline");
  await expect(verdict).toHaveText("Not checked: you are offline. Trying again…");
  await context.setOffline(false);
  await expect(verdict).toContainText(`https://${slug}.com/offline`);

  const cookies = await context.cookies();
  await context.clearCookies();
  await page.getByLabel("After sign-in").fill("/signed-out");
  await expect(verdict).toContainText("you are signed out");
  await context.addCookies(cookies);
  await expect(verdict).toContainText(`https://${slug}.com/signed-out`);
});

test("on a phone the bar is one line of words and one of buttons, and leaves the verdict in sight", async ({ page, slug }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`/instances/${slug}/redirects`);
  await alive(page);
  const field = page.getByLabel("After joining the waitlist");
  await field.fill("/thanks");
  await expect(page.locator("#after_join_waitlist_url-verdict")).toContainText("/thanks");
  for (const label of ["After sign-out", "After logo click", "After creating an organization", "After joining the waitlist"]) {
    await page.evaluate(() => scrollTo(0, 0));
    await page.getByLabel(label).focus();
    const [bar, verdict] = [await page.locator(".bar").boundingBox(), await page.locator(".field", { has: page.getByLabel(label) }).locator(".verdict").boundingBox()];
    expect(bar!.height).toBeLessThan(100);
    expect(verdict!.y + verdict!.height, label).toBeLessThanOrEqual(bar!.y);
  }
  const [discard, save] = [await page.locator("#save-discard").boundingBox(), await page.locator("#save-button").boundingBox()];
  expect(discard!.y).toBe(save!.y);
  expect(discard!.x).toBeLessThan(save!.x);
});

test("a viewer finds values and no fields in Settings, and nothing that counts as unsaved", async ({ page, slug, server, browser }) => {
  const viewer = await colleague(browser, page, { server, slug }, `viewer@${slug}.com`, "viewer");
  await viewer.goto(`/instances/${slug}/settings`);
  await expect(viewer.locator("main").getByRole("textbox")).toHaveCount(0);
  await expect(viewer.getByRole("main")).toContainText(`https://accounts.${slug}.com`);
  await viewer.goto(`/instances/${slug}/redirects`);
  await alive(viewer);
  await viewer.getByLabel("After sign-in").fill("/try");
  await expect(viewer.locator(".bar")).toContainText("Viewers can try values, but not save them.");
  await expect(viewer.getByText("Unsaved", { exact: true }).filter({ visible: true })).toHaveCount(0);
  // Nothing is lost, so leaving asks nothing.
  await viewer.getByRole("link", { name: "Overview" }).click();
  await expect(viewer).toHaveURL(new RegExp(`/instances/${slug}$`));
  await viewer.close();
});

test("the bar counts unsaved changes, and leaving the page with some asks first", async ({ page, slug }) => {
  await page.goto(`/instances/${slug}/redirects`);
  await alive(page);
  const bar = page.locator(".bar");
  await expect(bar).toBeHidden();
  await page.getByLabel("After sign-up").fill("/one");
  await expect(bar).toContainText("1 unsaved change");
  await page.getByLabel("After logo click").fill("https://evil.com");
  await expect(bar).toContainText("2 unsaved changes, one needs attention");
  await page.getByRole("button", { name: "Clear After logo click" }).click();
  await expect(bar).toContainText("1 unsaved change");
  await expect(page.getByLabel("After logo click")).toBeFocused();

  const asked = page.waitForEvent("dialog");
  const leaving = page.getByRole("link", { name: "Overview" }).click();
  const dialog = await asked;
  expect(dialog.type()).toBe("beforeunload");
  await dialog.dismiss();
  await leaving;
  await expect(page.getByLabel("After sign-up")).toHaveValue("/one");

  await page.getByRole("link", { name: "Discard" }).click();
  await expect(page.getByLabel("After sign-up")).toHaveValue("");
  await alive(page);
  await expect(bar).toBeHidden();
});

test("all refused values are reported at once and stay as typed, and saving works once they are fixed", async ({ page, slug }) => {
  await page.goto(`/instances/${slug}/redirects`);
  await alive(page);
  const wrong: [string, string, RegExp][] = [
    ["After sign-up", "javascript:alert(1)", /Only web addresses/],
    ["After sign-in", "//evil.com", /evil\.com is not on/],
    ["After sign-out", `http://${slug}.com/`, /Production requires https/],
    ["After logo click", `https://nick@${slug}.com/`, /contains a user name/],
    ["After creating an organization", `/${"x".repeat(3000)}`, /too long/],
    ["After leaving an organization", "welcome", /begins with a slash. Use \/welcome/],
  ];
  for (const [label, value] of wrong) await page.getByLabel(label).fill(value);
  await page.getByLabel("After joining the waitlist").fill("/thanks");
  await page.getByRole("button", { name: "Save changes" }).click();

  await expect(page.getByRole("alert")).toBeFocused();
  await expect(page.getByRole("alert").getByRole("link")).toHaveCount(wrong.length);
  for (const [label, value, message] of wrong) {
    await expect(page.getByLabel(label)).toHaveValue(value);
    await expect(page.getByLabel(label)).toHaveAccessibleDescription(message);
  }
  expect(await resolve(page, slug, "flow=waitlist")).toMatchObject({ source: "home_url" });
  await page.getByRole("alert").getByRole("link", { name: /After sign-in/ }).click();
  await expect(page.getByLabel("After sign-in")).toBeFocused();

  await alive(page);
  for (const [label] of wrong) await page.getByLabel(label).fill("  ");
  await page.getByLabel("After sign-in").fill("/home");
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("status")).toContainText("Saved");
  expect(await resolve(page, slug, "flow=waitlist")).toMatchObject({ target: `https://${slug}.com/thanks`, source: "fallback" });
  expect(await resolve(page, slug, "flow=sign-in")).toMatchObject({ target: `https://${slug}.com/home`, source: "fallback" });
});

test("if two admins save, the second one sees the conflict and loses nothing", async ({ page, slug, browser, baseURL }) => {
  const other = await browser.newPage({ baseURL });
  for (const admin of [page, other]) {
    await admin.goto(`/instances/${slug}/redirects`);
    await alive(admin);
  }
  await other.getByLabel("After sign-in").fill("/theirs");
  await other.getByLabel("After sign-out").fill("/theirs-only");
  await other.getByRole("button", { name: "Save changes" }).click();
  await expect(other.getByRole("status")).toContainText("Saved");
  await other.close();

  await page.getByLabel("After sign-in").fill("/mine");
  await page.getByLabel("After sign-up").fill("/also-mine");
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("alert")).toContainText("Somebody saved in between");
  await expect(page.getByRole("alert").getByRole("link")).toHaveText(["After sign-in"]);
  const asked = page.locator(".field", { has: page.getByLabel("After sign-in") });
  await expect(asked).toContainText(/\S+@\S+ stored \/theirs at \d{4}-\d\d-\d\d \d\d:\d\d\. Saving replaces it/);
  await expect(page.getByLabel("After sign-in")).toHaveValue("/mine");
  await expect(page.getByLabel("After sign-out")).toHaveValue("/theirs-only");
  expect(await resolve(page, slug, "flow=sign-in")).toMatchObject({ target: `https://${slug}.com/theirs` });

  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("status")).toContainText("Saved");
  expect(await resolve(page, slug, "flow=sign-in")).toMatchObject({ target: `https://${slug}.com/mine` });
  expect(await resolve(page, slug, "flow=sign-up")).toMatchObject({ target: `https://${slug}.com/also-mine` });
  expect(await resolve(page, slug, "flow=sign-out")).toMatchObject({ target: `https://${slug}.com/theirs-only` });
});

test("a redirect is saved by keyboard alone", async ({ page, slug }) => {
  await page.goto(`/instances/${slug}/redirects`);
  await alive(page);
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to content" })).toBeFocused();
  await page.keyboard.press("Enter");
  const field = page.getByLabel("After sign-up");
  for (let presses = 0; presses < 20 && !(await field.evaluate((input) => input === document.activeElement)); presses++) {
    await page.keyboard.press("Tab");
  }
  await expect(field).toBeFocused();
  await page.keyboard.type("/typed");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("status")).toContainText("Saved");
  // The save renews the rail, which closes a switcher that was opened just before.
  await expect(async () => {
    if ((await page.locator(".switcher[open]").count()) === 0) {
      await page.locator(".switcher summary").focus();
      await page.keyboard.press("Enter");
    }
    await expect(page.getByRole("link", { name: "New instance" })).toBeVisible({ timeout: 500 });
  }).toPass();
});
