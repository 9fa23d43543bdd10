// The admins of the tests: the first one, by the link that a new server prints.
import { type APIRequestContext, type APIResponse, expect, type Page } from "@playwright/test";
import { type Server } from "./server.ts";

export const password = "three ducks on a pond";
export const owner = { email: "owner@example.org", password };

/** Posts a form as one of the dashboard's own pages does: a write with a session must say where it comes from. */
export function post(request: APIRequestContext, url: string, form: Record<string, string>): Promise<APIResponse> {
  return request.post(url, { form, headers: { "sec-fetch-site": "same-origin" }, maxRedirects: 0 });
}

/** Creates a server's first admin. Whoever asks is signed in afterwards. */
export async function setUp(request: APIRequestContext, server: Server): Promise<void> {
  const token = new URL(server.setup).searchParams.get("token") ?? "";
  const answer = await post(request, `${server.url}/account/setup`, { token, ...owner });
  expect(answer.status()).toBe(303);
}

/** Creates a production instance. */
export async function createInstance(request: APIRequestContext, server: Server, slug: string): Promise<void> {
  const form = { version: "0", name: slug, slug, environment: "production", domain: `${slug}.com`, portal_origin: "", home_url: "" };
  const answer = await post(request, `${server.url}/instances/new`, form);
  expect(answer.status()).toBe(303);
}

/** Fills the form of the sign-in page that is shown, and sends it. */
export async function signIn(page: Page, admin: { email: string; password: string } = owner): Promise<void> {
  await page.getByLabel("Email").fill(admin.email);
  await page.getByLabel("Password").fill(admin.password);
  await page.getByRole("button", { name: "Sign in" }).click();
}
