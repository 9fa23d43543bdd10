// The way out of the hosted pages, on real host names: to targets that redirect to another site, to the same URL whether signed in or
// not, with parameters in the fragment, and in a browser that blocks cookies. With and without JavaScript where both matter.
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Page } from "@playwright/test";
import { nobody, signIn as signInAsAdmin } from "./admins.ts";
import { expect, onThisMachine, password, type Portal, test } from "./portals.ts";

test.use({ ...onThisMachine, meant: [403, 422] });

async function signUp(page: Page, portal: Portal, query: Record<string, string> = {}): Promise<void> {
  await page.goto(portal.link("/sign-up", { username: "nick", ...query }));
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign up" }).click();
}

async function signIn(page: Page): Promise<void> {
  await page.getByLabel("Email, phone number or username").fill("nick");
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });

    test("a target that redirects to another site is reached from every form", async ({ page, portal }) => {
      // The application's pages redirect to a checkout on a site that the portal knows nothing of.
      const checkout = portal.app("/pay").replace(`${portal.slug}.test`, `checkout-${portal.slug}.test`);
      const redirect_url = portal.app(`/start?away=${encodeURIComponent(checkout)}`);
      const landed = () => expect(page).toHaveURL(checkout);
      await signUp(page, portal, { redirect_url });
      await landed();
      await page.goto(portal.link("/create-organization", { redirect_url }));
      await page.getByLabel("Name").fill("Ducks");
      await page.getByRole("button", { name: "Create organization" }).click();
      await landed();
      await page.goto(portal.link("/organization", { redirect_url }));
      await page.getByRole("button", { name: "Leave Ducks" }).click();
      await landed();
      await page.goto(portal.link("/sign-out", { redirect_url }));
      await page.getByRole("button", { name: "Sign out" }).click();
      await landed();
      await page.goto(portal.link("/sign-in", { redirect_url }));
      await signIn(page);
      await landed();
      await page.goto(portal.link("/waitlist", { redirect_url }));
      await page.getByLabel("Email").fill("ana@myapp.test");
      await page.getByRole("button", { name: "Join the waitlist" }).click();
      await landed();
    });

    test("an origin that is allowed while the form is open is reached", async ({ page, portal }) => {
      const shop = portal.app("/x").replace(`${portal.slug}.test`, `shop-${portal.slug}.test`);
      await page.goto(portal.link("/sign-up", { username: "nick", redirect_url: shop }));
      await portal.allow(new URL(shop).origin);
      await page.getByLabel("Password").fill(password);
      await page.getByRole("button", { name: "Sign up" }).click();
      await expect(page).toHaveURL(shop);
    });

    test("a visitor ends at the same URL, signed in or not, whatever fragment the link has", async ({ page, portal }) => {
      // The # of the target was not encoded, so it belongs to the portal's page.
      const link = `${portal.link("/sign-in")}redirect_url=/app#/orders`;
      await signUp(page, portal);
      await expect(page).toHaveURL(portal.app("/"));
      for (const page_of_a_flow of ["/sign-in", "/sign-up", "/sign-in/factor-one", "/"]) {
        await page.goto(link.replace("/sign-in", page_of_a_flow));
        await expect(page).toHaveURL(portal.app("/app"));
      }
      await page.context().clearCookies();
      await page.goto(link);
      await signIn(page);
      await expect(page).toHaveURL(portal.app("/app"));
      // A target keeps its own.
      await page.goto(portal.link("/sign-in", { redirect_url: "/app#/orders" }));
      await expect(page).toHaveURL(portal.app("/app#/orders"));
    });

    test("Back does not lead in circles", async ({ page, portal }) => {
      await page.goto(portal.app("/before"));
      await signUp(page, portal, { redirect_url: "/after" });
      await expect(page).toHaveURL(portal.app("/after"));
      await page.goBack();
      // Without JavaScript, the page can't know that somebody came back, and moves on once more.
      if (javaScriptEnabled) await expect(page.getByRole("heading", { level: 1 })).toHaveText("Almost there");
      else await expect(page).toHaveURL(portal.app("/after"));
      await page.goBack();
      await expect(page).toHaveURL(portal.app("/before"));
    });
  });
}

