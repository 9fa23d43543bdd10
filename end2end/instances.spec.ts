// Instances: the list, creating and editing one, fixing refused values.
import { alive, expect, resolve, test } from "./fixtures.ts";

test("the first start creates an instance to try things with", async ({ page }) => {
  await page.goto("/");
  await expect(page).toHaveURL(/\/instances$/);
  await page.goto("/instances?q=localhost");
  await page.getByRole("main").getByRole("link", { name: /Localhost/ }).first().click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Localhost");
  await expect(page.getByRole("main").getByText("Development", { exact: true })).toBeVisible();
});

test("an admin creates an instance, and links resolve to it", async ({ page }) => {
  await page.goto("/instances");
  await page.getByRole("link", { name: "New instance" }).last().click();
  await alive(page);
  await page.getByLabel("Name").fill("My Shop!");
  await page.getByLabel("Production").check();
  await page.getByLabel("Domain").fill("https://my shop.com");
  await expect(page.locator(".advanced summary")).toContainText("https://accounts.myapp.com · https://myapp.com/ · my-shop");
  await page.getByLabel("Domain").fill("myshop.com");
  await expect(page.locator(".advanced summary")).toContainText("https://accounts.myshop.com · https://myshop.com/ · my-shop");
  await page.locator(".advanced summary").click();
  await expect(page.getByLabel("Slug")).toHaveAttribute("placeholder", "my-shop");
  await expect(page.getByLabel("Portal origin")).toHaveAttribute("placeholder", "https://accounts.myshop.com");
  await expect(page.getByLabel("Home URL")).toHaveAttribute("placeholder", "https://myshop.com/");
  await page.getByRole("button", { name: "Create instance" }).click();
  await expect(page).toHaveURL(/\/instances\/my-shop\/redirects$/);

  await page.getByLabel("After sign-up").fill("/welcome");
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("status")).toContainText("Saved");

  const fallback = await resolve(page, "my-shop", "flow=sign-up");
  expect(fallback).toMatchObject({ target: "https://myshop.com/welcome", source: "fallback" });
  const evil = await resolve(page, "my-shop", "flow=sign-up&redirect_url=https://evil.com");
  expect(evil).toMatchObject({ target: "https://myshop.com/welcome", source: "fallback" });
  expect(evil.steps).toContainEqual({ source: "redirect_url", value: "https://evil.com", outcome: "refused", reason: "foreign" });
  const own = await resolve(page, "my-shop", "flow=sign-up&redirect_url=https://app.myshop.com/x");
  expect(own).toMatchObject({ target: "https://app.myshop.com/x", source: "redirect_url" });
});

test("all invalid settings are reported at once, beside their fields, and keep what was typed", async ({ page }) => {
  await page.goto("/instances/new");
  await alive(page);
  await page.getByLabel("Domain").fill("https://vercel.app/x");
  await page.locator(".advanced summary").click();
  await page.getByLabel("Home URL").fill("https://elsewhere.org");
  await page.getByLabel("Slug").fill("My App");
  await page.locator(".advanced summary").click();
  await expect(page.getByLabel("Slug")).toBeHidden();
  await page.getByLabel("Add an origin").fill("nonsense");
  await page.getByRole("button", { name: "Create instance" }).click();

  const summary = page.getByRole("alert");
  await expect(summary).toBeFocused();
  await expect(summary.getByRole("link")).toHaveCount(4);
  // What is wrong is not folded away.
  await expect(page.getByLabel("Slug")).toHaveAccessibleDescription(/lower-case letters/);
  await expect(page.getByLabel("Domain")).toHaveAccessibleDescription(/without https:\/\//);
  await expect(page.getByLabel("Domain")).toHaveValue("https://vercel.app/x");
  await expect(page.getByLabel("Home URL")).toHaveValue("https://elsewhere.org");
  await expect(page.getByLabel("Add an origin")).toHaveValue("nonsense");
  await expect(page.getByLabel("Add an origin")).toHaveAccessibleDescription(/That is not an origin/);
  await summary.getByRole("link", { name: /^Domain/ }).click();
  await expect(page.getByLabel("Domain")).toBeFocused();
});

test("a Unicode domain is stored in ASCII and shown as typed", async ({ page, server }) => {
  await page.goto("/instances/new");
  await page.getByLabel("Name").fill("Bücher");
  await page.locator(".advanced summary").click();
  await page.getByLabel("Slug").fill("buecher");
  await page.getByLabel("Domain").fill("Bücher.example");
  await page.getByRole("button", { name: "Create instance" }).click();
  await expect(page.locator(".switcher summary")).toContainText("Bücher.example");
  const answer = await page.request.get(`${server.url}/portal/buecher/v1/redirects`);
  expect(await answer.json()).toMatchObject({ domain: "xn--bcher-kva.example" });
});

test("changing the domain marks redirects that are no longer allowed", async ({ page, slug }) => {
  await page.goto(`/instances/${slug}/redirects`);
  await alive(page);
  await page.getByLabel("After sign-in").fill(`https://app.${slug}.com/in`);
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Saved" })).toBeVisible();
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByLabel("Domain").fill(`${slug}.dev`);
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Saved" })).toBeVisible();
  await page.goto(`/instances/${slug}/redirects`);
  await expect(page.getByLabel("After sign-in")).toHaveValue(`https://app.${slug}.com/in`);
  await expect(page.getByLabel("After sign-in")).toHaveAccessibleDescription(/No longer allowed, so it is skipped/);
  expect(await resolve(page, slug, "flow=sign-in")).toMatchObject({ target: `https://${slug}.dev/`, source: "home_url" });
});

test("settings that somebody else saved in between are kept, even if the form was refused first", async ({ page, slug, browser, baseURL }) => {
  const other = await browser.newPage({ baseURL });
  for (const admin of [page, other]) await admin.goto(`/instances/${slug}/settings`);
  await other.getByLabel("Name").fill("Theirs");
  await other.getByLabel("Add an origin").fill("https://theirs.example");
  await other.getByRole("button", { name: "Save changes" }).click();
  await expect(other.getByRole("status")).toContainText("Saved");
  await other.close();

  await page.getByLabel("Name").fill("Mine");
  await page.getByLabel("Domain").fill("co.uk");
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("alert")).toContainText("public suffix");
  await page.getByLabel("Domain").fill(`${slug}.com`);
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("alert")).toContainText("Somebody saved in between");
  await expect(page.getByRole("alert").getByRole("link")).toHaveText(["Name"]);
  await expect(page.locator(".field", { has: page.getByLabel("Name") })).toContainText(/stored Theirs at /);
  await expect(page.getByLabel("Name")).toHaveValue("Mine");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Saved" })).toBeVisible();
  const stored = await (await page.request.get(`/portal/${slug}/v1/redirects`)).json();
  expect(stored).toMatchObject({ domain: `${slug}.com`, allowed_origins: ["https://theirs.example"], version: 3 });
});

