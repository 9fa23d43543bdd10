// "Allow this origin" beside a refused fallback redirect: ticked, saved together with its field, undone with it.
import { alive, expect, resolve, test } from "./fixtures.ts";

const partner = "https://partner.example.org";

test("a ticked origin is checked again, counted, saved with its field, and undone with it", async ({ page, slug }) => {
  await page.goto(`/instances/${slug}/redirects`);
  await alive(page);
  const bar = page.locator(".bar");
  await page.getByLabel("After sign-in").fill(`${partner}/start`);
  const offer = page.locator("#after_sign_in_url-offer").getByRole("checkbox", { name: "Allow this origin" });
  await expect(offer).toHaveAccessibleDescription(/Every link to your portal may then lead people to any page of https:\/\/partner\.example\.org/);
  await expect(bar).toContainText("1 unsaved change, one needs attention");
  // The same origin in another field: one tick is for both.
  await page.getByLabel("After sign-up").fill(`${partner}/new`);
  const other = page.locator("#after_sign_up_url-offer").getByRole("checkbox");
  await expect(other).not.toBeChecked();

  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route("**/api/check_fallback", async (route) => {
    await held;
    await route.continue();
  });
  await offer.focus();
  await page.keyboard.press("Space");
  await expect(page.locator("#after_sign_in_url-verdict")).toHaveText("Checking…");
  await expect(other).toBeChecked();
  release();
  for (const field of ["After sign-in", "After sign-up"]) {
    await expect(page.getByLabel(field)).toHaveAccessibleDescription(/Goes to https:\/\/partner\.example\.org/);
  }
  await expect(offer).toBeFocused();
  await expect(bar).toContainText("3 unsaved changes");
  // The tick stays while the value is edited, and goes with the origin.
  await page.getByLabel("After sign-in").fill(`${partner}/edited`);
  await expect(page.getByLabel("After sign-in")).toHaveAccessibleDescription(/Goes to https:\/\/partner\.example\.org\/edited/);
  await page.getByLabel("After sign-up").fill("https://evil.com");
  await expect(page.locator("#after_sign_up_url-offer code")).toHaveText("https://evil.com");
  await expect(other).not.toBeChecked();
  await page.getByRole("button", { name: "Clear After sign-up" }).click();
  await expect(other).toHaveCount(0);

  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("status")).toHaveText("Saved · version 2");
  await expect(offer).toHaveCount(0);
  await expect(page.getByLabel("After sign-in")).toHaveAccessibleDescription(/Goes to https:\/\/partner\.example\.org\/edited/);
  expect(await resolve(page, slug, "flow=sign-in")).toMatchObject({ target: `${partner}/edited`, version: 2 });

  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByRole("status")).toHaveText("Saved · version 3");
  await expect(page.getByLabel("After sign-in")).toHaveValue("");
  expect(await resolve(page, slug, `flow=sign-in&redirect_url=${partner}/x`)).toMatchObject({ source: "home_url", version: 3 });
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByRole("status")).toHaveText("Saved · version 4");
  expect(await resolve(page, slug, "flow=sign-in")).toMatchObject({ target: `${partner}/edited`, version: 4 });
});

test("a preview counts the ticked origin, and a link from Preview fills it in under Settings", async ({ page, slug }) => {
  await page.goto(`/instances/${slug}/redirects`);
  await alive(page);
  await page.getByLabel("After sign-in").fill(`${partner}/start`);
  await page.getByRole("checkbox", { name: "Allow this origin" }).check();
  await page.getByRole("button", { name: "Preview with these values" }).click();
  await expect(page.locator("#target-unsaved")).toHaveText(`${partner}/start`);
  await page.getByRole("link", { name: "Back to these values, to save them" }).click();
  await expect(page.getByRole("checkbox", { name: "Allow this origin" })).toBeChecked();

  await page.goto(`/instances/${slug}/preview?${new URLSearchParams({ redirect_url: `${partner}/x` })}`);
  await page.getByRole("link", { name: "add this origin under Settings" }).click();
  await expect(page.locator(".banner")).toContainText(`${partner} is filled in under Allowed origins. Save to allow it.`);
  await alive(page);
  await expect(page.locator(".bar")).toContainText("1 unsaved change");
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Saved" })).toBeVisible();
  expect(await resolve(page, slug, `flow=sign-in&redirect_url=${partner}/x`)).toMatchObject({ target: `${partner}/x` });
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("the offer is a checkbox of the form, which keeps its tick, and Undo takes both back", async ({ page, slug }) => {
    await page.goto(`/instances/${slug}/redirects`);
    await page.getByLabel("After sign-in").fill(`${partner}/start`);
    await page.getByRole("button", { name: "Save changes" }).click();
    await page.getByRole("checkbox", { name: "Allow this origin" }).check();
    await page.getByLabel("After logo click").fill("javascript:x");
    await page.getByRole("button", { name: "Save changes" }).click();
    await expect(page.getByRole("checkbox", { name: "Allow this origin" })).toBeChecked();
    await page.getByLabel("After logo click").fill("");
    await page.getByRole("button", { name: "Save changes" }).click();
    await expect(page.getByRole("status")).toContainText("Saved");
    expect(await resolve(page, slug, "flow=sign-in")).toMatchObject({ target: `${partner}/start`, version: 2 });
    await page.getByRole("button", { name: "Undo" }).click();
    await expect(page.getByLabel("After sign-in")).toHaveValue("");
    expect(await resolve(page, slug, `flow=sign-in&redirect_url=${partner}/x`)).toMatchObject({ source: "home_url", version: 3 });
  });
});
