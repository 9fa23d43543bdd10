// An application behind Apache with mod_auth_openidc, a client with a secret on another host: it signs people in and out here, in Chromium
// without JavaScript.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { ended, freePort } from "../packages/walk.mjs";
import { signUp, startChromium } from "./chromium.mjs";
import { listening, startPortal } from "./portal.mjs";

const folder = mkdtempSync(join(tmpdir(), "portal-redirects-apache-"));
let portal, apache, application, chromium;

/** What Apache has logged. */
const said = () => readFileSync(join(folder, "log"), "utf8");

before(async () => {
  portal = await startPortal({ home: "http://localhost:4120", application: "http://localhost:4121" });
  chromium = await startChromium();
  const port = await freePort();
  application = `http://desk.localhost:${port}`;
  const client = await portal.addClient(`${application}/callback`);
  const modules = ["mpm_event", "authn_core", "authz_core", "authz_user", "headers", "auth_openidc"];
  const configuration = [
    `ServerRoot ${folder}`,
    `ServerName desk.localhost:${port}`,
    `Listen 127.0.0.1:${port}`,
    `PidFile ${folder}/pid`,
    `ErrorLog ${folder}/log`,
    ...(process.getuid() === 0 ? ["User www-data", "Group www-data"] : []),
    ...modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`),
    `DocumentRoot ${folder}/pages`,
    `OIDCProviderMetadataURL ${portal.origin}/.well-known/openid-configuration`,
    `OIDCClientID ${client.id}`,
    `OIDCClientSecret ${client.secret}`,
    `OIDCRedirectURI ${application}/callback`,
    "OIDCCryptoPassphrase only-for-this-test",
    "OIDCPKCEMethod S256",
    'OIDCScope "openid email profile"',
    "<Location />",
    "  AuthType openid-connect",
    "  Require valid-user",
    '  Header set x-user "expr=%{REMOTE_USER}"',
    '  Header set x-email "%{OIDC_CLAIM_email}e"',
    "</Location>",
  ];
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, "pages"));
  writeFileSync(join(folder, "pages", "hello.html"), "<h1>Hello</h1>");
  writeFileSync(join(folder, "apache.conf"), `${configuration.join("\n")}\n`);
  apache = spawn("/usr/sbin/apache2", ["-f", join(folder, "apache.conf"), "-DFOREGROUND"], { stdio: "inherit" });
  await listening(port, apache).catch((error) => assert.fail(`${error.message}: ${said()}`));
});

after(async () => {
  if (apache && apache.exitCode === null) {
    apache.kill();
    await ended(apache);
  }
  rmSync(folder, { recursive: true, force: true });
  await chromium?.close();
  await portal?.stop();
});

test("mod_auth_openidc signs a visitor up on the way to a page, and out again", async () => {
  const page = await chromium.newPage({ javaScriptEnabled: false });
  const hello = `${application}/hello.html`;
  await page.goto(hello);
  assert.ok(page.url().startsWith(`${portal.origin}/sign-in`), `${page.url()} ${said()}`);
  await signUp(page, "apache@example.org");
  await page.waitForURL(hello);
  assert.equal(await page.getByRole("heading").textContent(), "Hello");
  const headers = (await page.goto(hello)).headers();
  assert.equal(headers["x-email"], "apache@example.org");
  assert.match(headers["x-user"], /^[0-9a-f-]{36}@/);
  // Another browser is asked.
  const another = await chromium.newPage({ javaScriptEnabled: false });
  await another.goto(hello);
  assert.ok(another.url().startsWith(`${portal.origin}/sign-in`), another.url());
  // It sends the ID token along, so nobody is asked. The way leads back to its page, which finds nobody signed in on either side.
  await page.goto(`${application}/callback?logout=${encodeURIComponent(hello)}`);
  await page.waitForURL(`${portal.origin}/sign-in?then=authorization-*`);
});
