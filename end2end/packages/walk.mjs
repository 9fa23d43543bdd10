// What somebody does with an installed server: starts it, opens the link of the first admin, saves a setting. And finds it all again.
import assert from "node:assert/strict";
import { request } from "node:http";
import { createServer } from "node:net";

const owner = { email: "owner@example.org", password: "three ducks on a pond" };

/** A port that is free now. */
export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Waits for a line of a process' output. Fails with all of it if the process ends before. */
export function line(child, pattern) {
  return new Promise((resolve, reject) => {
    const check = () => {
      const found = pattern.exec(child.said);
      if (found) resolve(found);
    };
    child.said ??= "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => {
        child.said += chunk;
        check();
      });
    }
    child.once("exit", (code) => reject(new Error(`it ended with ${code}: ${child.said}`)));
  });
}

/** Waits until a process has ended. Returns its exit code. */
export function ended(child) {
  return new Promise((resolve) => child.once("exit", resolve));
}

/** Sends a request as a form of the dashboard does. */
export function send(url, { form, cookie, headers } = {}) {
  const body = form && new URLSearchParams(form).toString();
  const sent = { origin: new URL(url).origin, ...headers };
  if (cookie) sent.cookie = cookie;
  if (body) Object.assign(sent, { "content-type": "application/x-www-form-urlencoded", "content-length": Buffer.byteLength(body) });
  return new Promise((resolve, reject) => {
    const asked = request(url, { method: body ? "POST" : "GET", headers: sent }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, text }));
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

/** The session that a response has started. */
function session(response) {
  assert.equal(response.status, 303, response.text);
  return response.headers["set-cookie"].find((cookie) => cookie.includes("portal-redirects-session=")).split(";")[0];
}

/** Creates the first admin by the printed link, an instance, and a redirect. */
export async function firstWalk(url, link) {
  const token = new URL(link).searchParams.get("token");
  const cookie = session(await send(`${url}/account/setup`, { form: { token, ...owner } }));
  const settings = { version: "0", name: "MyApp", slug: "my-app", environment: "production", domain: "myapp.com", portal_origin: "", home_url: "" };
  assert.equal((await send(`${url}/instances/new`, { form: settings, cookie })).status, 303);
  const flows = ["sign_up", "sign_out", "create_organization", "leave_organization", "join_waitlist"];
  const none = Object.fromEntries([...flows.map((flow) => [`after_${flow}_url`, ""]), ["logo_link_url", ""]]);
  const form = { version: "1", ...none, after_sign_in_url: "/welcome" };
  const saved = await send(`${url}/instances/my-app/redirects`, { form, cookie });
  assert.ok([200, 303].includes(saved.status), saved.text);
  await findAgain(url);
}

/** Signs the first admin in. Returns the cookie. */
export async function signIn(url) {
  return session(await send(`${url}/account/sign-in`, { form: { ...owner, next: "" } }));
}

/** The redirect is served, and the admin can sign in. */
export async function findAgain(url) {
  const resolved = await send(`${url}/portal/my-app/v1/resolve?flow=sign-in`);
  assert.equal(JSON.parse(resolved.text).target, "https://myapp.com/welcome", resolved.text);
  const cookie = await signIn(url);
  const page = await send(`${url}/instances/my-app/redirects`, { cookie });
  assert.ok(page.status === 200 && page.text.includes("/welcome"), page.text);
  return page.text;
}
