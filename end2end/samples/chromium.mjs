// Debian's Chromium, in which visitors open the portal and the applications. It finds every host name in `localhost` on this machine.
import { chromium as playwright } from "@playwright/test";

import { chromium, chromiumArguments } from "../playwright.config.ts";

/** Starts it. Each page is in a browser profile of its own. */
export async function startChromium() {
  const browser = await playwright.launch({ executablePath: chromium, args: chromiumArguments });
  return { newPage: (options) => browser.newPage(options), close: () => browser.close() };
}

/** Signs up on the portal's page, from its sign-in page. */
export async function signUp(page, email) {
  await page.getByRole("link", { name: "Sign up" }).click();
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("First name").fill("Ana");
  await page.getByLabel("Password").fill("correct horse battery staple");
  await page.getByRole("button", { name: "Sign up" }).click();
}