test("what somebody else saved stays in sight when an earlier check of the form is answered late", async ({ page, slug, browser, baseURL }) => {
  const other = await browser.newPage({ baseURL });
  for (const admin of [page, other]) await admin.goto(`/instances/${slug}/settings`);
  await other.getByLabel("Name").fill("Theirs");
  await other.getByRole("button", { name: "Save changes" }).click();
  await expect(other.getByRole("status")).toContainText("Saved");
  await other.close();

  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const checks: Promise<void>[] = [];
  await page.route("**/api/check_settings", (route) => void checks.push(held.then(() => route.continue())));
  await alive(page);
  await page.getByLabel("Name").fill("Mine");
  await expect.poll(() => checks.length).toBe(1);
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("alert")).toContainText("Somebody saved in between");
  // The form is checked again, against what is stored now. Both answers come, and the conflict is not solved by either.
  await expect.poll(() => checks.length).toBe(2);
  const shown = page.evaluate(() => new Promise((shown) => window.addEventListener("portal-redirects:checked", shown, { once: true })).then(() => true));
  release();
  expect(await shown).toBe(true);
  await expect(page.locator(".field", { has: page.getByLabel("Name") })).toContainText(/stored Theirs at /);
  await expect(page.getByRole("alert").getByRole("link")).toHaveText(["Name"]);
});

test("settings that are typed while a save runs stay, and the next save stores them", async ({ page, slug }) => {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route(
    "**/api/save_settings",
    async (route) => {
      await held;
      await route.continue();
    },
    { times: 1 },
  );
  await page.goto(`/instances/${slug}/settings`);
  await alive(page);
  await page.getByLabel("Name").fill("First");
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("status")).toContainText("Saving…");
  await page.getByLabel("Add an origin").fill("https://typed.example");
  release();
  await expect(page.getByRole("status")).toHaveText("Saved · version 2 · 1 unsaved change");
  await expect(page.getByLabel("Add an origin")).toHaveValue("https://typed.example");
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("status")).toHaveText("Saved · version 3");
  const stored = await (await page.request.get(`/portal/${slug}/v1/redirects`)).json();
  expect(stored).toMatchObject({ allowed_origins: ["https://typed.example"], version: 3 });
});

