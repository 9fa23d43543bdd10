// The hosted pages on their own host names: visitors land where their link or the Redirects tab says. With and without JavaScript.
import { execFileSync } from "node:child_process";
import { type Page } from "@playwright/test";
import { setUp } from "./admins.ts";
import { expect, onThisMachine, password, Portal, test } from "./portals.ts";
import { type Server } from "./server.ts";

test.use({ ...onThisMachine, meant: [404, 422, 429, 503] });

async function signUp(page: Page, typed: Record<string, string>): Promise<void> {
  for (const [label, value] of Object.entries({ ...typed, Password: password })) await page.getByLabel(label).fill(value);
  await page.getByRole("button", { name: "Sign up" }).click();
}

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });

    test("a link with prefill and redirect_url leads through sign-up to its redirect_url", async ({ page, portal }) => {
      const known = { email_address: "ana+x@myapp.test", phone_number: "+49170555123", username: "nick", first_name: "Ana", last_name: `O"Neil` };
      await page.goto(portal.link("/sign-in", { ...known, redirect_url: portal.app("/orders?a=1&b=2#x", "app.") }));
      await expect(page.getByLabel("Email, phone number or username")).toHaveValue("ana+x@myapp.test");
      await page.getByRole("link", { name: "Sign up" }).click();
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("Sign up");
      await expect(page.getByLabel("Email")).toHaveValue("ana+x@myapp.test");
      await expect(page.getByLabel("Phone number")).toHaveValue("+49170555123");
      await expect(page.getByLabel("Username")).toHaveValue("nick");
      await expect(page.getByLabel("First name")).toHaveValue("Ana");
      await expect(page.getByLabel("Last name")).toHaveValue(`O"Neil`);
      await signUp(page, {});
      await expect(page).toHaveURL(portal.app("/orders?a=1&b=2#x", "app."));
      // Signed-in visitors skip this page.
      await page.goto(portal.link("/sign-in", { redirect_url: "/next" }));
      await expect(page).toHaveURL(portal.app("/next"));
    });

    test("without a redirect_url, or with a foreign one, visitors land on the stored fallback", async ({ page, portal, browser }) => {
      await portal.save({ after_sign_up_url: "/welcome", after_sign_in_url: "/in", after_sign_out_url: "/bye" });
      await page.goto(portal.link("/sign-up"));
      await signUp(page, { Username: "nick" });
      await expect(page).toHaveURL(portal.app("/welcome"));

      await page.goto(portal.link("/sign-out"));
      await expect(page.getByText("You are signed in as nick.")).toBeVisible();
      await page.getByRole("button", { name: "Sign out" }).click();
      await expect(page).toHaveURL(portal.app("/bye"));

      for (const evil of ["https://evil.test/", "//evil.test", `http://${portal.slug}.test@evil.test/`, `http://${portal.slug}.test.evil.test/`]) {
        const context = await browser.newContext({ javaScriptEnabled });
        const theirs = await context.newPage();
        await theirs.goto(portal.link("/sign-in", { redirect_url: evil }));
        await theirs.getByLabel("Email, phone number or username").fill("nick");
        await theirs.getByLabel("Password").fill(password);
        await theirs.getByRole("button", { name: "Sign in" }).click();
        await expect(theirs).toHaveURL(portal.app("/in"));
        await context.close();
      }
    });

    test("a fallback that is changed while a visitor signs up applies to that visitor", async ({ page, portal }) => {
      await portal.save({ after_sign_up_url: "/before" });
      await page.goto(portal.link("/sign-up"));
      await portal.save({ after_sign_up_url: "/after" });
      await signUp(page, { Username: "nick" });
      await expect(page).toHaveURL(portal.app("/after"));
    });

    test("creating and leaving an organization and joining the waitlist end at their stored fallbacks", async ({ page, portal }) => {
      await portal.save({ after_create_organization_url: "/made", after_leave_organization_url: "/left", after_join_waitlist_url: "/soon" });
      await page.goto(portal.link("/create-organization"));
      // They sign up first, and then continue with what they came for.
      await page.getByRole("link", { name: "Sign up" }).click();
      await signUp(page, { Username: "nick" });
      await page.getByLabel("Name").fill("Ducks & Sons");
      await page.getByRole("button", { name: "Create organization" }).click();
      await expect(page).toHaveURL(portal.app("/made"));

      await page.goto(portal.link("/organization"));
      await page.getByRole("button", { name: "Leave Ducks & Sons" }).click();
      await expect(page).toHaveURL(portal.app("/left"));

      await page.goto(portal.link("/waitlist", { email_address: "ana@myapp.test" }));
      await page.getByRole("button", { name: "Join the waitlist" }).click();
      await expect(page).toHaveURL(portal.app("/soon"));
    });

    test("a refused form keeps what was typed, shows each error beside its field, and can be fixed", async ({ page, portal }) => {
      await page.goto(portal.link("/sign-up", { redirect_url: "/x", email_address: "old@myapp.test" }));
      await page.getByLabel("Email").fill("no address");
      await page.getByLabel("Password").fill("short");
      await page.getByRole("button", { name: "Sign up" }).click();
      await expect(page.getByRole("alert")).toBeFocused();
      await expect(page.getByLabel("Email")).toHaveValue("no address");
      await expect(page.getByLabel("Email")).toHaveAccessibleDescription(/not an email address/);
      await expect(page.getByLabel("Password")).toHaveValue("");
      await expect(page.getByLabel("Password")).toHaveAccessibleDescription(/too short/);
      await page.getByRole("alert").getByRole("link", { name: /^Password/ }).click();
      await expect(page.getByLabel("Password")).toBeFocused();
      await signUp(page, { Email: "ana@myapp.test" });
      await expect(page).toHaveURL(portal.app("/x"));
    });

    test("in development visitors can return to the page they came from", async ({ page, portal }) => {
      // A foreign origin: the application's port on an IP address.
      const app = portal.app("/").replace(`${portal.slug}.test`, "127.0.0.1");
      const link = portal.link("/sign-in", { redirect_url: `${app}in` });
      await page.goto(`${app}?to=${encodeURIComponent(link)}`);
      await page.getByRole("link", { name: "Go" }).click();
      await page.getByRole("link", { name: "Sign up" }).click();
      await signUp(page, { Username: "nick" });
      await expect(page).toHaveURL(`${app}in`);
    });

    test("a visitor signs out another browser and changes the password", async ({ page, portal, browser }) => {
      await page.goto(portal.link("/sign-up"));
      await signUp(page, { Username: "nick" });
      await expect(page).toHaveURL(portal.app("/"));
      const context = await browser.newContext({ javaScriptEnabled });
      const other = await context.newPage();
      await other.goto(portal.link("/sign-in"));
      await other.getByLabel("Email, phone number or username").fill("nick");
      await other.getByLabel("Password").fill(password);
      await other.getByRole("button", { name: "Sign in" }).click();
      await expect(other).toHaveURL(portal.app("/"));

      await page.goto(portal.link("/unauthorized-sign-in"));
      await page.getByRole("button", { name: "Sign out everywhere else" }).click();
      await expect(page.getByRole("status")).toHaveText("You are signed out everywhere else.");
      await page.getByRole("link", { name: "Change the password" }).click();
      await page.getByLabel("Current password").fill(password);
      await page.getByLabel("New password").fill("four geese in a row");
      await page.getByRole("button", { name: "Change password" }).click();
      await expect(page.getByRole("status")).toContainText("Your password is changed.");
      await other.goto(portal.link("/user"));
      await expect(other.getByRole("heading", { level: 1 })).toHaveText("Sign in");
      await context.close();
    });
  });
}

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "in India" : "in India, without JavaScript", () => {
    test.use({ javaScriptEnabled, timezoneId: "Asia/Kolkata" });

    test(`a visitor reads ${javaScriptEnabled ? "local times, and UTC on hover" : "times in UTC"}`, async ({ page, portal }) => {
      await page.goto(portal.link("/sign-up"));
      await signUp(page, { Username: "nick" });
      await expect(page).toHaveURL(portal.app("/"));
      await page.goto(portal.link("/user"));
      const time = page.locator("time").first();
      await expect(time).toBeVisible();
      const written = async (timeZone: string) => {
        const at = new Date((await time.getAttribute("datetime")) ?? "");
        return new Intl.DateTimeFormat("sv", { timeZone, dateStyle: "short", timeStyle: "short" }).format(at);
      };
      const utc = `${await written("UTC")} UTC`;
      await expect(time).toHaveText(javaScriptEnabled ? await written("Asia/Kolkata") : utc);
      if (javaScriptEnabled) await expect(time).toHaveAttribute("title", utc);
    });
  });
}

