// What every test begins with: a server for the worker, an instance of its own, and no error in the browser's console.
import { test as base, expect, type Page } from "@playwright/test";
import { Server } from "./server.ts";

export { expect };

/** What an instance's form is filled with; what is left out stays as the form has it. */
export interface Instance {
  name: string;
  domain: string;
  environment?: "Development" | "Production";
}

export const test = base.extend<{ slug: string; calm: void }, { server: Server }>({
  server: [
    async ({}, use) => {
      const server = new Server();
      await server.start();
      await use(server);
      await server.stop();
      server.remove();
    },
    { scope: "worker" },
  ],
  baseURL: async ({ server }, use) => use(server.url),
  // A production instance that no other test touches.
  slug: async ({ request, server }, use, info) => {
    const slug = `i${info.testId.replaceAll(/[^a-z0-9]/g, "")}${info.retry}`;
    const form = { version: "0", name: slug, slug, environment: "production", domain: `${slug}.com`, portal_origin: "", home_url: "" };
    const answer = await request.post(`${server.url}/instances/new`, { form, maxRedirects: 0 });
    expect(answer.status()).toBe(303);
    await use(slug);
  },
  // Pages raise no errors and break no content security policy.
  calm: [
    async ({ page }, use) => {
      const errors: string[] = [];
      page.on("pageerror", (error) => errors.push(error.message));
      page.on("console", (message) => {
        // A form that is refused, or a page that is not found, is reported too: those statuses are meant.
        if (message.type() === "error" && !/status of (404|409|413|422|503)/.test(message.text())) errors.push(message.text());
      });
      await use();
      expect(errors).toEqual([]);
    },
    { auto: true },
  ],
});

/** Waits until the islands on the page have come alive. */
export async function alive(page: Page): Promise<void> {
  await expect(page.locator(".bar, .copy, button.small").first()).toBeAttached();
  await page.waitForFunction(() => {
    const bar = document.querySelector<HTMLElement>(".bar");
    if (bar) return bar.hidden || /unsaved/.test(bar.textContent ?? "");
    return [...document.querySelectorAll<HTMLElement>(".copy, button.small")].every((button) => !button.hidden);
  });
}

/** What the portal answers. */
export async function resolve(page: Page, slug: string, query: string) {
  const answer = await page.request.get(`/portal/${slug}/v1/resolve?${query}`);
  expect(answer.status()).toBe(200);
  return answer.json();
}
