// Mail, read from a mail server of its own: a visitor without JavaScript chooses a new password, an invited admin comes in, and an admin
// who has forgotten the password gets back in.
import AxeBuilder from "@axe-core/playwright";
import { type Browser, type BrowserContextOptions, type Page } from "@playwright/test";
import { nobody, owner, post } from "./admins.ts";
import { type Mail, type MailSink, test } from "./mail-sink.ts";
import { expect, onThisMachine, password, type Portal } from "./portals.ts";

test.use({ ...onThisMachine, meant: [401, 403, 410, 422] });

async function mailTo(sink: MailSink, address: string, count = 1): Promise<Mail> {
  await expect.poll(() => sink.to(address).length).toBe(count);
  return sink.to(address)[count - 1];
}

function linkIn(mail: Mail): string {
  const link = /http\S+/.exec(mail.plain)?.[0] ?? "";
  expect(mail.html).toContain(`href="${link.replaceAll("&", "&amp;")}"`);
  return link;
}

/** A page in a browser of its own. */
async function open(browser: Browser, options: BrowserContextOptions): Promise<Page> {
  return (await browser.newContext(options)).newPage();
}

async function isAccessible(page: Page): Promise<void> {
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth)).toBe(true);
}

async function signUp(page: Page, portal: Portal, email: string): Promise<void> {
  await page.goto(portal.link("/sign-up", { email_address: email }));
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign up" }).click();
  await expect(page.getByRole("heading", { name: "Landed" })).toBeVisible();
}

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });

    test("a visitor forgets the password and gets back in through a mail, to where the link leads", async ({ page, portal, sink, browser }) => {
      const email = `ana-${portal.slug}@myapp.test`;
      await signUp(page, portal, email);
      const other = await open(browser, { javaScriptEnabled, storageState: nobody });
      const target = portal.app("/welcome", "app.");
      await other.goto(portal.link("/sign-in", { redirect_url: target, email_address: email }));
      await other.getByRole("link", { name: "Forgot your password?" }).click();
      await expect(other.getByLabel("Email")).toHaveValue(email);
      if (javaScriptEnabled) await isAccessible(other);
      await other.getByRole("button", { name: "Send the mail" }).click();
      await expect(other.getByText("a mail is on its way")).toBeVisible();
      if (javaScriptEnabled) await isAccessible(other);

      const mail = await mailTo(sink, email);
      expect(mail.headers.from).toContain("<no-reply@myapp.test>");
      expect(mail.headers.subject).toContain(portal.slug);
      expect(mail.html).not.toMatch(/src=|url\(|<link|<script/);
      const link = linkIn(mail);
      expect(new URL(link).origin).toBe(portal.origin);
      // A scanner of mail opens the link first.
      const scanner = await open(browser, { storageState: nobody });
      for (let times = 0; times < 2; times += 1) expect((await scanner.goto(link))?.status()).toBe(200);
      await scanner.context().close();
      await other.goto(link);
      if (javaScriptEnabled) await isAccessible(other);
      await other.getByLabel("New password").fill("another long duck");
      await other.getByRole("button", { name: "Save and sign in" }).click();
      await expect(other).toHaveURL(target);
      await expect(other.getByRole("heading", { name: "Landed" })).toBeVisible();
      // The session before has ended, and the link too.
      await page.goto(portal.link("/user"));
      await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
      expect((await other.goto(link))?.status()).toBe(410);
      expect((await mailTo(sink, email, 2)).headers.subject).toContain("was changed");
      await other.context().close();
    });

    test("the code from the mail does as well", async ({ page, portal, sink, browser }) => {
      const email = `ben-${portal.slug}@myapp.test`;
      await signUp(page, portal, email);
      const other = await open(browser, { javaScriptEnabled, storageState: nobody });
      await other.goto(portal.link("/forgot-password", { redirect_url: portal.app("/code") }));
      await other.getByLabel("Email").fill(email);
      await other.getByRole("button", { name: "Send the mail" }).click();
      const code = /Or enter this code: (\S+)/.exec((await mailTo(sink, email)).plain)?.[1] ?? "";
      await other.getByLabel("Code").fill(code.toUpperCase().replaceAll("-", " "));
      await other.getByLabel("New password").fill("another long duck");
      await other.getByRole("button", { name: "Save and sign in" }).click();
      await expect(other).toHaveURL(portal.app("/code"));
      await other.context().close();
    });
  });
}

