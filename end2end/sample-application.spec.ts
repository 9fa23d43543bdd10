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
  } finally {
    application.stop();
    await admin.dispose();
  }
});
