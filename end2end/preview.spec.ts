// The Preview tab: where a pasted or typed link leads and why, also with values that are not saved yet.
import type { Page } from "@playwright/test";
import { alive, expect, test } from "./fixtures.ts";

async function open(page: Page, slug: string, query: Record<string, string> = {}): Promise<void> {
  await page.goto(`/instances/${slug}/preview?${new URLSearchParams(query)}`);
  await alive(page);
}

const target = (page: Page) => page.locator("#target");
const step = (page: Page, name: RegExp | string) => page.locator("#steps li").filter({ has: page.getByRole("heading", { name }) });

test("a deceptive link shows its real host, and visitors land on the fallback", async ({ page, slug }) => {
  await page.goto(`/instances/${slug}/redirects`);
  await page.getByLabel("After sign-in").fill("/welcome");
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Saved" })).toBeVisible();
  await page.getByRole("link", { name: "Preview" }).click();
  await alive(page);
  await page.getByLabel("Paste a link").fill(`https://accounts.${slug}.com/sign-in?redirect_url=https://${slug}.com@evil.com&username=nick`);

  await expect(step(page, "redirect_url refused")).toContainText("its real host is evil.com. Remove everything before the @.");
  await expect(step(page, "redirect_url refused").locator("mark")).toHaveText(`${slug}.com@`);
  await expect(step(page, "redirect_url refused").locator("b").first()).toHaveText("evil.com");
  await expect(step(page, "Fallback redirect chosen")).toContainText("/welcome");
  await expect(target(page)).toHaveText(`https://${slug}.com/welcome`);
  await expect(page.getByLabel("redirect_url", { exact: true })).toHaveValue(`https://${slug}.com@evil.com`);
  await expect(page.getByLabel("Username")).toHaveValue("nick");

  // The page's URL can be shared: a colleague sees the same.
  await expect(page).toHaveURL(/flow=sign-in&redirect_url=.*%40evil\.com&username=nick$/);
  await page.reload();
  await expect(target(page)).toHaveText(`https://${slug}.com/welcome`);
  await expect(page.getByLabel("Username")).toHaveValue("nick");
});

test("the result is updated while typing, and when another portal page is chosen", async ({ page, slug }) => {
  await open(page, slug);
  await expect(target(page)).toHaveText(`https://${slug}.com/`);
  await page.getByLabel("redirect_url", { exact: true }).fill("/dashboard");
  await expect(target(page)).toHaveText(`https://${slug}.com/dashboard`);
  await page.getByText("Parameters of self-hosted components").click();
  await page.getByLabel("sign_in_force_redirect_url").fill("/forced");
  await expect(target(page)).toHaveText(`https://${slug}.com/forced`);
  await expect(step(page, "redirect_url")).toContainText("Not reached");
  await page.getByLabel("Portal page").selectOption("logo");
  await expect(target(page)).toHaveText(`https://${slug}.com/`);
  await expect(page.locator("#steps li")).toHaveCount(2);
  await expect(page.getByRole("button", { name: "Copy the link" })).toBeHidden();
  await page.getByLabel("Portal page").selectOption("sign-up");
  await expect(target(page)).toHaveText(`https://${slug}.com/dashboard`);
});

test("a late response never replaces a newer result", async ({ page, slug }) => {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route("**/api/preview", async (route) => {
    if (route.request().postData()?.includes("slow")) await held;
    await route.continue();
  });
  await open(page, slug);
  const asked = page.waitForRequest(/api\/preview/);
  await page.getByLabel("redirect_url", { exact: true }).fill("/slow");
  await asked;
  // The old result does not stand beside the new value.
  await expect(page.getByRole("status").filter({ hasText: "Checking…" })).toBeVisible();
  await expect(target(page)).toBeHidden();
  await expect(page.getByRole("button", { name: "Copy the target" })).toBeHidden();
  await page.getByLabel("redirect_url", { exact: true }).fill("/fast");
  await expect(target(page)).toHaveText(`https://${slug}.com/fast`);
  const late = page.waitForResponse((answer) => answer.request().postData()?.includes("slow") ?? false);
  release();
  await late;
  await expect(target(page)).toHaveText(`https://${slug}.com/fast`);
  await expect(page).toHaveURL(/%2Ffast$/);
});

test("what was typed before the page was hydrated counts", async ({ page, slug }) => {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route("**/*.wasm", async (route) => {
    await held;
    await route.continue();
  });
  await page.goto(`/instances/${slug}/preview`);
  await page.getByLabel("Portal page").selectOption("waitlist");
  release();
  await expect(page).toHaveURL(/flow=waitlist/);
  await page.getByLabel("redirect_url", { exact: true }).fill("/early");
  await expect(target(page)).toHaveText(`https://${slug}.com/early`);
});

