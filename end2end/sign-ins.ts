// Visits of an instance's portal, as they are counted.
import { expect, type Page } from "@playwright/test";

/** An origin that no instance allows by itself. */
export const partner = "https://partner.example.org";

/**
 * Sends 40 visits: 30 links that name no target, and 10 that name a foreign one. Waits until the Redirects tab counts them: the portal
 * stores its counts within 10 seconds. That tab is open then.
 */
export async function visitSignIn(page: Page, slug: string): Promise<void> {
  const foreign = new URLSearchParams({ flow: "sign-in", redirect_url: `${partner}/x` }).toString();
  for (const query of [...Array(30).fill("flow=sign-in"), ...Array(10).fill(foreign)]) {
    expect((await page.request.get(`/portal/${slug}/v1/resolve?${query}`)).status()).toBe(200);
  }
  await expect(async () => {
    await page.goto(`/instances/${slug}/redirects`);
    await expect(page.locator(".ended").filter({ visible: true })).toHaveText("40 visits ended here in the last 7 days", { timeout: 500 });
  }).toPass({ timeout: 20_000 });
}