test("an invited admin comes in through a mail, forgets the password, and comes in again", async ({ browser, server, session, sink }) => {
  const admin = await open(browser, { storageState: session });
  const slug = "mail-team";
  await post(admin.request, `${server.url}/instances/new`, { version: "0", name: "Mail team", slug, environment: "production", domain: "team.test", portal_origin: "", home_url: "" });
  await admin.goto(`${server.url}/instances/${slug}/members`);
  await admin.getByLabel("Email").fill("cleo@myapp.test");
  await admin.getByRole("button", { name: "Invite" }).click();
  const invitation = await mailTo(sink, "cleo@myapp.test");
  expect(invitation.headers.subject).toBe("You are invited to Mail team");
  const cleo = await open(browser, { storageState: nobody });
  await cleo.goto(linkIn(invitation));
  await cleo.getByLabel("New password").fill(password);
  await cleo.getByRole("button", { name: "Create account" }).click();
  await expect(cleo.getByRole("link", { name: "Mail team" })).toBeVisible();

  const other = await open(browser, { storageState: nobody });
  await other.goto(`${server.url}/account/sign-in`);
  await other.getByRole("link", { name: "Forgot your password?" }).click();
  await isAccessible(other);
  await other.getByLabel("Email").fill("cleo@myapp.test");
  await other.getByRole("button", { name: "Send the mail" }).click();
  await expect(other.getByText("a mail is on its way")).toBeVisible();
  await other.goto(linkIn(await mailTo(sink, "cleo@myapp.test", 2)));
  await other.getByLabel("New password").fill("another long duck");
  await other.getByRole("button", { name: "Save and sign in" }).click();
  await expect(other.getByRole("link", { name: "Mail team" })).toBeVisible();
  await cleo.reload();
  await expect(cleo.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await Promise.all([admin, cleo, other].map((page) => page.context().close()));
});

test("server admins send a test mail, and see what failed and why", async ({ browser, server, session, sink }) => {
  const admin = await open(browser, { storageState: session });
  await admin.goto(`${server.url}/mail`);
  await isAccessible(admin);
  await expect(admin.getByLabel("Send to")).toHaveValue(owner.email);
  await admin.getByRole("button", { name: "Send a test mail" }).click();
  await expect(admin.getByText("has taken the test mail")).toBeVisible();
  expect((await mailTo(sink, owner.email)).headers.subject).toBe("Test mail of Portal Redirects");
  await admin.getByLabel("Send to").fill("nobody@myapp.test");
  await admin.getByRole("button", { name: "Send a test mail" }).click();
  await expect(admin.getByText("no such user here")).toBeVisible();
  // An invitation to an address that the mail server refuses.
  const slug = "mail-failed";
  await post(admin.request, `${server.url}/instances/new`, { version: "0", name: "Failed", slug, environment: "production", domain: "failed.test", portal_origin: "", home_url: "" });
  await post(admin.request, `${server.url}/instances/${slug}/members`, { email: "nobody@myapp.test", role: "viewer" });
  await expect(async () => {
    await admin.goto(`${server.url}/mail`);
    await expect(admin.getByText("no such user here")).toBeVisible({ timeout: 1000 });
  }).toPass();
  await isAccessible(admin);
  await admin.getByRole("button", { name: "Delete nobody@myapp.test" }).click();
  await expect(admin.getByText("The mail is deleted.")).toBeVisible();
  await admin.context().close();
});
