// Signing in: the set-up link, email and password, the return to the requested page, rate limits. With and without JavaScript.
import { createInstance, nobody, owner, password, setUp, signIn } from "./admins.ts";
import { expect, test } from "./fixtures.ts";

test.use({ storageState: nobody, meant: [401, 410, 422, 429] });

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });

    test("the set-up link creates the first admin, and works once", async ({ page, fresh, browser }) => {
      await page.goto(fresh.url);
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("Sign in");
      await expect(page.getByRole("status")).toContainText("There is no admin yet.");

      await page.goto(fresh.setup);
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("Create the first admin");
      await page.getByLabel("Email").fill(" Owner@Example.org ");
      const weak: [string, RegExp][] = [
        ["", /Choose a password/],
        ["kX9!vQ2#mZ", /too short: 12 characters/],
        ["password1234", /guessed too easily/],
        ["x9".repeat(5_000), /too long: 1,024 bytes/],
      ];
      for (const [typed, message] of weak) {
        await page.getByLabel("New password").fill(typed);
        await page.getByRole("button", { name: "Create account" }).click();
        await expect(page.getByRole("alert")).toContainText(message);
        await expect(page.getByLabel("New password")).toHaveAccessibleDescription(message);
        await expect(page.getByLabel("New password")).toHaveAttribute("aria-invalid", "true");
        await expect(page.getByLabel("New password")).toHaveValue("");
        // Browsers trim the value of an email field.
        await expect(page.getByLabel("Email")).toHaveValue("Owner@Example.org");
      }
      await page.getByLabel("New password").fill("тёплый дождь в мае");
      await page.getByRole("button", { name: "Create account" }).click();
      await expect(page).toHaveURL(`${fresh.url}/instances`);
      await expect(page.getByRole("link", { name: "Account" })).toBeVisible();

      const another = await browser.newPage({ javaScriptEnabled });
      for (const link of [fresh.setup, `${fresh.setup}x`, `${fresh.url}/account/setup?token=${"0".repeat(43)}`, `${fresh.url}/account/reset`]) {
        expect((await another.goto(link))?.status(), link).toBe(410);
        await expect(another.getByRole("heading", { level: 1 })).toHaveText("This link is no longer valid");
      }
      await another.getByRole("link", { name: "Sign in" }).click();
      await expect(another.getByRole("status")).toHaveCount(0);
      await signIn(another, { email: owner.email, password: "тёплый дождь в мае" });
      await expect(another).toHaveURL(`${fresh.url}/instances`);
      await another.close();
    });

    test("a set-up link that was used while its form was open says so", async ({ page, fresh, playwright }) => {
      await page.goto(fresh.setup);
      const faster = await playwright.request.newContext();
      await setUp(faster, fresh);
      await faster.dispose();
      await page.getByLabel("Email").fill("second@example.org");
      await page.getByLabel("New password").fill(password);
      await page.getByRole("button", { name: "Create account" }).click();
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("This link is no longer valid");
      await page.goto(`${fresh.url}/instances`);
      await expect(page).toHaveURL(/\/account\/sign-in/);
    });

    test("an admin signs out, and signs in again after a wrong password", async ({ page, fresh }) => {
      await setUp(page.request, fresh);
      await page.goto(`${fresh.url}/account`);
      await expect(page.getByText(owner.email).last()).toBeVisible();
      await page.getByRole("button", { name: "Sign out" }).first().click();
      await expect(page).toHaveURL(`${fresh.url}/account/sign-in`);

      const said: string[] = [];
      for (const [email, typed] of [[owner.email, "wrong"], [owner.email, ""], [owner.email, "x".repeat(10_000)], ["nobody@example.org", password]]) {
        await signIn(page, { email, password: typed });
        await expect(page.getByLabel("Password")).toHaveAccessibleDescription(/Email or password is wrong/);
        await expect(page.getByRole("alert")).toBeVisible();
        await expect(page.getByLabel("Email")).toHaveValue(email);
        await expect(page.getByLabel("Password")).toHaveValue("");
        said.push(await page.getByRole("main").innerText());
      }
      expect(new Set(said).size, "the answer doesn't reveal whether an account exists").toBe(1);
      await signIn(page);
      await expect(page).toHaveURL(`${fresh.url}/instances`);
    });

    test("after signing in, an admin gets exactly the page they asked for", async ({ page, fresh }) => {
      await setUp(page.request, fresh);
      await createInstance(page.request, fresh, "my-app");
      await page.context().clearCookies();
      const link = "https://accounts.my-app.com/sign-in?redirect_url=https%3A%2F%2Fapp.my-app.com%2F%3Fa%3D1%26b%3D%2525&username=a+b";
      const asked = `${fresh.url}/instances/my-app/preview?link=${encodeURIComponent(link)}`;
      await page.goto(asked);
      await expect(page).toHaveURL(/\/account\/sign-in\?next=%2Finstances%2Fmy-app%2Fpreview%3F/);
      // A wrong password must not lose the requested page.
      await signIn(page, { email: owner.email, password: "wrong" });
      await expect(page.getByRole("alert")).toBeVisible();
      const arrived = page.waitForRequest((request) => request.url() === asked);
      await signIn(page);
      await arrived;
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("my-app");
      await expect(page.getByLabel("redirect_url", { exact: true })).toHaveValue("https://app.my-app.com/?a=1&b=%25");
      await expect(page.getByLabel("Username")).toHaveValue("a b");
    });
  });
}

