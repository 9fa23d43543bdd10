// The second factor of admins: setting it up, signing in with it, losing the phone, and recovering.
import { execFileSync } from "node:child_process";
import { nobody, owner, setUp, signIn } from "./admins.ts";
import { turnOn } from "./authenticator.ts";
import { binary, newDatabase } from "./server.ts";
import { expect, test } from "./fixtures.ts";

test.use({ storageState: nobody, meant: [401, 403, 422] });

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });

    test("an admin sets it up, signs in with it, loses the phone and recovers", async ({ page, fresh, browser }) => {
      await setUp(page.request, fresh);
      await page.goto(`${fresh.url}/account`);
      await page.getByRole("link", { name: "Set up the second factor" }).click();
      const { app, codes } = await turnOn(page);
      if (javaScriptEnabled) {
        await page.getByRole("button", { name: "Copy recovery codes" }).click();
        expect((await page.evaluate(() => navigator.clipboard.readText())).trim().split("\n")).toEqual(codes);
      }
      await page.getByRole("link", { name: "I have saved them" }).click();
      await expect(page).toHaveURL(`${fresh.url}/instances`);

      // Another browser: the password alone leads to the code, and nowhere else.
      const other = await browser.newPage({ storageState: nobody, javaScriptEnabled });
      await other.goto(`${fresh.url}/account`);
      await signIn(other);
      await expect(other.getByRole("heading", { level: 1 })).toHaveText("Enter your code");
      await other.goto(`${fresh.url}/account`);
      await expect(other.getByRole("heading", { level: 1 })).toHaveText("Sign in");
      await signIn(other);
      await other.getByLabel("Code", { exact: true }).fill("12 34");
      await other.getByRole("button", { name: "Sign in", exact: true }).click();
      await expect(other.getByLabel("Code", { exact: true })).toHaveAccessibleDescription(/That code is wrong/);
      await expect(other.getByRole("alert")).toBeFocused();
      await other.getByLabel("Code", { exact: true }).fill(app.code());
      await other.getByRole("button", { name: "Sign in", exact: true }).click();
      await expect(other).toHaveURL(`${fresh.url}/account`);

      // The phone is lost: a recovery code signs in, once.
      await other.getByRole("button", { name: "Sign out" }).first().click();
      const recover = async (code: string) => {
        await signIn(other);
        await other.getByText("Use a recovery code").click();
        await other.getByLabel("Recovery code").fill(code);
        await other.getByRole("button", { name: "Sign in with the recovery code" }).click();
      };
      await recover(codes[0].toUpperCase().replaceAll("-", " "));
      await expect(other).toHaveURL(`${fresh.url}/instances`);
      await other.goto(`${fresh.url}/account`);
      await other.getByRole("button", { name: "Sign out" }).first().click();
      await recover(codes[0]);
      await expect(other.getByLabel("Recovery code")).toHaveAccessibleDescription(/or it has been used/);
      await other.getByLabel("Recovery code").fill(codes[1]);
      await other.getByRole("button", { name: "Sign in with the recovery code" }).click();
      await expect(other).toHaveURL(`${fresh.url}/instances`);

      // A new phone: it is turned off with the password, and set up again. The first browser is signed out by that.
      await other.goto(`${fresh.url}/account/second-factor`);
      await expect(other.getByText("8 recovery codes are left.")).toBeVisible();
      await other.getByLabel("Password or code").fill(owner.password);
      await other.getByRole("button", { name: "Turn off" }).click();
      await expect(other.getByRole("status")).toContainText("The second factor is off.");
      await page.goto(`${fresh.url}/account`);
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("Sign in");
      await turnOn(other);
      await other.goto(`${fresh.url}/history`);
      for (const text of ["turned the second factor on", "turned the second factor off", "used a recovery code", /wrong codes? of the second factor/]) {
        await expect(other.getByText(text).first()).toBeVisible();
      }
      await other.close();
    });
  });
}

test("an admin who has lost phone and codes gets in with a link from the command line", async ({ page, fresh }) => {
  await setUp(page.request, fresh);
  await page.goto(`${fresh.url}/account/second-factor`);
  await turnOn(page);
  await page.context().clearCookies();
  const output = execFileSync(binary, ["admin", "reset", owner.email, "--database-url", fresh.databaseUrl, "--dashboard-url", fresh.url], { encoding: "utf8" });
  expect(output).toContain("That also turns off their second factor.");
  await page.goto(output.trim().split("\n").at(-1) ?? "");
  await page.getByLabel("New password").fill("a heron in the reeds");
  await page.getByRole("button", { name: "Save and sign in" }).click();
  await expect(page).toHaveURL(`${fresh.url}/instances`);
  await page.goto(`${fresh.url}/account`);
  await expect(page.getByRole("link", { name: "Set up the second factor" })).toBeVisible();
});

test("where it is required, the first admin sets it up before anything else", async ({ page, launch }) => {
  const server = await launch(newDatabase("required"), binary, ["--require-second-factor"]);
  await page.goto(server.setup);
  await page.getByLabel("Email").fill(owner.email);
  await page.getByLabel("New password").fill(owner.password);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Set up a second factor");
  await page.goto(`${server.url}/instances/new`);
  await expect(page).toHaveURL(`${server.url}/account/second-factor`);
  await turnOn(page);
  await page.getByRole("link", { name: "I have saved them" }).click();
  await expect(page).toHaveURL(`${server.url}/instances`);
});
