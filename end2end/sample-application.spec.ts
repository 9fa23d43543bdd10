// A sample application: visitors sign up from a link, land there, are greeted by name, and sign out there.
import { createInstance, post } from "./admins.ts";
import { atProvider, providerForm, startProvider, withoutFonts } from "./identity-provider.ts";
import { expect, onThisMachine, password, test as base } from "./portals.ts";
import { SampleApplication } from "./sample-application.ts";

/** The application and its portal, by their origins. `save` posts a form of the instance's, as its owner. */
interface Sample {
  portal: string;
  origin: string;
  save(page: string, form: Record<string, string>): Promise<void>;
}

const test = base.extend<{ sample: Sample }>({
  sample: async ({ server, playwright, session }, use, info) => {
    const application = new SampleApplication();
    const port = await application.start();
    const slug = `s${info.testId.replaceAll(/[^a-z0-9]/g, "")}${info.retry}`;
    const portal = `http://accounts.${slug}.test:${new URL(server.url).port}`;
    const origin = `http://app.${slug}.test:${port}`;
    application.use(portal, origin);
    const admin = await playwright.request.newContext({ storageState: session });
    const save = async (page: string, form: Record<string, string>) => {
      expect((await post(admin, `${server.url}/instances/${slug}/${page}`, form)).status()).toBe(303);
    };
    const settings = { environment: "development", domain: `${slug}.test`, portal_origin: portal, home_url: `http://${slug}.test:${port}/` };
    await createInstance(admin, server, slug, settings);
    await save("applications", { another: origin, names_in_tokens: "on" });
    await use({ portal, origin, save });
    application.stop();
    await admin.dispose();
  },
});

test.use({ ...onThisMachine });

test("greets a visitor who has signed up from a link, and signs them out here too", async ({ page, sample: { portal, origin } }) => {
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
});

test("greets a visitor who has signed in at the company's provider", async ({ page, sample: { portal, origin, save } }) => {
  await withoutFonts(page);
  const provider = await startProvider([`${portal}/identity-provider/callback`]);
  try {
    await save("sign-in", providerForm(provider.issuer));
    await page.goto(`${portal}/sign-in?${new URLSearchParams({ redirect_url: `${origin}/dashboard`, email_address: "ana@company.test" })}`);
    await page.getByRole("link", { name: "Continue with Company" }).click();
    await expect(page.locator('input[name="login"]')).toHaveValue("ana@company.test");
    await atProvider(page, "ana");
    await expect(page).toHaveURL(`${origin}/dashboard`);
    await expect(page.getByText("Hello Ana", { exact: true })).toBeVisible();
    await expect(page.getByText("The server says hello Ana")).toBeVisible();
  } finally {
    await provider.stop();
  }
});
