// Visits of an instance, made at its portal's API and waited for in the Activity tab. Counts are stored every 10 seconds.
import { type Page } from "@playwright/test";
import { type At } from "./admins.ts";
import { expect } from "./fixtures.ts";

/** What is asked for in `/v1/resolve`, and how often. */
export type Visits = [query: Record<string, string>, times: number];

/** Makes visits, and waits until Activity shows all of them. */
export async function visit(page: Page, { server, slug }: At, visits: Visits[]): Promise<void> {
  let sum = 0;
  for (const [query, times] of visits) {
    const address = `${server.url}/portal/${slug}/v1/resolve?${new URLSearchParams({ flow: "sign-in", ...query })}`;
    for (let made = 0; made < times; made++) expect((await page.request.get(address)).status()).toBe(200);
    sum += times;
  }
  const counted = async () => /All visits<\/dt>\s*<dd>(?:<!>)?([\d,]+)/.exec(await (await page.request.get(`${server.url}/instances/${slug}/activity`)).text())?.[1] ?? "0";
  await expect.poll(counted, { timeout: 25_000 }).toBe(sum.toLocaleString("en"));
}

/** Visits of every kind: what decides, and why a redirect is refused. */
export const everyKind = (slug: string): Visits[] => [
  [{ redirect_url: `https://app.${slug}.com/` }, 4],
  [{ redirect_url: "https://partner.example.org/start" }, 9],
  [{ flow: "sign-up", redirect_url: "https://partner.example.org/" }, 3],
  [{ flow: "sign-up", sign_up_fallback_redirect_url: "/in" }, 2],
  [{ redirect_url: `http://app.${slug}.com/` }, 5],
  [{ redirect_url: "https://[" }, 2],
  [{ redirect_url: "myapp:x" }, 2],
  [{ redirect_url: `https://${slug}.com@evil.com/` }, 2],
  [{ redirect_url: "https://m\u0443-name.com/" }, 2],
  [{ redirect_url: `https://${"very-long-name.".repeat(15)}evil.com/` }, 1],
  [{ flow: "logo" }, 3],
];