test("someone who comes back through the history stays, and can go on by the link", async ({ page, portal }) => {
  await signUp(page, portal, { redirect_url: "/after" });
  await expect(page).toHaveURL(portal.app("/after"));
  await page.goBack();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Almost there");
  await page.getByRole("link", { name: "Continue" }).click();
  await expect(page).toHaveURL(portal.app("/after"));
});

test("parameters in the fragment count, and replace those in the query", async ({ page, portal }) => {
  const fragment = `#/?${new URLSearchParams({ redirect_url: "/inside", email_address: "ana+x@myapp.test", utm_source: "mail" })}`;
  await page.goto(`${portal.link("/sign-in", { redirect_url: "/query", phone_number: "+49170" })}${fragment}`);
  await expect(page.getByLabel("Email, phone number or username")).toHaveValue("ana+x@myapp.test");
  expect(new URL(page.url()).hash).toBe("");
  await page.getByRole("link", { name: "Sign up" }).click();
  await page.getByLabel("Password").fill(password);
  await page.getByLabel("Phone number").fill("");
  await page.getByRole("button", { name: "Sign up" }).click();
  await expect(page).toHaveURL(portal.app("/inside"));
  // Signed in: without and with parameters in the query, and at a path below the page.
  for (const page_of_a_flow of ["/sign-in?", "/sign-in?redirect_url=%2Fquery&", "/sign-in/factor-one?", "/?", "/sign-up/tasks?"]) {
    await page.goto(`${portal.origin}${page_of_a_flow}#/factor-two?redirect_url=%2Fagain`);
    await expect(page).toHaveURL(portal.app("/again"));
  }
  await page.goto(`${portal.origin}/sign-in#/?redirect_url=${encodeURIComponent("https://evil.test/")}`);
  await expect(page).toHaveURL(portal.app("/"));
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("a page says what a link with a # needs", async ({ page, portal }) => {
    await page.goto(`${portal.link("/sign-in")}#/?redirect_url=/x`);
    await expect(page.locator("noscript p")).toBeVisible();
    await expect(page.locator("noscript p")).toHaveText("If the link that brought you here contains a #, turn on JavaScript and open it again.");
  });
});

/** Starts a proxy to this machine that takes the cookies out of every response, so that its browser keeps none. */
async function startCookieBlocker(): Promise<Server> {
  const proxy = createServer((asked, answered) => {
    const { port, pathname, search } = new URL(asked.url ?? "");
    const passed = request({ host: "127.0.0.1", port, path: pathname + search, method: asked.method, headers: asked.headers }, (response) => {
      const { "set-cookie": _, ...headers } = response.headers;
      answered.writeHead(response.statusCode ?? 502, headers);
      response.pipe(answered);
    });
    asked.pipe(passed);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  return proxy;
}

test("a browser that blocks cookies is told so, at the portal and at the dashboard", async ({ browser, portal, server }) => {
  const blocker = await startCookieBlocker();
  const address = `http://127.0.0.1:${(blocker.address() as AddressInfo).port}`;
  const context = await browser.newContext({ storageState: nobody, proxy: { server: address, bypass: "<-loopback>" } });
  const page = await context.newPage();
  const heading = page.getByRole("heading", { level: 1 });
  await signUp(page, portal, { redirect_url: "/x" });
  await expect(heading).toHaveText("Your browser blocks cookies");
  await expect(page.getByText("Your account is created, but you are not signed in.")).toBeVisible();
  await page.goto(portal.link("/sign-in", { then: "user" }));
  await signIn(page);
  await expect(heading).toHaveText("Your browser blocks cookies");
  // The waitlist needs none.
  await page.goto(portal.link("/waitlist", { email_address: "ana@myapp.test" }));
  await page.getByRole("button", { name: "Join the waitlist" }).click();
  await expect(page).toHaveURL(portal.app("/"));

  await page.goto(server.url);
  await signInAsAdmin(page);
  await expect(page.getByRole("alert")).toContainText("Your browser blocks cookies");
  await context.close();
  blocker.close();
});
