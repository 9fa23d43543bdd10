// Mail, read from a mail server of its own: a visitor without JavaScript chooses a new password, confirms an address and joins an
// organization, an invited admin comes in, and an admin who has forgotten the password gets back in.
import { type Browser, type BrowserContextOptions, type Page } from "@playwright/test";
import { expectNothingFound } from "./accessible.ts";
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
      if (javaScriptEnabled) await expectNothingFound(other);
      await other.getByRole("button", { name: "Send the mail" }).click();
      await expect(other.getByText("a mail is on its way")).toBeVisible();
      if (javaScriptEnabled) await expectNothingFound(other);

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
      if (javaScriptEnabled) await expectNothingFound(other);
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

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });

    test("an invited visitor signs up, comes back to the invitation, joins, and goes on", async ({ page, portal, sink, browser }) => {
      const [owner, invited] = [`olga-${portal.slug}@myapp.test`, `ivan-${portal.slug}@myapp.test`];
      await signUp(page, portal, owner);
      await page.goto(portal.link("/create-organization", { redirect_url: portal.app("/club") }));
      await page.getByLabel("Name").fill("Harbour Rowing Club");
      await page.getByRole("button", { name: "Create" }).click();
      await expect(page).toHaveURL(portal.app("/club"));
      await page.goto(portal.link("/organization", { redirect_url: portal.app("/team") }));
      await page.getByLabel("Email").fill(invited);
      await page.getByRole("button", { name: "Send the invitation" }).click();
      await expect(page.getByText("A mail with the invitation is on its way.")).toBeVisible();

      const mail = await mailTo(sink, invited);
      expect(mail.headers.subject).toContain("Harbour Rowing Club");
      const other = await open(browser, { javaScriptEnabled, storageState: nobody });
      await other.goto(linkIn(mail));
      if (javaScriptEnabled) await expectNothingFound(other);
      await other.getByRole("link", { name: "Sign up" }).click();
      await expect(other.getByLabel("Email")).toHaveValue(invited);
      await other.getByLabel("Password").fill(password);
      await other.getByRole("button", { name: "Sign up" }).click();
      await expect(other.getByRole("heading", { name: "You are invited" })).toBeVisible();
      if (javaScriptEnabled) await expectNothingFound(other);
      await other.getByRole("button", { name: "Join" }).click();
      await expect(other).toHaveURL(portal.app("/team"));
      await other.goto(portal.link("/organization"));
      await expect(other.getByText("Harbour Rowing Club").first()).toBeVisible();
      await other.context().close();
    });

    test("where an address is confirmed first, a sign-up goes on with the mail's link, by keyboard alone", async ({ page, portal, server, session, sink, browser }) => {
      const admin = await open(browser, { storageState: session });
      await admin.goto(`${server.url}/instances/${portal.slug}/sign-in`);
      if (javaScriptEnabled) await expectNothingFound(admin);
      await admin.getByRole("button", { name: "Require it" }).click();
      await expect(admin.getByText("an email address is confirmed before a session begins")).toBeVisible();
      await admin.context().close();

      const email = `cora-${portal.slug}@myapp.test`;
      await page.goto(portal.link("/sign-up", { redirect_url: portal.app("/welcome"), email_address: email }));
      await page.getByLabel("Password").fill(password);
      await page.keyboard.press("Enter");
      await expect(page.getByRole("heading", { name: "Check your mail" })).toBeVisible();
      if (javaScriptEnabled) await expectNothingFound(page);
      const link = linkIn(await mailTo(sink, email));
      // In another browser, the link only shows the code.
      const other = await open(browser, { javaScriptEnabled, storageState: nobody });
      await other.goto(link);
      await expect(other.getByText("Go back to that browser")).toBeVisible();
      await expect(other.getByText(new URL(link).searchParams.get("code") ?? "none")).toBeVisible();
      if (javaScriptEnabled) await expectNothingFound(other);
      await other.context().close();
      await page.goto(link);
      if (javaScriptEnabled) await expectNothingFound(page);
      await page.getByRole("button", { name: "Confirm" }).focus();
      await page.keyboard.press("Enter");
      await expect(page).toHaveURL(portal.app("/welcome"));

      const again = await open(browser, { javaScriptEnabled, storageState: nobody });
      await again.goto(portal.link("/sign-up", { email_address: email }));
      await again.getByLabel("Password").fill(password);
      await again.keyboard.press("Enter");
      await expect(again.getByRole("heading", { name: "Check your mail" })).toBeVisible();
      const told = await mailTo(sink, email, 2);
      expect(told.headers.subject).toContain("You already have an account");
      expect(told.plain).not.toContain("code");
      await again.goto(linkIn(told));
      await expect(again.getByRole("heading", { name: "Sign in" })).toBeVisible();
      await again.context().close();
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
  await expectNothingFound(other);
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
  await expectNothingFound(admin);
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
  await expectNothingFound(admin);
  await admin.getByRole("button", { name: "Delete nobody@myapp.test" }).click();
  await expect(admin.getByText("The mail is deleted.")).toBeVisible();
  await admin.context().close();
});
