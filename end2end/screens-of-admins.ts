// The screens of accounts, members, history, copying and archiving, and how to get to each.
import { type Page } from "@playwright/test";
import { type At, colleague, createInstance, invitationLink, password, post, saveRedirects, signIn } from "./admins.ts";
import { beginSetUp, turnOn } from "./authenticator.ts";
import { alive, expect } from "./fixtures.ts";
import { long, type Screen } from "./screens.ts";

/** Signs the page in as a new member who turns a second factor on. Returns the email address. */
async function withSecondFactor(page: Page, { server, slug }: At): Promise<string> {
  const email = `${slug}-with-a-rather-long-name@example.org`;
  const token = new URL(await invitationLink(page.request, { server, slug }, email, "viewer")).searchParams.get("token") ?? "";
  await page.context().clearCookies();
  expect((await post(page.request, `${server.url}/account/invitation`, { token, password })).status()).toBe(303);
  await page.goto("/account/second-factor");
  await turnOn(page);
  return email;
}

/** Screens of accounts, members, history, copying and archiving, in each state that looks different. */
export const screensOfAdmins: Screen[] = [
  ["Account, password not changed", async (page) => {
    await page.goto("/account");
    await page.getByLabel("Current password").fill("wrong");
    await page.getByRole("button", { name: "Change password" }).click();
    await expect(page.getByRole("alert")).toBeVisible();
  }],
  ["a form submitted while signed out", async (page, { slug }) => {
    await page.goto(`/instances/${slug}/settings`);
    await page.context().clearCookies();
    // As without JavaScript, where the form is posted.
    await page.evaluate(() => document.querySelector<HTMLFormElement>("#saved-in-place")?.submit());
    await expect(page.getByRole("button", { name: "Send again" })).toBeVisible();
  }],
  ["sign-in", async (page) => {
    await page.context().clearCookies();
    await page.goto("/account/sign-in");
  }],
  ["sign-in, refused", async (page) => {
    await page.context().clearCookies();
    await page.goto("/account/sign-in");
    await signIn(page, { email: `${"very-long-".repeat(20)}@example.org`, password: "wrong" });
    await expect(page.getByRole("alert")).toBeVisible();
  }],
  ["Second factor, off", async (page) => void (await page.goto("/account/second-factor"))],
  ["Second factor, being set up, with a wrong code", async (page) => {
    await page.goto("/account/second-factor");
    await beginSetUp(page);
    await page.getByLabel("Code", { exact: true }).fill("000000");
    await page.getByRole("button", { name: "Turn on" }).click();
    await expect(page.getByRole("alert")).toBeVisible();
    await alive(page);
  }],
  ["Second factor, with new recovery codes", async (page, at) => {
    await withSecondFactor(page, at);
    await alive(page);
  }],
  ["Second factor, on and not turned off", async (page, at) => {
    await withSecondFactor(page, at);
    await page.goto("/account/second-factor");
    await page.getByLabel("Password or code").fill("wrong");
    await page.getByRole("button", { name: "Turn off" }).click();
    await expect(page.getByRole("alert")).toBeVisible();
  }],
  ["the second step of signing in, refused", async (page, at) => {
    const email = await withSecondFactor(page, at);
    await page.context().clearCookies();
    await page.goto("/account/sign-in");
    await signIn(page, { email, password });
    await page.getByText("Use a recovery code").click();
    await page.getByLabel("Recovery code").fill("wrong");
    await page.getByRole("button", { name: "Sign in with the recovery code" }).click();
    await expect(page.getByRole("alert")).toBeVisible();
  }],
  ["the identity provider of an instance, refused", async (page, { slug }) => {
    await page.goto(`/instances/${slug}/sign-in`);
    await page.getByLabel("Issuer").fill(long);
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await expect(page.getByRole("alert")).toBeVisible();
  }],
  ["an invalid one-time link", async (page) => void (await page.goto("/account/invitation?token=x"))],
  ["Members, searched for nobody", async (page, { slug }) => {
    await page.goto(`/instances/${slug}/members?q=nobody`);
    await expect(page.getByText("No member found")).toBeVisible();
  }],
  ["Members, with a new invitation", async (page, { server, slug }) => {
    await post(page.request, `${server.url}/instances/${slug}/members`, { email: `${"x".repeat(60)}@example.org`, role: "viewer" });
    await page.goto(`/instances/${slug}/members`);
    await page.getByLabel("Email").fill(`${"very-long-".repeat(20)}@example.org`);
    await page.getByRole("button", { name: "Make a link" }).click();
    await expect(page.getByRole("status")).toContainText("Hand this link to");
    await alive(page);
  }],
  ["Members, asked before one is removed", async (page, at) => {
    const email = `${"quite-long-".repeat(18)}@example.org`;
    const browser = page.context().browser();
    if (!browser) throw new Error("The page has no browser.");
    await (await colleague(browser, page, at, email, "viewer")).close();
    await page.goto(`/instances/${at.slug}/members`);
    await page.getByRole("listitem").filter({ hasText: email }).locator("summary").filter({ hasText: "Remove" }).click();
    await expect(page.getByRole("button", { name: /^Remove now/ })).toBeVisible();
  }],
  ["Members, refused to leave", async (page, { slug }) => {
    await page.goto(`/instances/${slug}/members`);
    await page.locator("summary").filter({ hasText: "Leave" }).click();
    await page.getByRole("button", { name: "Leave now" }).click();
    await expect(page.getByRole("alert")).toBeVisible();
    await page.locator("summary").filter({ hasText: "Leave" }).click();
  }],
  ["API tokens, none yet", async (page, { slug }) => void (await page.goto(`/instances/${slug}/api-tokens`))],
  ["API tokens, with a new one", async (page, { server, slug }) => {
    const url = `${server.url}/instances/${slug}/api-tokens`;
    for (let count = 0; count < 5; count += 1) {
      await post(page.request, url, { name: "x".repeat(100), scope: "preview-origins", host_pattern: `*-${"long-".repeat(10)}team.${"x".repeat(60)}.dev`, days: "1" });
    }
    await page.goto(`/instances/${slug}/api-tokens`);
    await page.getByLabel("Name").fill("very long ".repeat(10));
    await page.getByRole("button", { name: "Issue token" }).click();
    await expect(page.locator("#api-token")).toBeVisible();
    await alive(page);
    await page.getByRole("region", { name: "Tokens", exact: true }).locator("summary").last().click();
    await expect(page.getByRole("button", { name: /^Revoke now/ })).toBeVisible();
  }],
  ["API tokens, refused", async (page, { slug }) => {
    await page.goto(`/instances/${slug}/api-tokens`);
    await page.getByLabel("Name").fill("very-long-".repeat(20));
    await page.getByRole("radio", { name: /^preview-origins/ }).check();
    await page.getByRole("textbox", { name: "Hosts" }).fill(long);
    await page.getByLabel("Days until it ends").fill("x".repeat(300));
    await page.getByRole("button", { name: "Issue token" }).click();
    await expect(page.getByRole("alert")).toBeVisible();
  }],
  ["the server's API tokens", async (page) => void (await page.goto("/api-tokens"))],
  ["an invitation, refused", async (page, { server, slug }) => {
    const email = `${"very-long-".repeat(20)}@example.org`;
    await page.goto(await invitationLink(page.request, { server, slug }, email, "viewer"));
    await page.getByRole("button", { name: "Create account" }).click();
    await expect(page.getByRole("alert")).toBeVisible();
  }],
  ["Redirects, with a conflict", async (page, { server, slug }) => {
    await page.goto(`/instances/${slug}/redirects`);
    await alive(page);
    await saveRedirects(page.request, { server, slug }, 1, { after_sign_in_url: `/${"path".repeat(400)}`, after_sign_out_url: "/out" });
    await page.getByLabel("After sign-in").fill(long);
    await page.getByRole("button", { name: "Save changes" }).click();
    await expect(page.getByRole("button", { name: "Use theirs" })).toBeVisible();
  }],
  ["Redirects, with a conflict to choose from", async (page, { server, slug }) => {
    await page.goto(`/instances/${slug}/redirects`);
    await saveRedirects(page.request, { server, slug }, 1, { after_sign_in_url: `/${"path".repeat(400)}`, after_sign_out_url: "/out" });
    await page.getByLabel("After sign-in").fill(long);
    await page.evaluate(() => document.querySelector<HTMLFormElement>("#saved-in-place")?.submit());
    await expect(page.getByRole("radio")).toHaveCount(2);
  }],
  ["History", async (page, { server, slug }) => {
    await saveRedirects(page.request, { server, slug }, 1, { after_sign_in_url: `/${"path".repeat(400)}`, after_sign_out_url: "/out" });
    await page.goto(`/instances/${slug}/history`);
    await expect(page.getByText("changed redirects")).toBeVisible();
  }],
  ["History, filter refused", async (page, { slug }) => {
    await page.goto(`/instances/${slug}/history?from=yesterday&person=${"x".repeat(300)}`);
    await expect(page.getByRole("alert")).toBeVisible();
  }],
  ["the difference before restoring", async (page, { server, slug }) => {
    await saveRedirects(page.request, { server, slug }, 1, { after_sign_in_url: `/${"path".repeat(400)}`, after_sign_out_url: "/out" });
    await page.goto(`/instances/${slug}/history/1`);
    await expect(page.getByRole("button", { name: "Restore these redirects" })).toBeVisible();
  }],
  ["Visitors, with one found", async (page, { server, slug }) => {
    const email_address = `${"x".repeat(60)}@example.org`;
    await post(page.request, `${server.url}/portal/${slug}/waitlist`, { email_address });
    await page.goto(`/instances/${slug}/visitors`);
    await page.getByLabel("Email address, phone number or username").fill(email_address);
    await page.getByRole("button", { name: "Find" }).click();
    await page.getByRole("list", { name: "Found" }).locator("summary").last().click();
    await expect(page.getByRole("button", { name: /^Remove now/ })).toBeVisible();
  }],
  ["Applications, with origins, clients and a new secret", async (page, { server, slug }) => {
    const at = `${server.url}/instances/${slug}/applications`;
    await post(page.request, at, { another: `https://${"very-long.".repeat(15)}${slug}.com` });
    await page.goto(`/instances/${slug}/applications`);
    await page.getByLabel("Name", { exact: true }).fill("x".repeat(100));
    await page.getByLabel("Redirect URIs").fill(`https://desk.example/${"path".repeat(300)}`);
    await page.getByRole("button", { name: "Add client" }).click();
    await expect(page.locator("#client-secret")).toBeVisible();
    await page.getByRole("listitem").locator("summary", { hasText: "Change" }).click();
  }],
  ["Applications, not saved", async (page, { slug }) => {
    await page.goto(`/instances/${slug}/applications`);
    await page.getByLabel("Another origin").fill(long);
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await expect(page.getByRole("alert")).toBeVisible();
  }],
  ["Snippets, who is signed in", async (page, { slug }) => void (await page.goto(`/instances/${slug}/snippets?framework=sessions`))],
  ["the server's history, with failed sign-ins", async (page, { server }) => {
    for (let times = 0; times < 2; times += 1) await post(page.request, `${server.url}/account/sign-in`, { email: "nobody@example.org", password: "wrong" });
    await page.goto("/history");
    await expect(page.getByText(/failed sign-ins/).last()).toBeVisible();
  }],
  ["the difference before copying", async (page, { server, slug }) => {
    const from = `c${slug}`.slice(0, 40);
    await createInstance(page.request, server, from, { environment: "development", domain: `${from}.com` });
    const values = { after_sign_in_url: `/${"path".repeat(400)}`, after_sign_out_url: `http://${from}.com/${"path".repeat(400)}` };
    await saveRedirects(page.request, { server, slug: from }, 1, values);
    await page.goto(`/instances/${slug}/copy?from=${from}`);
    await expect(page.getByRole("heading", { name: "Left out" })).toBeVisible();
  }],
  ["archiving, not confirmed by the slug", async (page, { slug }) => {
    await page.goto(`/instances/${slug}/archive`);
    await page.getByLabel("Slug").fill(long);
    await page.getByRole("button", { name: "Archive instance" }).click();
    await expect(page.getByRole("alert")).toBeVisible();
  }],
  ["the instance list with an archived instance", async (page, { server, slug }) => {
    await post(page.request, `${server.url}/instances/${slug}/archive`, { slug });
    await page.goto("/instances?show=archived");
    await expect(page.getByRole("heading", { name: "Archived" })).toBeVisible();
  }],
  ["an archived instance", async (page, { server, slug }) => {
    await post(page.request, `${server.url}/instances/${slug}/archive`, { slug });
    await page.goto(`/instances/${slug}`);
    await expect(page.getByRole("button", { name: "Restore" })).toBeVisible();
  }],
  ["a closed portal", async (page, { server, slug }) => {
    await post(page.request, `${server.url}/instances/${slug}/archive`, { slug });
    await page.goto(`/portal/${slug}/sign-in`);
  }],
];
