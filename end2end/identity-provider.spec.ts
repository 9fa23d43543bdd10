// Sign-in at a company's identity provider, on real host names and without JavaScript on the hosted pages.
import { type Page } from "@playwright/test";
import { atProvider, client, type IdentityProvider, startProvider, withoutFonts } from "./identity-provider.ts";
import { expect, onThisMachine, password, type Portal, test as base } from "./portals.ts";

const test = base.extend<{ provider: IdentityProvider }>({
  provider: async ({ page, portal }, use) => {
    await withoutFonts(page);
    const provider = await startProvider([`${portal.origin}/identity-provider/callback`], [`${portal.origin}/continue`]);
    await use(provider);
    await provider.stop();
  },
});

test.use({ ...onThisMachine, meant: [400, 403, 422, 503] });

/** An owner sets the provider up on the Sign-in page, and tests it first. */
async function setUp(owner: Page, portal: Portal, provider: IdentityProvider, more: (page: Page) => Promise<void> = async () => undefined): Promise<void> {
  await owner.goto(`/instances/${portal.slug}/sign-in`);
  await owner.getByLabel("Issuer").fill(`${provider.issuer}/`);
  await owner.getByLabel("Client id").fill(client.id);
  await owner.getByLabel("Client secret").fill(client.secret);
  await owner.getByLabel("Button").fill("Continue with Company");
  await owner.getByRole("button", { name: "Test connection" }).click();
  await expect(owner.getByRole("alert")).toContainText("the provider says that its issuer is");
  await owner.getByLabel("Issuer").fill(provider.issuer);
  await owner.getByLabel("Client secret").fill(client.secret);
  await owner.getByRole("button", { name: "Test connection" }).click();
  await expect(owner.locator("#tested")).toContainText(`${provider.issuer}/token`);
  await owner.getByLabel("Client secret").fill(client.secret);
  await more(owner);
  await owner.getByRole("button", { name: "Save", exact: true }).click();
  await expect(owner.getByRole("status")).toContainText("Saved.");
  expect(await owner.getByLabel("Client secret").inputValue()).toBe("");
}

