// Admins for the tests: the first one, created through the set-up link, and invited ones. And what they create and save.
import { type APIRequestContext, type APIResponse, type Browser, expect, type Page } from "@playwright/test";
import { type Server } from "./server.ts";

export const password = "three ducks on a pond";
export const owner = { email: "owner@example.org", password };

/** No session: for a context, or the tests of a file, that start signed out. */
export const nobody = { cookies: [], origins: [] };

/** Posts a form the way the dashboard's own pages do. Signed-in writes without `Sec-Fetch-Site: same-origin` are refused. */
export function post(request: APIRequestContext, url: string, form: Record<string, string>): Promise<APIResponse> {
  return request.post(url, { form, headers: { "sec-fetch-site": "same-origin" }, maxRedirects: 0 });
}

const redirects = [
  "after_sign_up_url",
  "after_sign_in_url",
  "after_sign_out_url",
  "logo_link_url",
  "after_create_organization_url",
  "after_leave_organization_url",
  "after_join_waitlist_url",
];

/** An existing instance of a running server. */
export interface At {
  server: Server;
  slug: string;
}

/** Saves an instance's redirects over `version`: `values` by field name, every other field empty. */
export function saveRedirects(request: APIRequestContext, { server, slug }: At, version: number, values: Record<string, string>): Promise<APIResponse> {
  const form = { version: String(version), ...Object.fromEntries(redirects.map((field) => [field, ""])), ...values };
  return post(request, `${server.url}/instances/${slug}/redirects`, form);
}

/** Creates a server's first admin, and signs `request` in as that admin. */
export async function setUp(request: APIRequestContext, server: Server): Promise<void> {
  const token = new URL(server.setup).searchParams.get("token") ?? "";
  const answer = await post(request, `${server.url}/account/setup`, { token, ...owner });
  expect(answer.status()).toBe(303);
}

/** Invites somebody to an instance. Returns the link, which only the next page shows. */
export async function invitationLink(request: APIRequestContext, { server, slug }: At, email: string, role: string): Promise<string> {
  const members = `${server.url}/instances/${slug}/members`;
  expect((await post(request, members, { email, role })).status()).toBe(303);
  return /http[^<]*\/account\/invitation\?token=[\w-]+/.exec(await (await request.get(members)).text())?.[0] ?? "";
}

/** Invites somebody to an instance and accepts the invitation. Returns a page in a separate context, signed in as the new member. */
export async function colleague(browser: Browser, invites: Page, { server, slug }: At, email: string, role: string): Promise<Page> {
  const token = new URL(await invitationLink(invites.request, { server, slug }, email, role)).searchParams.get("token") ?? "";
  const page = await browser.newPage({ storageState: nobody });
  const joined = await post(page.request, `${server.url}/account/invitation`, { token, password });
  expect(joined.status()).toBe(303);
  return page;
}

/** Creates an instance, in production unless `other` says otherwise. */
export async function createInstance(request: APIRequestContext, server: Server, slug: string, other: Record<string, string> = {}): Promise<void> {
  const settings = { name: slug, slug, environment: "production", domain: `${slug}.com`, portal_origin: "", home_url: "" };
  const form = { version: "0", ...settings, ...other };
  const answer = await post(request, `${server.url}/instances/new`, form);
  expect(answer.status()).toBe(303);
}

/** Fills in and submits the sign-in form on the current page. */
export async function signIn(page: Page, admin: { email: string; password: string } = owner): Promise<void> {
  await page.getByLabel("Email").fill(admin.email);
  await page.getByLabel("Password").fill(admin.password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Issues an API token for an instance. Returns it: only the next page shows it. */
export async function apiToken(request: APIRequestContext, { server, slug }: At, scope: string): Promise<string> {
  const tokens = `${server.url}/instances/${slug}/api-tokens`;
  const form = { name: `${scope} token`, scope, host_pattern: scope === "preview-origins" ? "my-app-*-my-team.vercel.app" : "", days: "90" };
  expect((await post(request, tokens, form)).status()).toBe(303);
  return /prt_[0-9A-Za-z]{49}/.exec(await (await request.get(tokens)).text())?.[0] ?? "";
}
