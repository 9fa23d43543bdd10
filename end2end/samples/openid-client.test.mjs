// An application whose server uses npm's openid-client, in Chromium without JavaScript. Its forms post to the portal, from another site.
import assert from "node:assert/strict";
import { createServer, request } from "node:http";
import { after, before, test } from "node:test";

import * as client from "openid-client";

import { signUp, startChromium } from "./chromium.mjs";
import { startPortal } from "./portal.mjs";

const server = createServer((asked, response) => void answer(asked, response));
let portal, chromium, application, config;
/** Who is signed in to the application, and the sign-in that has begun. */
let visitor, begun;

before(async () => {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  application = `http://app.localhost:${server.address().port}`;
  portal = await startPortal({ home: "http://localhost:4140", application });
  chromium = await startChromium();
  const metadata = { id_token_signed_response_alg: "ES256" };
  const options = { execute: [client.allowInsecureRequests], [client.customFetch]: fetchHere };
  config = await client.discovery(new URL(portal.origin), application, metadata, client.None(), options);
});
after(async () => {
  server.close();
  server.closeAllConnections();
  await chromium?.close();
  await portal?.stop();
});

/** `fetch` for host names that only Chromium finds on this machine. */
function fetchHere(url, { method, headers, body }) {
  const { host, port, pathname, search } = new URL(url);
  const sent = { host: "127.0.0.1", port, method, path: pathname + search, headers: { ...Object.fromEntries(new Headers(headers)), host } };
  return new Promise((resolve, reject) => {
    const asked = request(sent, async (response) => {
      const chunks = await response.toArray();
      resolve(new Response(Buffer.concat(chunks), { status: response.statusCode, headers: response.headers }));
    });
    asked.on("error", reject);
    asked.end(body ? String(body) : undefined);
  });
}

/** A form with a button, whose fields are the parameters of an address. */
function form(url, button) {
  const fields = [...url.searchParams].map(([name, value]) => `<input type="hidden" name="${name}" value="${value}">`);
  return `<form method="post" action="${url.origin}${url.pathname}">${fields.join("")}<button>${button}</button></form>`;
}

async function signInForm() {
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  begun = { pkceCodeVerifier, expectedState: client.randomState(), expectedNonce: client.randomNonce() };
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: `${application}/callback`,
    scope: "openid profile",
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    state: begun.expectedState,
    nonce: begun.expectedNonce,
  });
  return form(url, "Sign in");
}

function signOutForm() {
  const to = { post_logout_redirect_uri: `${application}/bye`, state: "s", id_token_hint: visitor.idToken };
  return form(client.buildEndSessionUrl(config, to), "Sign out");
}

/** The application: its page greets, `/callback` ends a sign-in, `/forget` is as if its own session had ended. */
async function answer(asked, response) {
  const url = new URL(asked.url, application);
  const back = () => response.writeHead(303, { location: "/" }).end();
  try {
    if (url.pathname === "/callback") {
      const tokens = await client.authorizationCodeGrant(config, url, { ...begun, idTokenExpected: true });
      const { name } = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
      visitor = { name, idToken: tokens.id_token };
      return back();
    }
    if (url.pathname === "/favicon.ico") return response.writeHead(204).end();
    if (["/forget", "/bye"].includes(url.pathname)) visitor = undefined;
    if (url.pathname === "/forget") return back();
    const body = visitor ? `<h1>Hello ${visitor.name}</h1>${signOutForm()}` : `<h1>Hello stranger</h1>${await signInForm()}`;
    response.writeHead(200, { "content-type": "text/html" }).end(`<!DOCTYPE html><title>Application</title>${body}`);
  } catch (error) {
    response.writeHead(500).end(`${error} ${error.cause}`);
  }
}

test("openid-client signs a visitor up, in again without asking, and out, with forms of another site", async () => {
  const page = await chromium.newPage({ javaScriptEnabled: false });
  const heading = () => page.getByRole("heading", { level: 1 }).textContent();
  const click = (name) => page.getByRole("button", { name }).click();
  await page.goto(application);
  assert.equal(await heading(), "Hello stranger");
  await click("Sign in");
  assert.ok(page.url().startsWith(`${portal.origin}/sign-in?`), page.url());
  await signUp(page, "ana@example.org");
  await page.waitForURL(`${application}/`);
  assert.equal(await heading(), "Hello Ana");
  await page.goto(`${application}/forget`);
  assert.equal(await heading(), "Hello stranger");
  await click("Sign in");
  await page.waitForURL(`${application}/`);
  assert.equal(await heading(), "Hello Ana", "the portal knows the visitor, although the form carries no cookie");
  await click("Sign out");
  await page.waitForURL(`${application}/bye?state=s`);
  assert.equal(await heading(), "Hello stranger");
  await page.goto(`${portal.origin}/user`);
  assert.equal(await heading(), "Sign in", "signed out here too");
});
