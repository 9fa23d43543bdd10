// What a server says that isn't set up for TLS, or stands behind a proxy that isn't: the pages pass axe, and fit into a narrow window.
import { expectAccessible } from "./accessible.ts";
import { createInstance, setUp } from "./admins.ts";
import { expect, test } from "./fixtures.ts";
import { freePort } from "./packages/walk.mjs";
import { newDatabase } from "./server.ts";

test.use({ meant: [421] });

test("a server with --insecure-http says so on every page", async ({ page, launch }) => {
  const server = await launch(newDatabase("insecure_http"), undefined, ["--insecure-http"]);
  const banner = page.getByRole("complementary", { name: "Warning" });
  await page.goto(`${server.url}/account/sign-in`);
  await expect(banner).toContainText("Passwords travel unencrypted");
  await expectAccessible(page, "sign-in");
  await setUp(page.request, server);
  await createInstance(page.request, server, "staging", { environment: "development", domain: "staging.com" });
  for (const path of ["/instances", "/instances/staging/redirects", "/portal/staging/sign-in"]) {
    await page.goto(`${server.url}${path}`);
    await expect(banner).toContainText("Passwords travel unencrypted");
    await expectAccessible(page, path);
  }
});

test("a proxy that hides the host gets a page that says what to set", async ({ page, launch }) => {
  const port = await freePort();
  await launch(newDatabase("hidden_host"), undefined, ["--dashboard-url", "https://dashboard.example.com"], `127.0.0.1:${port}`);
  const answer = await page.goto(`http://127.0.0.1:${port}/instances`);
  expect(answer?.status()).toBe(421);
  await expect(page.getByText("proxy_set_header Host $http_host").first()).toBeVisible();
  await expectAccessible(page, "hidden host");
});