test("an unreachable server is reported, and the result is updated when it is back", async ({ page, slug }) => {
  await open(page, slug);
  await page.route("**/api/preview", (route) => route.fulfill({ status: 503, body: '"unavailable"' }));
  await page.getByLabel("redirect_url", { exact: true }).fill("/kept");
  await expect(page.getByRole("alert")).toContainText("Not checked: the server can't answer right now.");
  await expect(target(page)).toBeHidden();
  // Nobody types: the page tries again by itself.
  await page.unroute("**/api/preview");
  await expect(page.getByRole("alert")).toBeEmpty();
  await expect(target(page)).toHaveText(`https://${slug}.com/kept`);
  await expect(target(page)).toBeVisible();
});

test("the generated link is encoded, can be copied, and has a QR code", async ({ page, slug }) => {
  await open(page, slug);
  await page.getByLabel("redirect_url", { exact: true }).fill("/a?b=c&d=e");
  await page.getByText("Prefill").click();
  await page.getByLabel("Phone number").fill("+49 30");
  const link = `https://accounts.${slug}.com/sign-in?redirect_url=%2Fa%3Fb%3Dc%26d%3De&phone_number=%2B49+30`;
  await expect(page.locator("#generated-link-url")).toHaveText(link);
  await page.getByRole("button", { name: "Copy the link" }).click();
  await expect(page.getByRole("button", { name: "the link" })).toContainText("Copied");
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(link);
  await page.getByText("QR code").click();
  await expect(page.getByRole("img", { name: "QR code of the link" })).toBeVisible();
  await page.getByLabel("Email address").fill("nick");
  await expect(page.getByLabel("Email address")).toHaveAccessibleDescription(/needs an @/);
});

test("unsaved values are previewed beside the stored ones, and can be saved afterwards", async ({ page, slug }) => {
  await page.goto(`/instances/${slug}/redirects`);
  await alive(page);
  await page.getByLabel("After sign-in").fill("/new");
  await page.getByLabel("After joining the waitlist").fill("/listed");
  await page.getByRole("button", { name: "Preview with these values" }).click();
  await alive(page);
  await expect(target(page)).toHaveText(`https://${slug}.com/`);
  await expect(page.locator("#target-unsaved")).toHaveText(`https://${slug}.com/new`);
  await page.getByLabel("Portal page").selectOption("waitlist");
  await expect(page.locator("#target-unsaved")).toHaveText(`https://${slug}.com/listed`);
  await expect(target(page)).toHaveText(`https://${slug}.com/`);

  await page.getByRole("link", { name: "Back to these values, to save them" }).click();
  await alive(page);
  await expect(page.locator(".bar")).toContainText("2 unsaved changes");
  await expect(page.getByLabel("After sign-in")).toHaveValue("/new");
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("status")).toContainText("Saved");
  await open(page, slug, { flow: "waitlist", after_join_waitlist_url: "/listed" });
  await expect(target(page)).toHaveText(`https://${slug}.com/listed`);
  await expect(page.locator("#target-unsaved")).toHaveCount(0);
});

test("text that is not a link of this portal is reported, and kept", async ({ page, slug }) => {
  await open(page, slug, { redirect_url: "/kept" });
  const field = page.getByLabel("Paste a link");
  await field.fill("https://evil.com/sign-in?redirect_url=/x");
  await expect(field).toHaveAccessibleDescription(/It leads to https:\/\/evil\.com\./);
  await expect(field).toHaveValue("https://evil.com/sign-in?redirect_url=/x");
  await expect(field).toHaveAttribute("aria-invalid", "true");
  // Nothing of the result before is left to be copied or scanned.
  await expect(page.locator("#outcome")).toContainText("No result");
  await expect(page.getByRole("button", { name: /^Copy/ })).toHaveCount(0);
  await expect(page.locator(".qr, #target")).toHaveCount(0);
  // A colleague who opens the page's URL sees both: the pasted link and the typed fields.
  await page.reload();
  await expect(field).toHaveValue("https://evil.com/sign-in?redirect_url=/x");
  await expect(page.getByLabel("redirect_url", { exact: true })).toHaveValue("/kept");
  await field.fill(`https://accounts.${slug}.com/waitlist?redirect_url=https://${slug}.com/?a=1&b=2`);
  await expect(page.getByLabel("Portal page")).toHaveValue("waitlist");
  await expect(field).toHaveAccessibleDescription(/b is cut off from redirect_url.*%26/);
  await expect(field).toBeFocused();
  await expect(field).toHaveAttribute("aria-invalid", "false");
  await page.getByRole("button", { name: "Copy the corrected link" }).click();
  await expect(page.getByRole("button", { name: "the corrected link" })).toContainText("Copied");
  const corrected = `https://accounts.${slug}.com/waitlist?redirect_url=https%3A%2F%2F${slug}.com%2F%3Fa%3D1%26b%3D2`;
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(corrected);
});

