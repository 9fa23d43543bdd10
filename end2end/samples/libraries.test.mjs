// What libraries that others wrote make of the portal's tokens and of its OpenID Connect provider.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import * as client from "openid-client";

import { Browser, startPortal } from "./portal.mjs";

const home = "http://localhost:4100";
const application = "http://localhost:4101";
const redirect = `${application}/callback`;
const desk = "http://desk.example:4102/callback";
let portal;

before(async () => {
  portal = await startPortal({ home, application });
});
after(() => portal?.stop());

/** The answer of the portal to a page of that origin. */
async function session(browser, origin, path = "", options = {}) {
  const response = await browser.fetch(`${portal.issuer}/v1/session${path}`, { headers: { origin }, ...options });
  assert.equal(response.headers.get("access-control-allow-origin"), origin);
  return response.json();
}

test("jose verifies the token of /v1/session, and none after the sign-out", async () => {
  const browser = new Browser(portal.issuer);
  const nobody = await session(browser, application);
  assert.deepEqual(nobody, { signed_in: false, sign_in_url: `${portal.issuer}/sign-in` });
  const { url } = await browser.signUp(await browser.open(`${nobody.sign_in_url}?redirect_url=${encodeURIComponent(`${application}/dashboard`)}`), "jose@example.org");
  assert.equal(url.href, `${application}/dashboard`);
  const keys = createRemoteJWKSet(new URL(`${portal.issuer}/.well-known/jwks.json`));
  for (const origin of [home, application]) {
    const { token, visitor, expires_at } = await session(browser, origin);
    const { payload } = await jwtVerify(token, keys, { issuer: portal.issuer, algorithms: ["ES256"] });
    assert.deepEqual([payload.sub, payload.azp, payload.exp], [visitor.id, origin, expires_at]);
    assert.equal(visitor.first_name, "Ana");
    await assert.rejects(jwtVerify(token, keys, { issuer: `${portal.issuer}/`, algorithms: ["ES256"] }), "an issuer that differs by a slash");
    await assert.rejects(jwtVerify(token, keys, { issuer: portal.issuer, algorithms: ["RS256"] }));
    await assert.rejects(jwtVerify(`${token.slice(0, -4)}AAAA`, keys, { issuer: portal.issuer }));
  }
  assert.equal((await session(browser, application, "/end", { method: "POST" })).signed_in, false);
  assert.equal((await session(browser, home)).signed_in, false);
});

/** Goes through the provider with openid-client. Returns the tokens and the discovered configuration. */
async function signIn(config, redirect_uri, browser, email, extra = {}) {
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const [expectedState, expectedNonce] = [client.randomState(), client.randomNonce()];
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri,
    scope: "openid profile email",
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    state: expectedState,
    nonce: expectedNonce,
    ...extra,
  });
  let at = await browser.open(url);
  if (at.text) at = await browser.signUp(at, email);
  assert.ok(at.url.href.startsWith(`${redirect_uri}?`), at.text ?? at.url.href);
  return client.authorizationCodeGrant(config, at.url, { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true });
}

const insecure = { execute: [client.allowInsecureRequests] };

test("openid-client signs people in to an application without a secret", async () => {
  const metadata = { id_token_signed_response_alg: "ES256" };
  const config = await client.discovery(new URL(portal.issuer), application, metadata, client.None(), insecure);
  assert.equal(config.serverMetadata().authorization_response_iss_parameter_supported, true);
  const browser = new Browser(portal.issuer);
  const tokens = await signIn(config, redirect, browser, "public@example.org");
  const claims = tokens.claims();
  assert.deepEqual([claims.iss, claims.aud, claims.azp], [portal.issuer, application, application]);
  assert.equal(decodeProtectedHeader(tokens.id_token).alg, "ES256");
  const person = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
  assert.deepEqual([person.email, person.name, person.email_verified], ["public@example.org", "Ana", false]);
  // The second application finds the visitor signed in.
  const again = await signIn(config, redirect, browser, "", { prompt: "none" });
  assert.deepEqual([again.claims().sub, again.claims().sid], [claims.sub, claims.sid]);
  const hinted = await signIn(config, redirect, browser, "", { prompt: "none", id_token_hint: again.id_token });
  assert.equal(hinted.claims().sub, claims.sub);
  const wrong = { prompt: "none", id_token_hint: `${again.id_token.slice(0, -4)}AAAA` };
  await assert.rejects(signIn(config, redirect, browser, "", wrong), { error: "login_required" });
  const to = { post_logout_redirect_uri: `${application}/bye`, state: "s" };
  const asked = await browser.open(client.buildEndSessionUrl(config, to));
  assert.ok(asked.url.href.startsWith(`${portal.issuer}/sign-out?`), asked.url.href);
  const out = await browser.open(client.buildEndSessionUrl(config, { ...to, id_token_hint: again.id_token }));
  assert.equal(out.url.href, `${application}/bye?state=s`, "who sends the ID token is not asked");
  await assert.rejects(signIn(config, redirect, browser, "", { prompt: "none" }), { error: "login_required" });
  await assert.rejects(client.fetchUserInfo(config, tokens.access_token, claims.sub), "the sign-out has ended it");
});

test("openid-client signs people in to a client with a secret, and a wrong one is refused", async () => {
  const { id, secret } = await portal.addClient(desk);
  const config = await client.discovery(new URL(portal.issuer), id, { id_token_signed_response_alg: "ES256" }, client.ClientSecretBasic(secret), insecure);
  const tokens = await signIn(config, desk, new Browser(portal.issuer), "desk@example.org");
  assert.equal(tokens.claims().aud, id);
  const wrong = await client.discovery(new URL(portal.issuer), id, {}, client.ClientSecretPost(`${secret.slice(0, -1)}x`), insecure);
  await assert.rejects(signIn(wrong, desk, new Browser(portal.issuer), "wrong@example.org"), { error: "invalid_client" });
});