test("what is typed on the sign-in page is there on the sign-up page, and the other way round", async ({ page, portal }) => {
  await page.goto(portal.link("/sign-in", { redirect_url: "/x", email_address: "old@myapp.test" }));
  const identifier = page.getByLabel("Email, phone number or username");
  await identifier.fill("nick");
  await page.getByLabel("Password").fill(password);
  await page.getByRole("link", { name: "Sign up" }).click();
  await expect(page.getByLabel("Username")).toHaveValue("nick");
  await expect(page.getByLabel("Email")).toHaveValue("");
  await page.getByLabel("Email").fill("ana@myapp.test");
  await page.getByLabel("First name").fill("Ana");
  await page.getByRole("link", { name: "Sign in" }).click();
  await expect(identifier).toHaveValue("ana@myapp.test");
  // A password in the wrong field does not get into an address.
  await identifier.fill(password);
  await page.getByRole("link", { name: "Sign up" }).click();
  await expect(page.getByLabel("First name")).toHaveValue("Ana");
  expect(page.url()).not.toContain("ducks");
});

/** The process ids of a server's private PostgreSQL. */
function processes(server: Server): number[] {
  const id = String(server.postgres());
  return [id, ...execFileSync("ps", ["-o", "pid=", "--ppid", id], { encoding: "utf8" }).trim().split(/\s+/)].map(Number);
}

