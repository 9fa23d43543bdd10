// Sessions: their cookies, how they end, and that nothing typed is lost when one ends.
import { type Browser, type Page } from "@playwright/test";
import { createInstance, nobody, owner, setUp, signIn } from "./admins.ts";
import { alive, expect, test } from "./fixtures.ts";
import { type Server } from "./server.ts";

test.use({ storageState: nobody, meant: [401, 403, 422] });

/** A page in another browser, signed in as the owner. */
async function elsewhere(browser: Browser, server: Server): Promise<Page> {
  const page = await browser.newPage({ userAgent: "Another browser" });
  await page.goto(`${server.url}/account/sign-in`);
  await signIn(page);
  await expect(page).toHaveURL(`${server.url}/instances`);
  return page;
}

test("scripts can't read the session cookie, and other sites can't use it", async ({ page, fresh }) => {
  await setUp(page.request, fresh);
  await page.goto(`${fresh.url}/instances`);
  expect(await page.evaluate(() => document.cookie)).toBe("");
  const cookies = await page.context().cookies(fresh.url);
  expect(cookies.map(({ name }) => name).sort()).toEqual(["portal-redirects-device", "portal-redirects-session"]);
  for (const cookie of cookies) expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Lax", path: "/", domain: "127.0.0.1" });

  const body = `<form method="post" action="${fresh.url}/account/sign-out"><button>Send</button></form>`;
  await page.route("https://elsewhere.example/", (route) => route.fulfill({ contentType: "text/html", body }));
  await page.goto("https://elsewhere.example/");
  const sent = page.waitForResponse((answer) => answer.request().method() === "POST");
  await page.getByRole("button", { name: "Send" }).click();
  expect((await sent).status()).toBe(403);
  expect((await page.request.get(`${fresh.url}/instances`)).url(), "the session is still valid").toBe(`${fresh.url}/instances`);
});

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });

    test("a session that was ended from another browser is rejected at its next request", async ({ page, fresh, browser }) => {
      await setUp(page.request, fresh);
      const other = await elsewhere(browser, fresh);
      await page.goto(`${fresh.url}/account`);
      const rows = page.getByRole("listitem").filter({ hasText: "Last used" });
      await expect(rows).toHaveCount(2);
      await expect(rows.locator(".badge")).toHaveText(["This session"]);
      await rows.filter({ hasText: "Another browser" }).getByRole("button", { name: "End this session" }).click();
      await expect(page.getByRole("status")).toHaveText("The session has ended.");
      await expect(rows).toHaveCount(1);
      await other.goto(`${fresh.url}/instances`);
      await expect(other).toHaveURL(/\/account\/sign-in\?next=%2Finstances$/);
      await other.close();
      await page.reload();
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("Account");
    });

    test("a new password ends every other session", async ({ page, fresh, browser }) => {
      await setUp(page.request, fresh);
      const other = await elsewhere(browser, fresh);
      await page.goto(`${fresh.url}/account`);
      const change = async (current: string, chosen: string) => {
        await page.getByLabel("Current password").fill(current);
        await page.getByLabel("New password").fill(chosen);
        await page.getByRole("button", { name: "Change password" }).click();
      };
      await change("wrong", "a heron in the reeds");
      await expect(page.getByLabel("Current password")).toHaveAccessibleDescription(/That is not your password/);
      await change(owner.password, "owner@example.org");
      await expect(page.getByLabel("New password")).toHaveAccessibleDescription(/guessed too easily/);
      await other.goto(`${fresh.url}/account`);
      await expect(other.getByRole("heading", { level: 1 })).toHaveText("Account");

      await change(owner.password, "a heron in the reeds");
      await expect(page.getByRole("status")).toContainText("The password is changed.");
      await other.goto(`${fresh.url}/account`);
      await signIn(other);
      await expect(other.getByRole("alert")).toContainText("Email or password is wrong");
      await signIn(other, { email: owner.email, password: "a heron in the reeds" });
      await expect(other).toHaveURL(`${fresh.url}/account`);
      await other.close();
    });

    test("a form posted after the session ended is kept, and can be sent again", async ({ page, fresh }) => {
      await setUp(page.request, fresh);
      await createInstance(page.request, fresh, "my-app");
      await page.goto(`${fresh.url}/instances/my-app/redirects`);
      if (javaScriptEnabled) await alive(page);
      await page.context().clearCookies();
      await page.getByLabel("After sign-in").fill("/kept?a=1&b=</textarea>");
      await page.getByLabel("After sign-out").fill("/also kept");
      await page.getByRole("button", { name: "Save changes" }).click();
      const again = javaScriptEnabled ? "Try again" : "Send again";
      const isSignedOut = async () => {
        if (javaScriptEnabled) return expect(page.getByRole("status")).toContainText("you are signed out. What you typed is still here.");
        await expect(page.getByRole("heading", { level: 1 })).toHaveText("Signed out");
        return expect(page.getByText("What you typed is kept on this page.")).toBeVisible();
      };
      await isSignedOut();

      // Sending it again before signing in keeps it too.
      await page.getByRole("button", { name: again }).click();
      await isSignedOut();
      const opened = page.context().waitForEvent("page");
      await page.getByRole("link", { name: /^Sign in,? in a new tab$/ }).click();
      const tab = await opened;
      await signIn(tab);
      await expect(tab).toHaveURL(`${fresh.url}/instances`);
      await tab.close();
      await page.getByRole("button", { name: again }).click();
      await expect(page.getByRole("status")).toContainText("Saved");
      await expect(page.getByLabel("After sign-in")).toHaveValue("/kept?a=1&b=</textarea>");
      const { target } = await (await page.request.get(`${fresh.url}/portal/my-app/v1/resolve?flow=sign-out`)).json();
      expect(target).toBe("https://my-app.com/also%20kept");
    });

    test("a bulk check posted after the session ended is kept too", async ({ page, fresh }) => {
      await setUp(page.request, fresh);
      await createInstance(page.request, fresh, "my-app");
      await page.goto(`${fresh.url}/instances/my-app/preview/links`);
      await page.context().clearCookies();
      await page.getByRole("textbox", { name: "Links" }).fill("\nhttps://accounts.my-app.com/sign-in\nno link");
      await page.getByRole("button", { name: "Check links" }).click();
      await expect(page.getByText("You are signed out.")).toBeVisible();
      const tab = await page.context().newPage();
      await tab.goto(`${fresh.url}/account/sign-in`);
      await signIn(tab);
      await expect(tab).toHaveURL(`${fresh.url}/instances`);
      await tab.close();
      await page.getByRole("button", { name: /Send again|Check links/ }).click();
      await expect(page.locator("#results h2")).toHaveText("2 links: 1 ends as asked, 1 is not a link to this portal");
      await expect(page.getByRole("textbox", { name: "Links" })).toHaveValue("\nhttps://accounts.my-app.com/sign-in\nno link");
    });
  });
}

test("sessions survive a restart of the server", async ({ page, fresh }) => {
  await setUp(page.request, fresh);
  await createInstance(page.request, fresh, "my-app");
  await page.goto(`${fresh.url}/instances/my-app/redirects`);
  await alive(page);
  await page.getByLabel("After sign-in").fill("/after-the-restart");
  // The value is checked while the server still answers.
  await expect(page.getByLabel("After sign-in")).toHaveAccessibleDescription(/after-the-restart/);
  await fresh.stop();
  await fresh.start();
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("status")).toContainText("Saved");
  await page.goto(`${fresh.url}/account`);
  await expect(page.getByRole("listitem").filter({ hasText: "Last used" })).toHaveCount(1);
});
