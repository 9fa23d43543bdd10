// The code of the Snippets tab, run as it stands there, with the libraries that it names.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { decodeProtectedHeader } from "jose";
import * as client from "openid-client";

import { ended, freePort } from "../packages/walk.mjs";
import { Browser, listening, startPortal } from "./portal.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
// Inside the repository, so that the npm packages are found.
const folder = join(root, `target/samples-${process.pid}`);
const home = "http://localhost:4110";
const application = "http://localhost:4111";
const quiet = ["ignore", "ignore", "inherit"];
const keys = { asked: 0, hidden: false };
let portal, browser, token, foreign, idToken;

before(async () => {
  mkdirSync(folder, { recursive: true });
  portal = await startPortal({ home, application, keys });
  browser = new Browser(portal.issuer);
  await browser.signUp(await browser.open(`${portal.issuer}/sign-in`), "snippets@example.org");
});
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await portal?.stop();
});

/** Writes a snippet with this portal and the home URL's origin in it, as the tab does. */
function filled(name, as = name) {
  const code = readFileSync(join(root, "app/src/snippets/sessions", name), "utf8");
  const file = join(folder, as);
  writeFileSync(file, code.replaceAll("https://accounts.myapp.com", "\u0001").replaceAll("https://myapp.com", home).replaceAll("\u0001", portal.issuer));
  return file;
}

/** Gets tokens that last for at least half a minute. */
async function newTokens() {
  const of = async (origin) => (await (await browser.fetch(`${portal.issuer}/v1/session`, { headers: { origin } })).json()).token;
  token = await of(home);
  foreign = await of(application);
  idToken = await newIdToken(`${home}/callback`);
}

/** An ID token for the home URL's origin, which is no token for its server. */
async function newIdToken(redirect_uri) {
  const insecure = { execute: [client.allowInsecureRequests] };
  const config = await client.discovery(new URL(portal.issuer), home, { id_token_signed_response_alg: "ES256" }, client.None(), insecure);
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const code_challenge = await client.calculatePKCECodeChallenge(pkceCodeVerifier);
  const address = client.buildAuthorizationUrl(config, { redirect_uri, scope: "openid", code_challenge, code_challenge_method: "S256" });
  const { url } = await browser.open(address);
  return (await client.authorizationCodeGrant(config, url, { pkceCodeVerifier })).id_token;
}

/** Lets the right token through, and no other. `ask` returns status and body for an Authorization header. */
async function proves(ask) {
  const [, payload] = token.split(".");
  const id = JSON.parse(Buffer.from(payload, "base64url")).sub;
  const right = await ask(`Bearer ${token}`);
  assert.deepEqual([right.status, right.body], [200, { id }]);
  const none = `${Buffer.from('{"alg":"none","typ":"JWT"}').toString("base64url")}.${payload}.`;
  const changed = `${token.slice(0, -6)}AAAAAA`;
  for (const wrong of ["", "Bearer", "Bearer x", `Basic ${token}`, ...[none, changed, foreign, idToken, unknown(1)].map((wrong) => `Bearer ${wrong}`)]) {
    assert.equal((await ask(wrong)).status, 401, wrong);
  }
}

/** The token with the name of a key that nobody has. */
function unknown(number) {
  const header = { ...decodeProtectedHeader(token), kid: `unknown-${number}` };
  return [Buffer.from(JSON.stringify(header)).toString("base64url"), ...token.split(".").slice(1)].join(".");
}

test("the browser's code asks and signs out", async () => {
  const { getSession, authorization, signOut } = await import(filled("session.js", "session.mjs"));
  const real = globalThis.fetch;
  const visitor = new Browser(portal.issuer);
  await visitor.signUp(await visitor.open(`${portal.issuer}/sign-in`), "page@example.org");
  // A page of the home URL's origin, whose browser sends cookies along if the code asks for that.
  globalThis.fetch = (url, options) => {
    if (options?.credentials !== "include") return real(url, { ...options, headers: { origin: home } });
    globalThis.fetch = real;
    return visitor.fetch(url, { ...options, headers: { origin: home } }).finally(() => (globalThis.fetch = stub));
  };
  const stub = globalThis.fetch;
  try {
    assert.equal((await getSession()).visitor.email_address, "page@example.org");
    assert.match((await authorization()).authorization, /^Bearer ey/);
    await signOut();
    assert.equal((await getSession()).signed_in, false);
    assert.deepEqual(await authorization(), {});
  } finally {
    globalThis.fetch = real;
  }
});