const button = (page: Page) => page.getByRole("link", { name: "Continue with Company" });

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("a link with a prefill leads through the provider to its target", async ({ browser, session, server, page, portal, provider }) => {
    const owner = await browser.newPage({ storageState: session, baseURL: server.url });
    await setUp(owner, portal, provider);
    await portal.refresh();
    await portal.save({ after_sign_up_url: portal.app("/welcome"), after_sign_in_url: portal.app("/dashboard") });

    const target = portal.app("/project?a=1&b=2");
    await page.goto(portal.link("/sign-in", { redirect_url: target, email_address: "ana@company.test" }));
    await button(page).click();
    await expect(page.locator('input[name="login"]')).toHaveValue("ana@company.test");
    await atProvider(page, "ana");
    await expect(page).toHaveURL(target);
    await page.goto(`${portal.origin}/user`);
    await expect(page.getByText("ana@company.test")).toBeVisible();

    // Sign-out here and there leads on to where the link says.
    await page.goto(portal.link("/sign-out", { redirect_url: portal.app("/bye") }));
    await page.getByRole("button", { name: "Sign out here and at the identity provider" }).click();
    await page.getByRole("button", { name: "Yes, sign me out" }).click();
    await expect(page).toHaveURL(portal.app("/bye"));
    await owner.close();
  });

  test("the first time the sign-up fallback counts, the second time that of sign-in, and a refused target neither", async ({ browser, session, server, page, portal, provider }) => {
    const owner = await browser.newPage({ storageState: session, baseURL: server.url });
    await setUp(owner, portal, provider);
    await portal.refresh();
    await portal.save({ after_sign_up_url: portal.app("/welcome"), after_sign_in_url: portal.app("/dashboard") });
    const evil = "https://evil.example/";
    await page.goto(portal.link("/sign-in", { redirect_url: evil }));
    await button(page).click();
    await atProvider(page, "ben");
    await expect(page).toHaveURL(portal.app("/welcome"));
    for (const [at, query] of [["/sign-in", {}], ["/sign-up", {}], ["/sign-in", { redirect_url: evil }]] as const) {
      await page.context().clearCookies({ name: /visitor/ });
      await page.goto(portal.link(at, query));
      // The provider knows them already.
      await button(page).click();
      await expect(page).toHaveURL(portal.app("/dashboard"));
    }
    await owner.goto(`/instances/${portal.slug}/preview`);
    await expect(owner.getByText("A first sign-in there is a sign-up")).toBeVisible();
    await owner.goto(`/instances/${portal.slug}/history`);
    await expect(owner.getByText("changed the identity provider")).toBeVisible();
    expect(await owner.content()).not.toContain(client.secret);
    await owner.close();
  });

  test("an account with the same address is linked with its password, and then there are no passwords any more", async ({ browser, session, server, page, portal, provider }) => {
    await page.goto(portal.link("/sign-up", { email_address: "cat@company.test" }));
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign up" }).click();
    await expect(page).toHaveURL(portal.app("/"));
    await page.context().clearCookies();
    const owner = await browser.newPage({ storageState: session, baseURL: server.url });
    await setUp(owner, portal, provider, async (form) => form.getByLabel("Instead").check());

    await page.goto(portal.link("/sign-in", { redirect_url: portal.app("/x") }));
    await expect(page.getByLabel("Password")).toHaveCount(0);
    await button(page).click();
    await atProvider(page, "cat");
    await expect(page.getByRole("heading", { name: "Link your account" })).toBeVisible();
    await page.getByLabel("Password").fill("not the password");
    await page.getByRole("button", { name: "Link and sign in" }).click();
    await expect(page.getByText("That is not the password of this account.").first()).toBeVisible();
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Link and sign in" }).click();
    await expect(page).toHaveURL(portal.app("/x"));
    await owner.close();
  });

  test("an owner tries out a sign-in, and sees what the provider returns", async ({ browser, session, server, page, portal, provider }) => {
    const owner = await browser.newPage({ storageState: session, baseURL: server.url });
    await withoutFonts(owner);
    await setUp(owner, portal, provider);
    // What is not saved can't be tried out.
    await owner.getByLabel("Button").fill("Another text");
    await owner.getByRole("button", { name: "Test connection" }).click();
    await expect(owner.getByText("Save these settings and test the connection again")).toBeVisible();
    await owner.getByLabel("Button").fill("Continue with Company");
    await owner.getByRole("button", { name: "Test connection" }).click();
    const opened = owner.waitForEvent("popup");
    await owner.getByRole("link", { name: `Try out a sign-in at ${portal.origin}` }).click();
    const trial = await opened;
    await withoutFonts(trial);
    await atProvider(trial, "eve");
    await expect(trial.getByRole("heading", { name: "Trial sign-in" })).toBeVisible();
    await expect(trial.getByRole("status")).toContainText("your first sign-in would be a sign-up");
    await expect(trial.getByText("given_name")).toBeVisible();
    await trial.goto(`${portal.origin}/user`);
    await expect(trial).toHaveURL(/\/sign-in/);
    await owner.close();
  });

  test("a visitor who cancels at the provider can go on", async ({ browser, session, server, page, portal, provider }) => {
    const owner = await browser.newPage({ storageState: session, baseURL: server.url });
    await setUp(owner, portal, provider);
    await page.goto(portal.link("/sign-in", { redirect_url: portal.app("/x") }));
    await button(page).click();
    await page.getByRole("link", { name: "[ Cancel ]" }).click();
    await expect(page.getByRole("heading", { name: "You are not signed in" })).toBeVisible();
    await page.getByRole("link", { name: "Back to sign-in" }).click();
    await button(page).click();
    await atProvider(page, "dan");
    await expect(page).toHaveURL(portal.app("/x"));
    await owner.close();
  });
});