test("signing in never redirects to another site", async ({ page, fresh }) => {
  await setUp(page.request, fresh);
  for (const next of ["//evil.com", "https://evil.com/instances", "/\\evil.com", "javascript:alert(1)", "/instances/..//evil.com"]) {
    await page.context().clearCookies();
    await page.goto(`${fresh.url}/account/sign-in?${new URLSearchParams({ next })}`);
    await signIn(page);
    await expect(page).toHaveURL(`${fresh.url}/instances`);
  }
});

test("an admin signs in by keyboard alone", async ({ page, fresh }) => {
  await setUp(page.request, fresh);
  await page.context().clearCookies();
  await page.goto(`${fresh.url}/instances`);
  for (const typed of ["wrong", password]) {
    const email = page.getByLabel("Email");
    for (let presses = 0; presses < 10 && !(await email.evaluate((input) => input === document.activeElement)); presses++) {
      await page.keyboard.press("Tab");
    }
    await expect(email).toBeFocused();
    await page.keyboard.press("ControlOrMeta+A");
    await page.keyboard.type(owner.email);
    await page.keyboard.press("Tab");
    await expect(page.getByLabel("Password")).toBeFocused();
    await page.keyboard.type(typed);
    await page.keyboard.press("Enter");
    if (typed === "wrong") await expect(page.getByRole("alert")).toBeFocused();
  }
  await expect(page).toHaveURL(`${fresh.url}/instances`);
});

test("guessing passwords is rate limited, but a browser that signed in before is not", async ({ page, fresh, browser }) => {
  await setUp(page.request, fresh);
  await page.goto(`${fresh.url}/account`);
  await page.getByRole("button", { name: "Sign out" }).first().click();

  const guesser = await browser.newPage();
  await guesser.goto(`${fresh.url}/account/sign-in`);
  for (let tries = 0; tries < 8; tries++) {
    await signIn(guesser, { email: owner.email, password: `guess ${tries}` });
    await expect(guesser.getByRole("alert")).toContainText("Email or password is wrong");
  }
  await signIn(guesser);
  await expect(guesser.getByRole("alert")).toContainText("Too many attempts");
  await expect(guesser.getByText(/^Wait \d+ seconds, then try again\.$/)).toBeVisible();
  await expect(guesser.getByLabel("Email")).toHaveValue(owner.email);
  await guesser.close();

  await signIn(page);
  await expect(page).toHaveURL(`${fresh.url}/instances`);
});
