// The health of targets: what a fallback redirect leads to is shown beside its field, with and without JavaScript.
import { createServer, type Server as HttpServer } from "node:http";
import { type AddressInfo } from "node:net";
import type { Page } from "@playwright/test";
import { expectAccessible } from "./accessible.ts";
import { colleague, createInstance, saveRedirects, setUp } from "./admins.ts";
import { alive, expect, test as base } from "./fixtures.ts";
import { binary, newDatabase, type Server } from "./server.ts";

/** An application whose pages redirects lead to. It can be taken down. */
class Application {
  private server?: HttpServer;
  port = 0;

  async start(): Promise<void> {
    const pages: Record<string, number> = { "/": 200, "/welcome": 200, "/members": 401 };
    this.server = createServer((request, response) => response.writeHead(pages[request.url ?? ""] ?? 404).end());
    await new Promise<void>((resolve) => this.server?.listen(this.port, "127.0.0.1", resolve));
    this.port = (this.server?.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => this.server?.close(resolve));
  }
}

interface Checked {
  server: Server;
  slug: string;
  application: Application;
}

const test = base.extend<{ checked: Checked }>({
  // A server that checks targets on this machine, and an instance whose application is here too.
  checked: async ({ page, launch }, use, info) => {
    const application = new Application();
    await application.start();
    const name = info.testId.replaceAll(/[^a-z0-9]/g, "") + String(info.retry);
    const server = await launch(newDatabase(`checked_${name}`), binary, ["--target-checks", "private"]);
    await setUp(page.request, server);
    const home_url = `http://localhost:${application.port}/`;
    await createInstance(page.request, server, "app", { environment: "development", domain: "localhost", portal_origin: server.url.replace("127.0.0.1", "localhost"), home_url });
    await use({ server, slug: "app", application });
    await application.stop();
  },
});

const health = (page: Page, field: string) => page.locator(`#${field}-health .health`);

/** A page of the instance, once its targets are checked. */
async function open(page: Page, { server, slug }: Checked, tab: string): Promise<void> {
  await expect(async () => {
    await page.goto(`${server.url}/instances/${slug}${tab}`);
    await expect(page.locator(".health").first()).toBeAttached();
    await expect(page.locator(".health[data-kind=waiting]")).toHaveCount(0, { timeout: 100 });
  }).toPass();
}

test("a saved value is checked, and a server that is taken down is noticed", async ({ page, checked }) => {
  await open(page, checked, "/redirects");
  await alive(page);
  await expect(health(page, "after_sign_up_url")).toHaveText(/^200 · \d+ ms · just now$/);
  const field = page.getByLabel("After sign-up");
  await field.fill("/nowhere");
  await expect(page.getByText("Checked once it is saved").filter({ visible: true })).toHaveCount(1);
  await expect(health(page, "after_sign_up_url")).toBeHidden();
  await field.fill("/welcome");
  await page.getByLabel("After sign-in").fill("/nowhere");
  await page.getByLabel("After sign-out").fill("/members");
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByText("Checked once it is saved").filter({ visible: true })).toHaveCount(0);
  await expect(health(page, "after_sign_in_url")).toHaveText(/^404 · just now$/, { timeout: 30_000 });
  await expect(health(page, "after_sign_in_url")).toHaveAttribute("data-kind", "refused");
  await expect(health(page, "after_sign_up_url")).toHaveText(/^200 · /);
  await expect(health(page, "after_sign_out_url")).toHaveText(/^401, asks visitors to sign in/);
  await expect(page.getByLabel("After sign-in")).toHaveAccessibleDescription(/404/);
  await checked.application.stop();
  await page.getByRole("button", { name: "Check now" }).click();
  await expect(health(page, "after_sign_up_url")).toHaveText(/^Can’t be reached · just now$/, { timeout: 30_000 });
  await checked.application.start();
});

test("what is typed stays while targets are checked again", async ({ page, checked }) => {
  await open(page, checked, "/redirects");
  await alive(page);
  await page.getByLabel("After sign-up").fill("/typed");
  await page.getByRole("button", { name: "Check now" }).click();
  await expect(page.locator("#check-said")).toHaveText("Checking…");
  await expect(page.locator("#check-said")).toHaveText("", { timeout: 30_000 });
  await expect(page.getByLabel("After sign-up")).toHaveValue("/typed");
});

test("Overview and Settings show the same, and the portal's host leads here", async ({ page, checked }) => {
  expect((await saveRedirects(page.request, checked, 1, { after_sign_in_url: "/nowhere" })).status()).toBe(303);
  await open(page, checked, "");
  await expect(page.locator(".ends li").filter({ hasText: "After sign-in" }).locator(".health")).toHaveText(/^404 · /, { timeout: 30_000 });
  await expect(page.locator(".card-head .health")).toHaveText(/^Leads here · /);
  await open(page, checked, "/settings");
  await page.getByText("Portal origin, home URL, slug").click();
  await expect(health(page, "home_url")).toHaveText(/^200 · /);
  await expect(health(page, "portal_origin")).toHaveText(/^Leads here · /);
  await page.getByLabel("Home URL").fill("http://localhost/other");
  await expect(health(page, "home_url")).toBeHidden();
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("an editor has the targets checked, and a viewer only sees them", async ({ page, checked, browser }) => {
    await open(page, checked, "/redirects");
    await checked.application.stop();
    await page.getByRole("button", { name: "Check now" }).click();
    await expect(page).toHaveURL(/\/instances\/app\/redirects$/);
    // It answers after a few seconds at the latest, and an instance is left alone for a few seconds between two checks.
    await expect(async () => {
      await page.reload();
      await expect(health(page, "after_sign_up_url")).toHaveText(/^Can’t be reached · just now$/, { timeout: 100 });
    }).toPass();
    await checked.application.start();
    const viewer = await colleague(browser, page, checked, "viewer@example.org", "viewer");
    await viewer.goto(`${checked.server.url}/instances/app/redirects`);
    await expect(health(viewer, "after_sign_up_url")).toBeVisible();
    await expect(viewer.getByRole("button", { name: "Check now" })).toHaveCount(0);
    await viewer.close();
  });
});

test("axe finds nothing, and everything fits into a narrow window", async ({ page, checked }) => {
  const long = `/${"long-".repeat(60)}`;
  expect((await saveRedirects(page.request, checked, 1, { after_sign_in_url: long, after_sign_out_url: "/members" })).status()).toBe(303);
  for (const tab of ["", "/redirects", "/settings"]) {
    await open(page, checked, tab);
    await expectAccessible(page, `targets${tab}`);
  }
});
