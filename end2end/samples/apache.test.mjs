// An application behind Apache with mod_auth_openidc, a client with a secret on another host: it signs people in and out here.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { ended, freePort } from "../packages/walk.mjs";
import { Browser, listening, startPortal } from "./portal.mjs";

const folder = mkdtempSync(join(tmpdir(), "portal-redirects-apache-"));
let portal, apache, application;

/** What Apache has logged. */
const said = () => readFileSync(join(folder, "log"), "utf8");

before(async () => {
  portal = await startPortal({ home: "http://localhost:4120", application: "http://localhost:4121" });
  const port = await freePort();
  application = `http://127.0.0.1:${port}`;
  const client = await portal.addClient(`${application}/callback`);
  const modules = ["mpm_event", "authn_core", "authz_core", "authz_user", "headers", "auth_openidc"];
  const configuration = [
    `ServerRoot ${folder}`,
    `ServerName 127.0.0.1:${port}`,
    `Listen 127.0.0.1:${port}`,
    `PidFile ${folder}/pid`,
    `ErrorLog ${folder}/log`,
    ...(process.getuid() === 0 ? ["User www-data", "Group www-data"] : []),
    ...modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`),
    `DocumentRoot ${folder}/pages`,
    `OIDCProviderMetadataURL ${portal.issuer}/.well-known/openid-configuration`,
    `OIDCClientID ${client.id}`,
    `OIDCClientSecret ${client.secret}`,
    `OIDCRedirectURI ${application}/callback`,
    "OIDCCryptoPassphrase only-for-this-test",
    "OIDCPKCEMethod S256",
    'OIDCScope "openid email profile"',
    // The requests of this test are not those of a window, which it would answer with 401.
    "OIDCUnAuthAction auth true",
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
  await portal?.stop();
});

test("mod_auth_openidc signs a visitor up on the way to a page, and out again", async () => {
  const browser = new Browser(portal.issuer, application);
  const asked = await browser.open(`${application}/hello.html`);
  assert.ok(asked.url.href.startsWith(`${portal.issuer}/sign-in`), `${asked.status} ${asked.text} ${said()}`);
  const landed = await browser.signUp(asked, "apache@example.org");
  assert.deepEqual([landed.url.href, landed.status, landed.text], [`${application}/hello.html`, 200, "<h1>Hello</h1>"], said());
  assert.equal(landed.headers.get("x-email"), "apache@example.org");
  assert.match(landed.headers.get("x-user"), /^[0-9a-f-]{36}@/);
  // Another browser is asked, and this one is not.
  assert.ok((await new Browser(portal.issuer, application).open(`${application}/hello.html`)).url.href.startsWith(portal.issuer));
  assert.equal((await browser.open(`${application}/hello.html`)).status, 200);
  const out = await browser.open(`${application}/callback?logout=${encodeURIComponent(`${application}/hello.html`)}`);
  assert.ok(out.url.href.startsWith(`${portal.issuer}/sign-out`), out.url.href);
  await browser.send(out, {});
  assert.ok((await browser.open(`${application}/hello.html`)).url.href.startsWith(`${portal.issuer}/sign-in`), "signed out on both");
});
