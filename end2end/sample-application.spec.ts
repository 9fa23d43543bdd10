// A sample application: visitors sign up from a link, land there, are greeted by name, and sign out there.
import { createInstance, post } from "./admins.ts";
import { expect, onThisMachine, password, test } from "./portals.ts";
import { SampleApplication } from "./sample-application.ts";

test.use({ ...onThisMachine });

test("greets a visitor who has signed up from a link, and signs them out here too", async ({ page, server, playwright, session }, info) => {
  const application = new SampleApplication();
  const port = await application.start();
  const slug = `s${info.testId.replaceAll(/[^a-z0-9]/g, "")}${info.retry}`;
  const portal = `http://accounts.${slug}.test:${new URL(server.url).port}`;
  const origin = `http://app.${slug}.test:${port}`;
  application.use(portal, origin);
  const admin = await playwright.request.newContext({ storageState: session });
  try {
    const settings = { environment: "development", domain: `${slug}.test`, portal_origin: portal, home_url: `http://${slug}.test:${port}/` };
    await createInstance(admin, server, slug, settings);
    const form = { another: origin, names_in_tokens: "on" };
    expect((await post(admin, `${server.url}/instances/${slug}/applications`, form)).status()).toBe(303);

    const link = { redirect_url: `${origin}/dashboard`, email_address: "ana@myapp.test", first_name: "Ana" };
    await page.goto(`${portal}/sign-up?${new URLSearchParams(link)}`);
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign up" }).click();
    await expect(page).toHaveURL(`${origin}/dashboard`);
    await expect(page.getByText("Hello Ana", { exact: true })).toBeVisible();
    await expect(page.getByText("The server says hello Ana")).toBeVisible();
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page.getByText("Nobody is signed in")).toBeVisible();
    await expect(page.getByText("The server knows nobody")).toBeVisible();
    await page.goto(`${portal}/user`);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Sign in");
    // The application's own link leads in and back again.
    await page.goto(`${origin}/dashboard`);
    await page.getByRole("link", { name: "Sign in" }).click();
    await page.getByLabel("Email, phone number or username").fill("ana@myapp.test");
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByText("The server says hello Ana")).toBeVisible();
    // The same with OpenID Connect, in a window that has to sign in anew: the form leads to the portal only, and the code to the application.
    const challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    const client = { client_id: origin, redirect_uri: `${origin}/callback`, response_type: "code", scope: "openid", state: "s", prompt: "login" };
    await page.goto(`${portal}/oauth2/authorize?${new URLSearchParams({ ...client, code_challenge: challenge, code_challenge_method: "S256" })}`);
    await page.getByLabel("Email, phone number or username").fill("ana@myapp.test");
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page).toHaveURL(/\/callback\?code=[0-9a-f]{64}&state=s&iss=http%3A%2F%2Faccounts\./);
    await expect(page.getByText("Hello Ana", { exact: true })).toBeVisible();
  } finally {
    application.stop();
    await admin.dispose();
  }
});
