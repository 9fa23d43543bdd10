// The code of the Snippets tab, run as it stands there, with the libraries that it names.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { ended, freePort, line } from "../packages/walk.mjs";
import { Browser, listening, startPortal } from "./portal.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
// Inside the repository, so that the npm packages are found.
const folder = join(root, `target/samples-${process.pid}`);
const home = "http://localhost:4110";
const application = "http://localhost:4111";
let portal, browser, token, foreign;

before(async () => {
  mkdirSync(folder, { recursive: true });
  portal = await startPortal({ home, application });
  browser = new Browser(portal.issuer);
  await browser.signUp(await browser.open(`${portal.issuer}/sign-in`), "snippets@example.org");
  const of = async (origin) => (await (await browser.fetch(`${portal.issuer}/v1/session`, { headers: { origin } })).json()).token;
  token = await of(home);
  foreign = await of(application);
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

/** Lets the right token through, and no other. `ask` returns status and body for an Authorization header. */
async function proves(ask) {
  const [, payload] = token.split(".");
  const id = JSON.parse(Buffer.from(payload, "base64url")).sub;
  const right = await ask(`Bearer ${token}`);
  assert.deepEqual([right.status, right.body], [200, { id }]);
  const none = `${Buffer.from('{"alg":"none","typ":"JWT"}').toString("base64url")}.${payload}.`;
  const changed = `${token.slice(0, -6)}AAAAAA`;
  for (const wrong of ["", "Bearer", "Bearer x", `Basic ${token}`, `Bearer ${none}`, `Bearer ${changed}`, `Bearer ${foreign}`]) {
    assert.equal((await ask(wrong)).status, 401, wrong);
  }
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
  const { GET } = await import(filled("next.js", "next.mjs"));
  await proves(async (authorization) => {
    const response = await GET(new Request(`${home}/api/me`, { headers: authorization ? { authorization } : {} }));
    return { status: response.status, body: await response.json() };
  });
});

test("Express: the middleware lets only the right token through", async () => {
  const { app } = await import(filled("express.mjs"));
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
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
  const child = spawn(python, ["-m", "uvicorn", "main:app", "--port", String(port)], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  try {
    await line(child, /Uvicorn running/);
    await proves((authorization) => overHttp(port, authorization));
  } finally {
    child.kill();
    await ended(child);
  }
});

test("Go: the handler lets only the right token through", async () => {
  const file = filled("main.go");
  const program = join(folder, "main");
  // Debian has the library as source, not as a module.
  const environment = { ...process.env, GO111MODULE: "off", GOPATH: "/usr/share/gocode", GOCACHE: join(folder, "cache"), GOFLAGS: "" };
  execFileSync("go", ["build", "-o", program, file], { env: environment });
  const port = await freePort();
  const child = spawn(program, { env: { ...environment, PORT: String(port) }, stdio: "ignore" });
  try {
    await listening(port);
    await proves((authorization) => overHttp(port, authorization));
  } finally {
    child.kill();
    await ended(child);
  }
});

async function overHttp(port, authorization) {
  const response = await fetch(`http://127.0.0.1:${port}/api/me`, { headers: authorization ? { authorization } : {} });
  return { status: response.status, body: await response.json() };
}
