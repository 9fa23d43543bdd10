// An authenticator app for the tests, and setting the second factor up with it.
import { createHmac } from "node:crypto";
import { type Page } from "@playwright/test";
import { password } from "./admins.ts";
import { expect } from "./fixtures.ts";

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** An authenticator app: it makes a code of its secret that it has not made before, at most a step ahead of the clock (RFC 6238). */
export class Authenticator {
  private readonly secret: Buffer;
  private last = 0;

  constructor(typed: string) {
    const bits = [...typed.replaceAll(" ", "")].map((letter) => letters.indexOf(letter).toString(2).padStart(5, "0")).join("");
    this.secret = Buffer.from(bits.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? []);
  }

  code(): string {
    // The step before counts too, unless it would be over before the code is posted.
    this.last = Math.max(this.last + 1, Math.floor((Date.now() + 10_000) / 30_000) - 1);
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(this.last));
    const hash = createHmac("sha1", this.secret).update(counter).digest();
    return String((hash.readUInt32BE(hash[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, "0");
  }
}

/** Begins to set the second factor up, unless this session has begun before. A session that is some minutes old asks for the password. */
export async function beginSetUp(page: Page): Promise<void> {
  if (await page.getByRole("button", { name: "Turn on" }).isVisible()) return;
  const asked = page.getByLabel("Password");
  if (await asked.isVisible()) await asked.fill(password);
  await page.getByRole("button", { name: "Set up" }).click();
}

/** Sets the second factor up on its page. Returns the app, and the recovery codes that the page shows. */
export async function turnOn(page: Page): Promise<{ app: Authenticator; codes: string[] }> {
  await beginSetUp(page);
  await expect(page.getByRole("img", { name: "QR code for your authenticator app" })).toBeVisible();
  const app = new Authenticator((await page.locator("#secret").textContent()) ?? "");
  await page.getByLabel("Code", { exact: true }).fill("000000");
  await page.getByRole("button", { name: "Turn on" }).click();
  await expect(page.getByLabel("Code", { exact: true })).toHaveAccessibleDescription(/That code is wrong/);
  await page.getByLabel("Code", { exact: true }).fill(app.code());
  await page.getByRole("button", { name: "Turn on" }).click();
  await expect(page.getByRole("heading", { name: "Save your recovery codes" })).toBeVisible();
  const codes = ((await page.locator("#recovery-codes").textContent()) ?? "").trim().split("\n");
  expect(codes).toHaveLength(10);
  return { app, codes };
}
