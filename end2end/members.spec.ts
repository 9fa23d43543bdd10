// Members: they are invited by a link, can do what their role allows, and lose access when they are removed.
import { type Page } from "@playwright/test";
import { colleague, nobody, owner, password, post, saveRedirects } from "./admins.ts";
import { expect, resolve, test } from "./fixtures.ts";

test.use({ meant: [404, 410, 422] });

/** Invites somebody on the Members page, and returns the invitation link. */
async function invite(page: Page, slug: string, email: string, role: string): Promise<string> {
  await page.goto(`/instances/${slug}`);
  await page.getByRole("link", { name: "Members" }).click();
  await page.getByLabel("Email").fill(email);
  await page.getByRole("radio", { name: role }).check();
  await page.getByRole("button", { name: "Make a link" }).click();
  await expect(page.getByRole("status")).toContainText(`Hand this link to ${email}`);
  return page.locator("#invitation-link").innerText();
}

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });

    test("an invited viewer can look and preview, but not save", async ({ page, slug, server, browser }) => {
      const email = `viewer@${slug}.com`;
      const link = await invite(page, slug, email, "Viewer");
      if (javaScriptEnabled) {
        await page.getByRole("button", { name: "the link" }).click();
        await expect(page.getByRole("button", { name: "the link" })).toContainText("Copied");
        expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(link);
      }
      const invitations = page.getByRole("region", { name: "Invitations" });
      await expect(invitations.getByRole("listitem")).toContainText([email]);
      await page.goto(`/instances/${slug}/members`);
      await expect(page.getByText(link)).toHaveCount(0);

      const viewer = await browser.newPage({ storageState: nobody });
      await viewer.goto(link);
      await expect(viewer.getByRole("heading", { level: 1 })).toHaveText("You are invited");
      await expect(viewer.getByRole("main")).toContainText(`${owner.email} invites ${email} to ${slug}, as viewer.`);
      await viewer.getByLabel("New password").fill("password1234");
      await viewer.getByRole("button", { name: "Create account" }).click();
      await expect(viewer.getByLabel("New password")).toHaveAccessibleDescription(/guessed too easily/);
      await viewer.getByLabel("New password").fill(password);
      await viewer.getByRole("button", { name: "Create account" }).click();

      // Their list has only this instance, and no link to create one.
      await expect(viewer).toHaveURL(/\/instances$/);
      await expect(viewer.getByRole("main").getByRole("link", { name: slug })).toBeVisible();
      await expect(viewer.getByRole("main").getByText("Localhost")).toHaveCount(0);
      await expect(viewer.getByRole("link", { name: "New instance" })).toHaveCount(0);
      expect((await viewer.goto("/instances/localhost"))?.status()).toBe(404);
      expect((await viewer.request.get(link)).status(), "the link is used up").toBe(410);

      for (const tab of ["redirects", "settings"]) {
        await viewer.goto(`/instances/${slug}/${tab}`);
        await expect(viewer.getByRole("note")).toContainText("viewer");
        await expect(viewer.getByRole("button", { name: /^Save/ })).toHaveCount(0);
      }
      await viewer.goto(`/instances/${slug}/preview?redirect_url=https://evil.com`);
      await expect(viewer.locator("#target")).toHaveText(`https://${slug}.com/`);

      expect((await saveRedirects(viewer.request, { server, slug }, 1, { after_sign_up_url: "/forced" })).status()).toBe(403);
      expect((await post(viewer.request, `/instances/${slug}/members`, { email: "x@example.org", role: "owner" })).status()).toBe(403);
      expect(await resolve(page, slug, "flow=sign-up")).toMatchObject({ source: "home_url", version: 1 });
      await viewer.close();
    });

    test("a changed role applies at once, and a removed member loses access", async ({ page, slug, browser }) => {
      const email = `editor@${slug}.com`;
      const link = await invite(page, slug, email, "Viewer");
      const other = await browser.newPage({ storageState: nobody });
      await other.goto(link);
      await other.getByLabel("New password").fill(password);
      await other.getByRole("button", { name: "Create account" }).click();
      await expect(other).toHaveURL(/\/instances$/);

      await page.goto(`/instances/${slug}/members`);
      const row = page.getByRole("listitem").filter({ hasText: email });
      await row.getByRole("combobox", { name: "Role" }).selectOption("editor");
      await row.getByRole("button", { name: /^Change/ }).click();
      await expect(page.getByRole("status")).toContainText("Editor, was Viewer");
      await other.goto(`/instances/${slug}/redirects`);
      await other.getByLabel("After sign-up").fill("/by-the-editor");
      await other.getByRole("button", { name: "Save changes" }).click();
      await expect(other.getByRole("status")).toContainText("Saved");
      expect(await resolve(page, slug, "flow=sign-up")).toMatchObject({ target: `https://${slug}.com/by-the-editor` });

      // They open a form, and are removed before they submit it.
      await other.goto(`/instances/${slug}/redirects`);
      await row.locator("summary").filter({ hasText: "Remove" }).click();
      await row.getByRole("button", { name: /^Remove now/ }).click();
      await expect(page.getByRole("status")).toContainText("They are removed");
      await expect(row).toHaveCount(0);
      await other.getByLabel("After sign-up").fill("/too-late");
      await other.getByRole("button", { name: "Save changes" }).click();
      if (javaScriptEnabled) await expect(other.getByRole("status")).toContainText("Not saved. There is nothing at this address.");
      else await expect(other.getByRole("heading", { level: 1 })).toHaveText("Not found");
      expect(await resolve(page, slug, "flow=sign-up")).toMatchObject({ target: `https://${slug}.com/by-the-editor` });
      await other.goto("/instances");
      await expect(other.getByRole("main").getByText(slug)).toHaveCount(0);
      await other.close();
    });

    test("the last owner can't step down or leave, and an invitation can be withdrawn", async ({ page, slug }) => {
      await page.goto(`/instances/${slug}/members`);
      const own = page.getByRole("listitem").filter({ hasText: owner.email });
      await own.getByRole("combobox", { name: "Role" }).selectOption("viewer");
      await own.getByRole("button", { name: /^Change/ }).click();
      await expect(page.getByRole("alert")).toContainText("Nothing was changed");
      await expect(own.getByRole("combobox", { name: "Role" })).toHaveAttribute("aria-invalid", "true");
      await own.locator("summary").filter({ hasText: "Leave" }).click();
      await own.getByRole("button", { name: "Leave now" }).click();
      await expect(page.getByRole("alert")).toContainText("Nothing was changed");

      const link = await invite(page, slug, `nobody@${slug}.com`, "Owner");
      await page.getByRole("button", { name: /^Withdraw/ }).click();
      await expect(page.getByRole("status")).toContainText("The invitation is withdrawn.");
      expect((await page.goto(link))?.status()).toBe(410);
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("This link is no longer valid");
    });
  });
}

