// Every hosted page passes axe in light and dark mode, and fits into a narrow window.
import { type Page } from "@playwright/test";
import { expectAccessible } from "./accessible.ts";
import { expect, onThisMachine, password, type Portal, test } from "./portals.ts";

test.use({ ...onThisMachine, meant: [403, 404, 410, 414, 422] });

const long = "very-long-".repeat(20);

async function signUp(page: Page, portal: Portal): Promise<void> {
  await page.goto(portal.link("/sign-up", { username: "nick", email_address: `${"ana".repeat(20)}@${"long-".repeat(10)}name.test`, first_name: "Ana" }));
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign up" }).click();
  await expect(page).toHaveURL(portal.app("/"));
}

/** Hosted pages in each state that looks different: the state's name, and how to get there. */
const looks: [string, (page: Page, portal: Portal) => Promise<unknown>][] = [
  ["sign-in", (page, portal) => page.goto(portal.link("/sign-in", { username: "nick" }))],
  ["sign-in refused", async (page, portal) => {
    await page.goto(portal.link("/sign-in", { username: long }));
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("alert")).toBeVisible();
  }],
  ["sign-up", (page, portal) => page.goto(portal.link("/sign-up"))],
  ["sign-up refused", async (page, portal) => {
    await page.goto(portal.link("/sign-up", { email_address: long, phone_number: long, username: long, first_name: long, last_name: "Alt" }));
    await page.getByLabel("Password").fill("short");
    await page.getByRole("button", { name: "Sign up" }).click();
    await expect(page.getByRole("alert")).toBeVisible();
  }],
  ["sign-out", async (page, portal) => {
    await signUp(page, portal);
    await page.goto(portal.link("/sign-out"));
  }],
  ["user", async (page, portal) => {
    await signUp(page, portal);
    await page.context().clearCookies();
    await page.goto(portal.link("/sign-in", { username: "nick", then: "user" }));
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("button", { name: "Save name" }).click();
    await expect(page.getByRole("status")).toBeVisible();
  }],
  ["user refused", async (page, portal) => {
    await signUp(page, portal);
    await page.goto(portal.link("/user"));
    await page.getByRole("button", { name: "Change password" }).click();
    await expect(page.getByRole("alert")).toBeVisible();
  }],
  ["create-organization", async (page, portal) => {
    await signUp(page, portal);
    await page.goto(portal.link("/create-organization"));
  }],
  ["organization", async (page, portal) => {
    await signUp(page, portal);
    for (const name of ["Ducks & Sons", "Very long ".repeat(9), "W".repeat(90)]) {
      await page.goto(portal.link("/create-organization"));
      await page.getByLabel("Name").fill(name);
      await page.getByRole("button", { name: "Create organization" }).click();
      await expect(page).toHaveURL(portal.app("/"));
    }
    await page.goto(portal.link("/organization"));
  }],
  ["no organization", async (page, portal) => {
    await signUp(page, portal);
    await page.goto(portal.link("/organization"));
  }],
  ["waitlist", (page, portal) => page.goto(portal.link("/waitlist"))],
  ["unauthorized-sign-in", (page, portal) => page.goto(portal.link("/unauthorized-sign-in"))],
  ["unauthorized-sign-in signed in", async (page, portal) => {
    await signUp(page, portal);
    await page.goto(portal.link("/unauthorized-sign-in"));
  }],
  ["unauthorized-sign-in ended", async (page, portal) => {
    await signUp(page, portal);
    await page.goto(portal.link("/unauthorized-sign-in"));
    await page.getByRole("button", { name: "Sign out everywhere else" }).click();
  }],
  ["on the way", async (page, portal) => {
    await signUp(page, portal);
    await page.goBack();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Almost there");
    await expect(page.getByRole("main")).toHaveCSS("opacity", "1");
  }],
  ["cookies blocked", async (page, portal) => {
    await page.goto(portal.link("/sign-in"));
    await page.evaluate(() => location.assign("/continue?flow=sign-in"));
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Your browser blocks cookies");
  }],
  ["switched off", async (page, portal) => {
    await portal.switchOff();
    await page.goto(portal.link("/sign-in"));
  }],
  ["archived", async (page, portal) => {
    await portal.archive();
    await page.goto(portal.link("/sign-in"));
  }],
  ["not found", (page, portal) => page.goto(portal.link("/nope"))],
];

for (const [name, open] of looks) {
  test(`axe finds nothing and nothing overflows on: ${name}`, async ({ page, portal }) => {
    await open(page, portal);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expectAccessible(page, name);
  });
}