test("a removed origin stays where it is until it is saved, and can be kept", async ({ page, slug }) => {
  await page.goto(`/instances/${slug}/settings`);
  await alive(page);
  // Two that are pasted on two lines become two rows.
  await page.evaluate(() => navigator.clipboard.writeText("https://one.example\nhttps://*.two.example\n"));
  await page.getByLabel("Add an origin").focus();
  await page.keyboard.press("Control+v");
  const rows = page.locator(".origin");
  await expect(rows.locator("code")).toHaveText(["https://one.example", "https://*.two.example"]);
  await expect(rows.nth(1)).toContainText("Everything below two.example");
  await expect(page.getByLabel("Add an origin")).toHaveValue("");
  await page.getByLabel("Add an origin").fill("https://three.example");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("button", { name: "Remove https://three.example" }).click();
  await expect(rows).toHaveCount(2);
  await expect(page.getByText("Unsaved", { exact: true }).filter({ visible: true })).toHaveCount(2);
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("status")).toHaveText("Saved · version 2");
  await expect(page.getByText("Unsaved", { exact: true }).filter({ visible: true })).toHaveCount(0);

  const before = await rows.nth(1).boundingBox();
  await page.getByRole("button", { name: "Remove https://one.example" }).click();
  await expect(page.locator(".bar")).toContainText("1 unsaved change");
  await expect(rows.nth(0)).toContainText("Unsaved");
  expect(await rows.nth(1).boundingBox()).toEqual(before);
  await page.getByRole("button", { name: "Keep https://one.example" }).click();
  await expect(page.locator(".bar")).toBeHidden();
  await page.getByRole("button", { name: "Remove https://one.example" }).click();
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("status")).toHaveText("Saved · version 3");
  await expect(rows.locator("code")).toHaveText(["https://*.two.example"]);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByRole("status")).toHaveText("Saved · version 4");
  const stored = await (await page.request.get(`/portal/${slug}/v1/redirects`)).json();
  expect(stored.allowed_origins.sort()).toEqual(["https://*.two.example", "https://one.example"]);
});

test("settings say which redirects they break, before and after they are saved", async ({ page, slug }) => {
  await page.goto(`/instances/${slug}/settings`);
  await alive(page);
  await page.getByLabel("Add an origin").fill("https://partner.example.org");
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("status")).toHaveText("Saved · version 2");
  await page.goto(`/instances/${slug}/redirects`);
  await alive(page);
  await page.getByLabel("After sign-in").fill("https://partner.example.org/start");
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("status")).toContainText("Saved · version 3");

  await page.goto(`/instances/${slug}/settings`);
  await alive(page);
  const bar = page.locator(".bar");
  await page.getByRole("button", { name: "Remove https://partner.example.org" }).click();
  await expect(bar).toContainText("After sign-in would be skipped");
  const row = page.locator(".origin");
  await expect(row).toContainText(`Removing https://partner.example.org affects After sign-in: it would be skipped, and people would end at https://${slug}.com/.`);
  await page.getByRole("button", { name: "Keep https://partner.example.org" }).click();
  await expect(bar).toBeHidden();
  await page.getByRole("button", { name: "Remove https://partner.example.org" }).click();
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(bar).toContainText("Saved · version 4");
  await page.getByRole("link", { name: "After sign-in is skipped now" }).click();
  await expect(page).toHaveURL(/redirects#after_sign_in_url$/);
});

test("settings are checked while they are typed, and a check that fails is tried again", async ({ page, slug }) => {
  await page.goto(`/instances/${slug}/settings`);
  await alive(page);
  const domain = page.getByLabel("Domain");
  await domain.fill("co.uk");
  await expect(domain).toHaveAccessibleDescription(/public suffix/);
  await page.route("**/api/check_settings", (route) => route.fulfill({ status: 503, json: "unavailable" }));
  await domain.fill(`${slug}.dev`);
  await expect(domain).not.toHaveAccessibleDescription(/public suffix/);
  await expect(page.locator(".bar")).toContainText("Not checked: the server can't answer right now. Trying again…");
  await page.unroute("**/api/check_settings");
  await expect(page.locator(".bar")).not.toContainText("Not checked");
});

test("a new instance that is half filled in is not left without a question, and Cancel leaves it", async ({ page }) => {
  await page.goto("/instances/new");
  await alive(page);
  await page.getByLabel("Name").fill("Half");
  const asked = page.waitForEvent("dialog");
  const leaving = page.getByRole("link", { name: /Portal Redirects/ }).click();
  const dialog = await asked;
  expect(dialog.type()).toBe("beforeunload");
  await dialog.dismiss();
  await leaving;
  await page.getByRole("link", { name: "Cancel" }).click();
  await expect(page).toHaveURL(/\/instances$/);
});

test("a name that contains HTML is shown as text, in the title too", async ({ page, slug }) => {
  const name = `</title><meta http-equiv=refresh content=0;url=/nowhere> & co`;
  await page.goto(`/instances/${slug}/settings`);
  await page.getByLabel("Name").fill(name);
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("status")).toContainText("Saved");
  await expect(page).toHaveTitle(`Settings · ${name} · Portal Redirects`);
  await expect(page.locator(".switcher summary")).toContainText(name);
});

test("the copy button copies a page's URL", async ({ page, slug }) => {
  await page.goto(`/instances/${slug}`);
  await alive(page);
  await page.getByRole("button", { name: "the URL of Waitlist" }).click();
  await expect(page.getByRole("button", { name: "the URL of Waitlist" })).toContainText("Copied");
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(`https://accounts.${slug}.com/waitlist`);
});

test("a URL without a page shows Not found", async ({ page }) => {
  const answer = await page.goto("/instances/nobody/redirects");
  expect(answer?.status()).toBe(404);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Not found");
  expect((await page.goto("/nowhere"))?.status()).toBe(404);
  await page.goto("/instances/localhost/redirects/");
  await expect(page).toHaveURL(/\/instances\/localhost\/redirects$/);
  await page.goto("/nowhere");
  await expect(page.getByRole("link", { name: "All instances" }).first()).toBeVisible();
});
