// What every test begins with: a server for the worker, an admin who is signed in, an instance of its own, and no error in the
// browser's console.
import { type BrowserContextOptions, test as base, expect, type Page } from "@playwright/test";
import { createInstance, setUp } from "./admins.ts";
import { newDatabase, Server } from "./server.ts";

export { expect };

/** What an instance's form is filled with; what is left out stays as the form has it. */
export interface Instance {
  name: string;
  domain: string;
  environment?: "Development" | "Production";
}

type Session = Exclude<BrowserContextOptions["storageState"], string | undefined>;

export const test = base.extend<{ slug: string; fresh: Server; meant: number[]; calm: void }, { server: Server; session: Session }>({
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
  // The first admin's, who owns everything. Every context starts with it, also those that a test makes.
  session: [
    async ({ playwright, server }, use) => {
      const request = await playwright.request.newContext();
      await setUp(request, server);
      await use(await request.storageState());
      await request.dispose();
    },
    { scope: "worker" },
  ],
  storageState: async ({ session }, use) => use(session),
  baseURL: async ({ server }, use) => use(server.url),
  // A production instance that no other test touches.
  slug: async ({ request, server }, use, info) => {
    const slug = `i${info.testId.replaceAll(/[^a-z0-9]/g, "")}${info.retry}`;
    await createInstance(request, server, slug);
    await use(slug);
  },
  // A server on an empty database, without an admin.
  fresh: async ({}, use, info) => {
    const server = new Server(newDatabase(`fresh_${info.testId.replaceAll(/[^a-z0-9]/g, "")}${info.retry}`));
    await server.start();
    await use(server);
    await server.stop();
    server.remove();
  },
  // A form that is refused, or a page that is not found, is an error to the browser's console: those statuses are meant.
  meant: [[404, 409, 413, 422, 503], { option: true }],
  // Pages raise no errors and break no content security policy.
  calm: [
    async ({ page, meant }, use) => {
      const errors: string[] = [];
      page.on("pageerror", (error) => errors.push(error.message));
      page.on("console", (message) => {
        const status = Number(/status of (\d+)/.exec(message.text())?.[1]);
        // Said of every host name without TLS but localhost: the header is for those that have it.
        const isPlain = message.text().startsWith("The Cross-Origin-Opener-Policy header has been ignored, because");
        if (message.type() === "error" && !isPlain && !meant.includes(status)) errors.push(message.text());
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
