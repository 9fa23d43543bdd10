// A thousand people sign in at a company's identity provider, npm's oidc-provider, over HTTP without a window.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { providerForm, startProvider } from "../identity-provider.ts";
import { Browser, startPortal } from "./portal.mjs";

const home = "http://localhost:4130";
const people = 1_000;
/** How many sign in at a time. */
const together = 8;
let portal, provider;

before(async () => {
  const environment = { PORTAL_REDIRECTS_IDENTITY_PROVIDERS: "private" };
  // Each of them has an address of their own.
  portal = await startPortal({ home, application: "http://localhost:4131", environment, options: ["--client-address", "XRealIp"] });
  provider = await startProvider([`${portal.issuer}/identity-provider/callback`]);
  await portal.save("sign-in", providerForm(provider.issuer));
  const version = /name="version" value="(\d+)"/.exec(await portal.read("redirects"))[1];
  const others = ["after_sign_out_url", "after_create_organization_url", "after_leave_organization_url", "after_join_waitlist_url", "logo_link_url"];
  const none = Object.fromEntries(others.map((name) => [name, ""]));
  await portal.save("redirects", { version, after_sign_up_url: "/welcome", after_sign_in_url: "/dashboard", ...none });
});
after(async () => {
  await provider?.stop();
  await portal?.stop();
});

/** Signs somebody in from the portal's page, in a new browser. Returns the address where they land. */
async function signIn(number) {
  const browser = new Browser(portal.issuer, provider.issuer);
  browser.headers = { "x-real-ip": `10.${number >> 8}.${number & 255}.1` };
  const page = await browser.open(`${portal.issuer}/sign-in`);
  const link = /href="([^"]*\/identity-provider[^"]*)"[^>]*>[^<]*Continue with Company/.exec(page.text);
  assert.ok(link, page.text);
  const asked = await browser.open(new URL(link[1].replaceAll("&amp;", "&"), page.url));
  assert.ok(asked.url.href.startsWith(`${provider.issuer}/interaction/`), asked.text);
  const { url, text } = await browser.send(asked, { prompt: "login", login: `person${number}`, password: "any" });
  assert.equal(text, undefined, `${url} ${text}`);
  return url.href;
}

/** Signs these people in, some at a time. Returns where they have landed. */
async function signInAll(numbers) {
  const waiting = [...numbers];
  const landed = [];
  const next = async () => {
    for (let number = waiting.pop(); number !== undefined; number = waiting.pop()) landed.push(await signIn(number));
  };
  await Promise.all(Array.from({ length: together }, next));
  return landed;
}

test("a thousand people sign up through a provider without an error, and those who come again sign in", async () => {
  const first = await signInAll(Array.from({ length: people }, (_, number) => number));
  assert.deepEqual([first.length, new Set(first)], [people, new Set([`${home}/welcome`])]);
  const again = await signInAll(Array.from({ length: people / 10 }, (_, number) => number * 10));
  assert.deepEqual([again.length, new Set(again)], [people / 10, new Set([`${home}/dashboard`])]);
});
