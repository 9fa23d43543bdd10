// API tokens: an owner issues one, copies it once and revokes it, with and without JavaScript and by keyboard alone.
import { type Page } from "@playwright/test";
import { colleague } from "./admins.ts";
import { alive, expect, test } from "./fixtures.ts";

test.use({ meant: [403, 404, 422] });

/** The row of a token. */
const row = (page: Page, name: string) => page.getByRole("region", { name: "Tokens", exact: true }).getByRole("listitem").filter({ hasText: name });

/** Issues a token on the current page, and returns it. */
async function issue(page: Page, name: string): Promise<string> {
  await page.getByLabel("Name").fill(name);
  await page.getByRole("radio", { name: /^redirects/ }).check();
  await page.getByRole("button", { name: "Issue token" }).click();
  await expect(page.getByRole("status")).toContainText(`Copy ${name} now. It is not shown again`);
  return page.locator("#api-token").innerText();
}

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });

    test("an owner issues a token, copies it once and revokes it", async ({ page, slug }) => {
      await page.goto(`/instances/${slug}`);
      await page.getByRole("navigation", { name: "Dashboard" }).getByRole("link", { name: "API tokens", exact: true }).click();
      await expect(page.getByRole("heading", { name: "No tokens yet" })).toBeVisible();
      const token = await issue(page, "deploy pipeline");
      expect(token).toMatch(/^prt_[0-9A-Za-z]{49}$/);
      expect(page.url()).not.toContain("prt_");
      await expect(page.locator("#api-token-use")).toContainText(`/management/v1/instances/${slug}`);
      if (javaScriptEnabled) {
        await alive(page);
        await page.getByRole("button", { name: "the token" }).click();
        await expect(page.getByRole("button", { name: "the token" })).toContainText("Copied");
        expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(token);
      }
      await page.reload();
      await expect(row(page, "deploy pipeline")).toContainText("never used");
      await expect(page.getByText(token)).toHaveCount(0);

      await row(page, "deploy pipeline").locator("summary").click();
      await row(page, "deploy pipeline").getByRole("button", { name: /^Revoke now/ }).click();
      await expect(page.getByRole("status")).toContainText("The token is revoked");
      await expect(page.getByRole("heading", { name: "No tokens yet" })).toBeVisible();
      await page.goto(`/instances/${slug}/history`);
      await expect(page.getByText("issued the API token deploy pipeline")).toBeVisible();
      await expect(page.getByText("revoked the API token deploy pipeline")).toBeVisible();
    });

    test("wrong fields are named, and what was typed stays", async ({ page, slug }) => {
      await page.goto(`/instances/${slug}/api-tokens`);
      await expect(page.getByRole("textbox", { name: "Hosts" })).toBeHidden();
      await page.getByRole("radio", { name: /^preview-origins/ }).check();
      await page.getByRole("textbox", { name: "Hosts" }).fill("https://*.vercel.app");
      await page.getByLabel("Days until it ends").fill("a year");
      await page.getByRole("button", { name: "Issue token" }).click();
      await expect(page.getByRole("alert").getByRole("link")).toHaveCount(3);
      await expect(page.getByRole("radio", { name: /^preview-origins/ })).toBeChecked();
      await expect(page.getByRole("textbox", { name: "Hosts" })).toHaveValue("https://*.vercel.app");
      await expect(page.getByRole("textbox", { name: "Hosts" })).toHaveAccessibleDescription(/Enter only the host name/);
      await expect(page.getByLabel("Days until it ends")).toHaveValue("a year");
      await page.getByRole("radio", { name: /^read/ }).first().check();
      await expect(page.getByRole("textbox", { name: "Hosts" }), "a field that is wrong stays in sight").toBeVisible();
    });
  });
}

test("the keyboard is enough to issue a token and to revoke it", async ({ page, slug }) => {
  await page.goto(`/instances/${slug}/api-tokens`);
  await page.getByLabel("Name").focus();
  await page.keyboard.type("by keyboard");
  await page.keyboard.press("Tab");
  for (let times = 0; times < 3; times += 1) await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("textbox", { name: "Hosts" })).toBeFocused();
  await page.keyboard.type("my-app-*-my-team.vercel.app");
  await page.keyboard.press("Enter");
  await expect(row(page, "by keyboard")).toContainText("Hosts: my-app-*-my-team.vercel.app");
  await expect(page.locator("#api-token-use")).toContainText("origin=https://my-app-1-my-team.vercel.app&expires_in=7d");
  await row(page, "by keyboard").locator("summary").focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await expect(row(page, "by keyboard").getByRole("button", { name: /^Revoke now/ })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("status")).toContainText("The token is revoked");
});

test("editors read who issues tokens, and the server's are out of their sight", async ({ page, slug, server, browser }) => {
  await page.goto("/api-tokens");
  const token = await issue(page, `server ${slug}`);
  expect(token).toMatch(/^prt_/);
  const editor = await colleague(browser, page, { server, slug }, `editor@${slug}.com`, "editor");
  await editor.goto(`/instances/${slug}/api-tokens`);
  await expect(editor.getByRole("heading", { name: "You have no tokens here" })).toBeVisible();
  await expect(editor.getByRole("button", { name: "Issue token" })).toHaveCount(0);
  await expect(editor.getByRole("link", { name: "Server API tokens" })).toHaveCount(0);
  expect((await editor.request.get("/api-tokens")).status()).toBe(403);
  await editor.close();
  await row(page, `server ${slug}`).locator("summary").click();
  await row(page, `server ${slug}`).getByRole("button", { name: /^Revoke now/ }).click();
  await expect(page.getByRole("status")).toContainText("The token is revoked");
});