test("Next.js: the route handler lets only the right token through", async () => {
  // .ci/setup installs it there.
  const project = join(root, "target/samples-next");
  mkdirSync(join(project, "app/api/me"), { recursive: true });
  copyFileSync(filled("next.js"), join(project, "app/api/me/route.js"));
  // Else it takes the repository for the project, which has a lock file too.
  writeFileSync(join(project, "next.config.mjs"), "export default { turbopack: { root: import.meta.dirname } };\n");
  const environment = { ...process.env, NEXT_TELEMETRY_DISABLED: "1" };
  const program = join(project, "node_modules/next/dist/bin/next");
  execFileSync(process.execPath, [program, "build"], { cwd: project, env: environment });
  const port = await freePort();
  const options = { cwd: project, env: environment, stdio: quiet };
  await running(spawn(process.execPath, [program, "start", "--hostname", "127.0.0.1", "--port", String(port)], options), port);
});

test("Express: the middleware lets only the right token through", async () => {
  const { app } = await import(filled("express.mjs"));
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    await newTokens();
    await proves((authorization) => overHttp(server.address().port, authorization));
  } finally {
    server.close();
  }
});

test("FastAPI: the dependency lets only the right token through", async () => {
  const python = process.env.SAMPLES_PYTHON;
  assert.ok(python, "SAMPLES_PYTHON is the Python that has fastapi, uvicorn and pyjwt");
  filled("fastapi.py", "main.py");
  execFileSync(python, ["-c", "import fastapi, jwt, uvicorn"]);
  const port = await freePort();
  const words = ["-m", "uvicorn", "main:app", "--log-level", "warning", "--port", String(port)];
  await running(spawn(python, words, { cwd: folder, stdio: quiet }), port);
});

test("axum: the extractor lets only the right token through, and asks for the keys seldom", async () => {
  const project = join(root, "target/samples-axum");
  mkdirSync(project, { recursive: true });
  for (const file of ["Cargo.toml", "Cargo.lock"]) copyFileSync(join(root, "end2end/samples/axum", file), join(project, file));
  copyFileSync(filled("axum.rs"), join(project, "main.rs"));
  // A folder of its own, so that its dependencies are not built with the features of the server's.
  const target = join(project, "target");
  execFileSync("cargo", ["build", "--quiet", "--locked", "--target-dir", target], { cwd: project, stdio: ["ignore", "ignore", "inherit"] });
  const port = await freePort();
  const child = spawn(join(target, "debug/axum-sample"), { env: { ...process.env, PORT: String(port) }, stdio: quiet });
  await running(child, port, async (ask) => {
    // As if the token's key were new: it is asked for again, but not at once.
    Object.assign(keys, { asked: 0, hidden: true });
    for (let times = 0; times < 3; times += 1) assert.equal((await ask(`Bearer ${token}`)).status, 401);
    assert.equal(keys.asked, 1);
    keys.hidden = false;
    while ((await ask(`Bearer ${token}`)).status !== 200) await new Promise((resolve) => setTimeout(resolve, 200));
    for (let number = 0; number < 10; number += 1) assert.equal((await ask(`Bearer ${unknown(number)}`)).status, 401);
    assert.equal(keys.asked, 2);
  });
});

test("Go: the handler lets only the right token through", async () => {
  const file = filled("main.go");
  const program = join(folder, "main");
  // Debian has the library as source, not as a module.
  const environment = { ...process.env, GO111MODULE: "off", GOPATH: "/usr/share/gocode", GOCACHE: join(folder, "cache"), GOFLAGS: "" };
  execFileSync("go", ["build", "-o", program, file], { env: environment });
  const port = await freePort();
  await running(spawn(program, { env: { ...environment, PORT: String(port) }, stdio: quiet }), port);
});

/** Lets an application prove itself that listens on that port, and ends it. `first` is done before. */
async function running(child, port, first = async () => undefined) {
  const ask = (authorization) => overHttp(port, authorization);
  try {
    await listening(port, child);
    await newTokens();
    await first(ask);
    await proves(ask);
  } finally {
    if (child.exitCode === null) {
      child.kill();
      await ended(child);
    }
  }
}

async function overHttp(port, authorization) {
  const response = await fetch(`http://127.0.0.1:${port}/api/me`, { headers: authorization ? { authorization } : {} });
  return { status: response.status, body: await response.json() };
}