test("opening Remove moves no control of its row and no row above it", async ({ page, slug, server, browser }) => {
  for (const name of ["first", "second"]) await (await colleague(browser, page, { server, slug }, `${name}@${slug}.com`, "viewer")).close();
  await page.goto(`/instances/${slug}/members`);
  const row = page.getByRole("listitem").filter({ hasText: `second@${slug}.com` });
  const held = [
    row.getByRole("combobox", { name: "Role" }),
    row.getByRole("button", { name: /^Change/ }),
    row.locator("summary").filter({ hasText: "Remove" }),
    page.getByRole("listitem").filter({ hasText: `first@${slug}.com` }),
  ];
  const places = () => Promise.all(held.map((one) => one.boundingBox()));
  const before = await places();
  await row.locator("summary").filter({ hasText: "Remove" }).click();
  await expect(row.getByRole("button", { name: /^Remove now/ })).toBeVisible();
  expect(await places()).toEqual(before);
});

test("an invitation to an invalid email address is refused, and keeps what was typed", async ({ page, slug }) => {
  await page.goto(`/instances/${slug}/members`);
  await page.getByLabel("Email").fill(`${"x".repeat(300)}@example.org`);
  await page.getByRole("radio", { name: "Editor" }).check();
  await page.getByRole("button", { name: "Make a link" }).click();
  await expect(page.getByRole("alert")).toContainText("Nothing was changed");
  await expect(page.getByLabel("Email")).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByLabel("Email")).toHaveValue(`${"x".repeat(300)}@example.org`);
  await expect(page.getByRole("radio", { name: "Editor" })).toBeChecked();
});