test("while PostgreSQL does not answer, signed-in visitors are still redirected, and nothing typed is lost", async ({ page, playwright, app, launch }) => {
  const server = await launch();
  const admin = await playwright.request.newContext();
  await setUp(admin, server);
  const portal = new Portal(admin, server, "myapp", app);
  await portal.create();
  await portal.save({ after_sign_in_url: "/in" });
  await page.goto(portal.link("/sign-up"));
  await signUp(page, { Username: "nick" });
  await expect(page).toHaveURL(portal.app("/"));
  await page.goto(portal.link("/sign-in"));
  await expect(page).toHaveURL(portal.app("/in"));
  const stopped = processes(server);
  for (const id of stopped) process.kill(id, "SIGSTOP");
  try {
    await page.goto(portal.link("/sign-in", { redirect_url: "/x" }));
    await expect(page).toHaveURL(portal.app("/x"));
    await page.goto(portal.link("/waitlist"));
    await page.getByLabel("Email").fill("ana@myapp.test");
    await page.getByRole("button", { name: "Join the waitlist" }).click();
    await expect(page.getByRole("alert")).toContainText("We can't put you on the waitlist right now.");
    await expect(page.getByLabel("Email")).toHaveValue("ana@myapp.test");
  } finally {
    for (const id of stopped) process.kill(id, "SIGCONT");
  }
  // When it answers again, the same form is accepted.
  await expect(async () => {
    if (await page.getByRole("alert").isVisible()) await page.getByRole("button", { name: "Join the waitlist" }).click();
    await expect(page).toHaveURL(portal.app("/"), { timeout: 1000 });
  }).toPass();
  await admin.dispose();
});
