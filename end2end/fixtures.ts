// Fixtures for every test: one server per worker, a signed-in admin, an instance for this test alone, and a check that the browser's
// console shows no errors.
import { type BrowserContextOptions, test as base, expect, type Page } from "@playwright/test";
import { createInstance, setUp } from "./admins.ts";
import { newDatabase, Server } from "./server.ts";

export { expect };

/** Values for the instance form. A missing one keeps the form's default. */
export interface Instance {
  name: string;
  domain: string;
  environment?: "Development" | "Production";
}

type Session = Exclude<BrowserContextOptions["storageState"], string | undefined>;

type Launch = (...arguments_: ConstructorParameters<typeof Server>) => Promise<Server>;

export const test = base.extend<{ slug: string; launch: Launch; fresh: Server; meant: number[]; calm: void }, { server: Server; session: Session }>({
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
  // The session of the first admin, who owns every instance. Every context starts with it, including those that a test creates.
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
  // The slug of a production instance that no other test uses.
  slug: async ({ request, server }, use, info) => {
    const slug = `i${info.testId.replaceAll(/[^a-z0-9]/g, "")}${info.retry}`;
    await createInstance(request, server, slug);
    await use(slug);
  },
  // Starts a server for this test alone. The page is closed before the server stops: it may still be fetching something.
  launch: async ({ page }, use) => {
    const servers: Server[] = [];
    await use(async (...arguments_) => {
      const server = new Server(...arguments_);
      servers.push(server);
      await server.start();
      return server;
    });
    await page.close();
    await Promise.all(servers.map((server) => server.stop()));
    for (const server of servers) server.remove();
  },
  // A server with an empty database and no admin.
  fresh: async ({ launch }, use, info) => use(await launch(newDatabase(`fresh_${info.testId.replaceAll(/[^a-z0-9]/g, "")}${info.retry}`))),
  // Chromium reports error statuses in its console. These are expected, for instance when a form is refused.
  meant: [[404, 409, 413, 422, 503], { option: true }],
  // Fails the test if a page throws an error or violates the content security policy.
  calm: [
    async ({ page, meant }, use) => {
      const errors: string[] = [];
      page.on("pageerror", (error) => errors.push(error.message));
      page.on("console", (message) => {
        const status = Number(/status of (\d+)/.exec(message.text())?.[1]);
        // Chromium says this about every http host but localhost. The header only matters over TLS.
        const isPlain = message.text().startsWith("The Cross-Origin-Opener-Policy header has been ignored, because");
        if (message.type() === "error" && !isPlain && !meant.includes(status)) errors.push(message.text());
      });
      await use();
      expect(errors).toEqual([]);
    },
    { auto: true },
  ],
});

/** Waits until the page's islands are hydrated. */
export async function alive(page: Page): Promise<void> {
  await expect(page.locator(".bar, .copy, button.small").first()).toBeAttached();
  await page.waitForFunction(() => {
    const bar = document.querySelector<HTMLElement>(".bar");
    if (bar) return bar.hidden || /unsaved/.test(bar.textContent ?? "");
    const copies = !document.querySelector(".copy") || document.body.hasAttribute("data-copies");
    return copies && [...document.querySelectorAll<HTMLElement>("button.small")].every((button) => !button.hidden);
  });
}

/** Returns the portal's resolution as JSON. */
export async function resolve(page: Page, slug: string, query: string) {
  const answer = await page.request.get(`/portal/${slug}/v1/resolve?${query}`);
  expect(answer.status()).toBe(200);
  return answer.json();
}