test("on a phone the outcome is right below the link", async ({ page, slug }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await open(page, slug);
  const bottom = async (selector: string) => page.locator(selector).evaluate((element) => element.getBoundingClientRect().bottom);
  const top = await target(page).evaluate((element) => element.getBoundingClientRect().top);
  expect(top - (await bottom("#link"))).toBeLessThan(150);
});

test("a link that is removed and pasted again fills the form again", async ({ page, slug }) => {
  await open(page, slug);
  const [field, redirect] = [page.getByLabel("Paste a link"), page.getByLabel("redirect_url", { exact: true })];
  const link = `https://accounts.${slug}.com/sign-in?redirect_url=/a`;
  await field.fill(link);
  await expect(redirect).toHaveValue("/a");
  await redirect.fill("/b");
  await expect(target(page)).toHaveText(`https://${slug}.com/b`);
  await field.fill(`x${link}`);
  await expect(field).toHaveAccessibleDescription(/That is not a complete link/);
  await field.fill(link);
  await expect(field).toHaveAccessibleDescription("Fills the form below.");
  await expect(redirect).toHaveValue("/b");
  await field.fill("");
  await expect(page).toHaveURL(/redirect_url=%2Fb$/);
  await expect(page.locator("[name=filled_from]")).toHaveValue("");
  await field.fill(link);
  await expect(redirect).toHaveValue("/a");
});

test("a link is pasted and its target copied by keyboard alone", async ({ page, slug }) => {
  await open(page, slug);
  await page.getByLabel("Paste a link").focus();
  await page.keyboard.insertText(`https://accounts.${slug}.com/sign-out?redirect_url=/bye`);
  await expect(target(page)).toHaveText(`https://${slug}.com/bye`);
  const copy = page.getByRole("button", { name: "Copy the target" });
  for (let at = 0; at < 30 && !(await copy.evaluate((button) => button === document.activeElement)); at++) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(`https://${slug}.com/bye`);
});

test("over http, where browsers have no clipboard, there is no copy button", async ({ page, slug }) => {
  await page.addInitScript(() => Object.defineProperty(window, "isSecureContext", { get: () => false }));
  await page.goto(`/instances/${slug}/preview`);
  await expect(async () => {
    await page.getByLabel("Paste a link").fill("");
    await page.getByLabel("Paste a link").fill(`https://accounts.${slug}.com/sign-out?redirect_url=/bye`);
    await expect(target(page), "once the page is alive").toHaveText(`https://${slug}.com/bye`, { timeout: 1_000 });
  }).toPass();
  await expect(page.getByRole("button", { name: /^Copy/ })).toHaveCount(0);
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("the Preview button fills the form from a link and compares stored with unsaved values", async ({ page, slug }) => {
    await page.goto(`/instances/${slug}/redirects`);
    await page.getByLabel("After sign-up").fill("/new");
    await page.getByRole("button", { name: "Preview with these values" }).click();
    await page.getByLabel("Paste a link").fill(`https://accounts.${slug}.com/sign-up?redirect_url=https://evil.com&x=y`);
    await page.getByRole("button", { name: "Preview" }).click();
    await expect(page.getByLabel("redirect_url", { exact: true })).toHaveValue("https://evil.com");
    await expect(page.getByLabel("Paste a link")).toHaveAccessibleDescription(/Ignored: x\./);
    await expect(target(page)).toHaveText(`https://${slug}.com/`);
    await expect(page.locator("#target-unsaved")).toHaveText(`https://${slug}.com/new`);
    await page.getByLabel("redirect_url", { exact: true }).fill("/ok");
    await page.getByRole("button", { name: "Preview" }).click();
    await expect(page.locator("#target-unsaved")).toHaveText(`https://${slug}.com/ok`);
    await page.getByLabel("Paste a link").fill("https://evil.com");
    await page.getByRole("button", { name: "Preview" }).click();
    await expect(page.getByLabel("Paste a link")).toBeFocused();
    await expect(page.getByLabel("Paste a link")).toHaveValue("https://evil.com");
    await expect(page.getByLabel("redirect_url", { exact: true })).toHaveValue("/ok");
  });
});
