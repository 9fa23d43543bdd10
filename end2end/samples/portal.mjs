// A real server with one development instance, and a visitor's browser that keeps cookies.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, request } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { ended, freePort, line, send } from "../packages/walk.mjs";

const binary = process.env.PORTAL_REDIRECTS ?? fileURLToPath(new URL("../../target/debug/portal-redirects", import.meta.url));
const owner = { email: "owner@example.org", password: "three ducks on a pond" };
const slug = "sample";

/**
 * Starts the server on a new database beside that of DATABASE_URL, with an instance whose home URL and application are at these origins.
 * `options` are passed to `serve`, and `environment` is added to its own. With `keys`, a proxy is in front of it, as `startProxy` says.
 */
export async function startPortal({ home, application, options: more = [], environment = {}, keys }) {
  const folder = mkdtempSync(join(tmpdir(), "portal-redirects-samples-"));
  const database = new URL(process.env.DATABASE_URL);
  const name = `samples_${process.pid}`;
  execFileSync("psql", ["--quiet", "--command", `create database ${name}`, database.href]);
  database.pathname = name;
  const port = await freePort();
  const proxy = keys && (await startProxy(port, keys));
  const dashboard = `http://localhost:${proxy ? proxy.address().port : port}`;
  const options = ["serve", "--listen", `127.0.0.1:${port}`, "--dashboard-url", dashboard, "--data-dir", folder, "--database-url", database.href];
  const variables = { ...process.env, ...environment };
  const child = spawn(binary, [...options, "--metrics-listen", "off", "--target-checks", "off", ...more], { env: variables, stdio: ["ignore", "pipe", "pipe"] });
  const stop = async () => {
    proxy?.closeAllConnections();
    proxy?.close();
    if (child.exitCode === null) {
      child.kill();
      await ended(child);
    }
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    // Both may come at once.
    const [[, link]] = await Promise.all([line(child, /No admin exists yet\..*: (\S+)/), line(child, /ready: \S+/)]);
    const cookie = await signUp(dashboard, new URL(link).searchParams.get("token"));
    const post = (path, form) => send(`${dashboard}${path}`, { form, cookie });
    const { host } = new URL(dashboard);
    const settings = { version: "0", name: "Sample", slug, environment: "development", domain: "localhost" };
    const origin = `http://accounts.${host}`;
    const created = await post("/instances/new", { ...settings, portal_origin: origin, home_url: `${home}/` });
    assert.equal(created.status, 303, created.text);
    const marked = await post(`/instances/${slug}/applications`, { another: application });
    assert.equal(marked.status, 303, marked.text);
    const save = async (page, form) => {
      const saved = await post(`/instances/${slug}/${page}`, form);
      assert.equal(saved.status, 303, saved.text);
    };
    const read = async (page) => (await send(`${dashboard}/instances/${slug}/${page}`, { cookie })).text;
    return { issuer: `${dashboard}/portal/${slug}`, origin, stop, addClient: (redirect) => addClient(post, redirect), read, save };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A proxy for the server at that port. It counts in `keys.asked` how often the public keys are asked for, and hides them while `keys.hidden`. */
async function startProxy(port, keys) {
  const proxy = createServer((asked, response) => {
    const isForKeys = asked.url.endsWith("/jwks.json");
    if (isForKeys) keys.asked += 1;
    if (isForKeys && keys.hidden) return response.writeHead(200, { "content-type": "application/json" }).end('{"keys":[]}');
    const { method, headers, url: path } = asked;
    const passed = request({ host: "127.0.0.1", port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    passed.on("error", () => response.destroy());
    asked.pipe(passed);
  });
  await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  return proxy;
}

/** Waits until a process listens on that port of this machine. Fails if it ends before. */
export async function listening(port, child) {
  const isOpen = () =>
    new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
  while (!(await isOpen())) {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function signUp(dashboard, token) {
  const response = await send(`${dashboard}/account/setup`, { form: { token, ...owner } });
  assert.equal(response.status, 303, response.text);
  return response.headers["set-cookie"].find((cookie) => cookie.includes("portal-redirects-session=")).split(";")[0];
}

/** Adds a client with a secret. Returns both names of OpenID Connect for it. */
async function addClient(post, redirect) {
  const added = await post(`/instances/${slug}/applications/clients`, { name: "Desk", redirect_uris: redirect });
  assert.equal(added.status, 303, added.text);
  const cookie = added.headers["set-cookie"].find((cookie) => cookie.includes("new-client-secret=")).split(";")[0];
  const [id, secret] = cookie.slice(cookie.indexOf("=") + 1).split(".");
  return { id, secret };
}

/** A visitor's browser: it keeps cookies, and stops at the first address that is neither the portal's nor of these origins. */
export class Browser {
  jars = new Map();
  /** What it sends with each request. */
  headers = {};

  constructor(issuer, ...origins) {
    this.known = [issuer, ...origins];
  }

  async fetch(url, { headers, ...options } = {}) {
    const { hostname } = new URL(url);
    if (!this.jars.has(hostname)) this.jars.set(hostname, new Map());
    const jar = this.jars.get(hostname);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, { redirect: "manual", ...options, headers: { accept: "text/html", cookie, ...this.headers, ...headers } });
    for (const set of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(set);
      if (value) jar.set(name, value);
      else jar.delete(name);
    }
    return response;
  }

  /** Opens an address and follows redirects within the portal. Returns the address where it ends, and the page if it is the portal's. */
  async open(address, options) {
    let url = new URL(address);
    for (let steps = 0; steps < 12; steps += 1) {
      if (!this.known.some((known) => url.href.startsWith(known))) return { url };
      const response = await this.fetch(url, options);
      options = undefined;
      const text = await response.text();
      const next = response.headers.get("location") ?? /<meta http-equiv="refresh" content="0; ?url=([^"]+)"/.exec(text)?.[1].replaceAll("&amp;", "&");
      if (!next) return { url, status: response.status, text, headers: response.headers };
      url = new URL(next, url);
    }
    throw new Error("it goes round in a circle");
  }

  /** Fills the form of a page and sends it. */
  async send({ url, text }, typed) {
    const action = /<form[^>]* action="([^"]*)"/.exec(text)[1].replaceAll("&amp;", "&");
    const body = new URLSearchParams(typed);
    return this.open(new URL(action, url), { method: "POST", body, headers: { origin: url.origin } });
  }

  /** Signs up on the portal's page, from wherever it is asked to. */
  async signUp(page, email) {
    const link = /href="([^"]*\/sign-up[^"]*)"/.exec(page.text)[1].replaceAll("&amp;", "&");
    return this.send(await this.open(new URL(link, page.url)), { email_address: email, first_name: "Ana", password: "correct horse battery staple" });
  }
}
