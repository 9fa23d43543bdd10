// An admin signs in at the company's identity provider, and loses access when the group is gone.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nobody, owner, setUp, signIn } from "./admins.ts";
import { expect, test as base } from "./fixtures.ts";
import { client, type IdentityProvider, startProvider, withoutFonts } from "./identity-provider.ts";
import { freePort } from "./packages/walk.mjs";
import { newDatabase, type Server } from "./server.ts";

const test = base.extend<{ company: { provider: IdentityProvider; server: Server } }>({
  company: async ({ playwright, page, launch }, use, info) => {
    await withoutFonts(page);
    const port = await freePort();
    const provider = await startProvider([`http://127.0.0.1:${port}/account/provider/callback`]);
    const folder = mkdtempSync(join(tmpdir(), "portal-redirects-provider-"));
    const file = join(folder, "provider.json");
    const groups = { server_admins: ["admins"], members: [{ group: "team", instance: "my-app", role: "editor" }] };
    const config = { issuer: provider.issuer, client_id: client.id, client_secret: client.secret, ...groups, password_sign_in: false };
    writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
    const database = newDatabase(`company_${info.testId.replaceAll(/[^a-z0-9]/g, "")}${info.retry}`);
    const server = await launch(database, undefined, ["--admin-provider-file", file], `127.0.0.1:${port}`);
    const request = await playwright.request.newContext();
    await setUp(request, server);
    await request.dispose();
    await use({ provider, server });
    await page.close();
    await provider.stop();
    rmSync(folder, { recursive: true });
  },
});

test.use({ storageState: nobody, meant: [403, 404] });

test("an admin signs in at the provider and loses access when the group is gone", async ({ page, company: { provider, server } }) => {
  const atProvider = async (name: string) => {
    await page.locator('input[name="login"]').fill(name);
    await page.locator('input[name="password"]').fill("any");
    await page.getByRole("button", { name: "Sign-in" }).click();
  };
  const button = page.getByRole("link", { name: "Continue with your company account" });
  // Until somebody has signed in there, passwords count.
  await page.goto(`${server.url}/account/sign-in`);
  await signIn(page, owner);
  await expect(page).toHaveURL(/\/instances/);
  await page.context().clearCookies();

  provider.groups.set("ana", ["admins"]);
  await page.goto(`${server.url}/account`);
  await button.click();
  await atProvider("ana");
  await expect(page).toHaveURL(`${server.url}/account`);
  await expect(page.getByText("ana@company.test").first()).toBeVisible();
  await expect(page.getByText("May create instances")).toBeVisible();
  await page.goto(`${server.url}/account/sign-in`);
  await page.getByRole("link", { name: "Account" }).click();
  await page.getByRole("button", { name: "Sign out" }).first().click();
  await expect(page.getByText("Nobody signs in with a password here.")).toBeVisible();
  await expect(page.getByLabel("Password")).toHaveCount(0);

  provider.groups.set("ana", []);
  await button.click();
  await expect(page.getByRole("alert")).toContainText("None of your groups at the identity provider may use this dashboard any more.");
  await page.goto(`${server.url}/instances`);
  await expect(page).toHaveURL(/\/account\/sign-in/);
});
