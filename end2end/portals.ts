// Fixtures for the hosted pages: an application and the portal of its instance, each on its own host name, which Chromium maps to
// this machine.
import { createServer } from "node:http";
import { type AddressInfo } from "node:net";
import { type APIRequestContext } from "@playwright/test";
import { createInstance, nobody, post, saveRedirects } from "./admins.ts";
import { expect, test as base } from "./fixtures.ts";
import { chromium, chromiumArguments } from "./playwright.config.ts";
import { type Server } from "./server.ts";

export { expect };

export const password = "three ducks on a pond";

/** A development instance with its portal and its application. */
export class Portal {
  private version = 1;

  constructor(
    private readonly admin: APIRequestContext,
    private readonly server: Server,
    readonly slug: string,
    private readonly port: number,
  ) {}

  /** The portal's origin. */
  get origin(): string {
    return `http://accounts.${this.slug}.test:${new URL(this.server.url).port}`;
  }

  /** A URL of the application, or with `below` of a subdomain. */
  app(path: string, below = ""): string {
    return `http://${below}${this.slug}.test:${this.port}${path}`;
  }

  /** A direct link to a portal page, with these parameters. */
  link(page: string, query: Record<string, string> = {}): string {
    return `${this.origin}${page}?${new URLSearchParams(query)}`;
  }

  async create(name = this.slug): Promise<void> {
    await createInstance(this.admin, this.server, this.slug, this.settings(name));
  }

  /** Allows one more origin. */
  async allow(origin: string): Promise<void> {
    const form = { slug: this.slug, ...this.settings(), version: String(this.version++), allowed_origins: origin };
    expect((await post(this.admin, `${this.server.url}/instances/${this.slug}/settings`, form)).status()).toBe(303);
  }

  /** Switches the hosted pages off. */
  async switchOff(): Promise<void> {
    expect((await post(this.admin, `${this.server.url}/instances/${this.slug}/portal`, { pages: "off" })).status()).toBe(303);
  }

  /** Goes on from the version that is stored, after somebody else has saved. */
  async refresh(): Promise<void> {
    const page = await (await this.admin.get(`${this.server.url}/instances/${this.slug}/redirects`)).text();
    this.version = Number(/name="version" value="(\d+)"/.exec(page)?.[1]);
  }

  async archive(): Promise<void> {
    expect((await post(this.admin, `${this.server.url}/instances/${this.slug}/archive`, { slug: this.slug })).status()).toBe(303);
  }

  private settings(name = this.slug): Record<string, string> {
    return { name, environment: "development", domain: `${this.slug}.test`, portal_origin: this.origin, home_url: this.app("/") };
  }

  /** Stores these fallback redirects by field name, and clears all others. */
  async save(values: Record<string, string>): Promise<void> {
    const answer = await saveRedirects(this.admin, { server: this.server, slug: this.slug }, this.version++, values);
    expect(answer.status()).toBe(303);
  }
}

export const test = base.extend<{ portal: Portal }, { app: number }>({
  // The port of an application whose pages show that a visitor has landed, and link to the URL in their `to` parameter. A page with the
  // parameter `away` redirects to that URL instead.
  app: [
    async ({}, use) => {
      const server = createServer((request, response) => {
        const asked = new URL(request.url ?? "/", "http://x").searchParams;
        const away = asked.get("away");
        if (away) return response.writeHead(302, { location: away }).end();
        const to = asked.get("to") ?? "";
        const link = to.startsWith("http") ? `<a href="${to.replaceAll("&", "&amp;").replaceAll('"', "&quot;")}">Go</a>` : "";
        response.setHeader("content-type", "text/html");
        response.end(`<!DOCTYPE html><html lang="en"><link rel="icon" href="data:,"><title>App</title><main><h1>Landed</h1>${link}</main></html>`);
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      await use((server.address() as AddressInfo).port);
      server.close();
    },
    { scope: "worker" },
  ],
  portal: async ({ playwright, server, session, app }, use, info) => {
    const admin = await playwright.request.newContext({ storageState: session });
    const portal = new Portal(admin, server, `v${info.testId.replaceAll(/[^a-z0-9]/g, "")}${info.retry}`, app);
    await portal.create();
    await use(portal);
    await admin.dispose();
  },
});

/** Options that start signed out, with a Chromium that maps every host name in `.test` to this machine. */
export const onThisMachine = {
  storageState: nobody,
  launchOptions: { executablePath: chromium, args: [...chromiumArguments, "--host-resolver-rules=MAP *.test 127.0.0.1"] },
};
