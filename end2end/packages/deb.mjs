// Installs the Debian package into a Debian of its own, runs it as its unit does, upgrades, removes and purges it.
//   .ci/with-root node end2end/packages/deb.mjs FILE
// The root file system of that Debian is made once (target/package/debian.tar). Processes and mounts end with this process.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { appendFileSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ended, findAgain, firstWalk, freePort, line, send, signIn } from "./walk.mjs";

const file = process.argv[2];
const base = "target/package/debian.tar";
const unit = "/lib/systemd/system/portal-redirects.service";
const configuration = "/etc/portal-redirects/env";

const run = (command, ...args) => execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" } });

if (!existsSync(base)) {
  const sources = ["/etc/apt/sources.list", ...readdirSync("/etc/apt/sources.list.d").filter((name) => name.endsWith(".sources")).map((name) => `/etc/apt/sources.list.d/${name}`)];
  const suite = /^VERSION_CODENAME=(\w+)/m.exec(readFileSync("/etc/os-release", "utf8"))[1];
  run("mmdebstrap", "--quiet", "--variant=apt", "--include=adduser,postgresql,systemd", suite, base, sources.find((name) => existsSync(name) && statSync(name).size > 0));
}
const root = mkdtempSync(join(tmpdir(), "portal-redirects-debian-"));
const inside = (...command) => run("chroot", root, ...command);
const read = (path) => readFileSync(join(root, path), "utf8");

/** Every file with its mode and owner, except what dpkg itself writes about packages. */
function files() {
  const own = ["/proc", "/run", "/var/lib/dpkg", "/var/log", "/var/cache", "/tmp", "/var/lib/systemd/deb-systemd-helper*", "/etc/*-"];
  const skipped = own.flatMap((path) => ["-path", root + path, "-prune", "-o"]);
  return run("find", root, ...skipped, "-printf", "%P %m %U %G\n").split("\n").sort();
}

/** Configures the installed package for the test. */
function configure(port) {
  appendFileSync(join(root, configuration), `PORTAL_REDIRECTS_LISTEN=127.0.0.1:${port}\nPORTAL_REDIRECTS_METRICS_LISTEN=off\nPORTAL_REDIRECTS_TARGET_CHECKS=off\n`);
}

/** The server as its unit starts it; systemd is not process 1 in a chroot. */
async function start() {
  const text = read(unit);
  const value = (key) => new RegExp(`^${key}=(.*)$`, "m").exec(text)[1];
  const variables = (lines) => Object.fromEntries(lines.split("\n").filter((line) => /^\w/.test(line)).map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
  const env = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", ...variables(value("Environment")), ...variables(read(value("EnvironmentFile"))) };
  const [user, state] = [value("User"), `/var/lib/${value("StateDirectory")}`];
  inside("install", "--directory", `--owner=${user}`, `--group=${value("Group")}`, `--mode=${value("StateDirectoryMode")}`, state);
  const server = spawn("chroot", [`--userspec=${user}:${value("Group")}`, root, ...value("ExecStart").split(" ")], { env, stdio: ["ignore", "pipe", "pipe"] });
  const url = (await line(server, /is ready: (\S+)/))[1];
  return { server, url, link: /No admin exists yet\..*: (\S+)/.exec(server.said)?.[1] };
}

async function stop(server) {
  const end = ended(server);
  server.kill("SIGTERM");
  assert.equal(await end, 0, server.said);
}

try {
  run("tar", "--extract", "--numeric-owner", "--file", base, "--directory", root);
  mkdirSync(join(root, "proc"), { recursive: true });
  run("mount", "-t", "proc", "proc", join(root, "proc"));
  const before = new Set(files());
  copyFileSync(file, join(root, "tmp/portal-redirects.deb"));
  inside("dpkg", "--install", "/tmp/portal-redirects.deb");

  assert.equal(inside("stat", "--format=%a %U:%G", configuration).trim(), "640 root:portal-redirects");
  assert.match(inside("getent", "passwd", "portal-redirects"), /:\/var\/lib\/portal-redirects:\/usr\/sbin\/nologin$/m);
  const documents = ["third-party-notices.txt", "grafana.json", "alerts.yml", "kubernetes.yaml", "README.md", "SECURITY.md", "OPERATIONS.md", "ASVS.md", "copyright", ...["Caddyfile", "haproxy.cfg", "nginx.conf"].map((name) => `proxies/${name}`)];
  for (const name of documents) assert.ok(statSync(join(root, "usr/share/doc/portal-redirects", name)).size > 0, name);
  const pages = readdirSync(join(root, "usr/share/man/man1")).filter((name) => name.startsWith("portal-redirects"));
  assert.ok(pages.includes("portal-redirects.1.gz") && pages.includes("portal-redirects-admin-invite.1.gz"), pages.join());
  for (const page of pages) {
    const warnings = execFileSync("sh", ["-c", 'man --warnings --local-file "$1" 2>&1 >/dev/null', "sh", join(root, "usr/share/man/man1", page)], { encoding: "utf8", env: { ...process.env, LC_ALL: "C.UTF-8", MANWIDTH: "100" } });
    assert.equal(warnings, "", page);
  }
  run("bash", "-n", join(root, "usr/share/bash-completion/completions/portal-redirects"));
  assert.equal(run("systemd-analyze", "verify", "--man=no", `--root=${root}`, unit), "");
  run("systemd-analyze", "security", "--offline=true", "--threshold=20", `--root=${root}`, unit);
  run("lintian", "--fail-on", "error,warning", "--suppress-tags", "no-changelog,non-standard-file-perm", file);

  configure(await freePort());
  const first = await start();
  await firstWalk(first.url, first.link);
  // The unit's MemoryDenyWriteExecute forbids a just-in-time compiler.
  assert.equal(inside("psql", "-h", "/var/lib/portal-redirects/run", "-U", "portal_redirects", "-Atc", "show jit").trim(), "off");
  await stop(first.server);

  // An upgrade keeps what was configured and stored.
  inside("dpkg", "--install", "--force-confold", "/tmp/portal-redirects.deb");
  const second = await start();
  assert.equal(second.link, undefined);
  await findAgain(second.url);
  const cookie = await signIn(second.url);
  assert.match(inside("portal-redirects", "backup", "/root/all.backup"), /^Backed up 2 instances, /);
  await stop(second.server);

  inside("dpkg", "--remove", "portal-redirects");
  assert.ok(!existsSync(join(root, "usr/bin/portal-redirects")) && existsSync(join(root, configuration)) && existsSync(join(root, "var/lib/portal-redirects/postgres")));
  inside("dpkg", "--purge", "portal-redirects");

  // Everything is there again after a restore, sessions too.
  inside("dpkg", "--install", "/tmp/portal-redirects.deb");
  configure(await freePort());
  const third = await start();
  assert.match(inside("portal-redirects", "restore", "/root/all.backup"), /^Restored 2 instances, /);
  await findAgain(third.url);
  const page = await send(`${third.url}/instances/my-app/redirects`, { cookie });
  assert.ok(page.status === 200 && page.text.includes("/welcome"), page.text);
  await stop(third.server);
  rmSync(join(root, "root/all.backup"));
  inside("dpkg", "--purge", "portal-redirects");

  rmSync(join(root, "tmp"), { recursive: true });
  mkdirSync(join(root, "tmp"));
  const after = new Set(files());
  assert.deepEqual([...after].filter((path) => !before.has(path)), [], "purging leaves nothing behind");
  assert.deepEqual([...before].filter((path) => !after.has(path)), [], "and takes nothing away");
  assert.doesNotMatch(read("/etc/passwd") + read("/etc/group"), /portal-redirects/);
  console.log("  the Debian package installs, serves, upgrades and leaves nothing behind");
} finally {
  run("umount", join(root, "proc"));
  rmSync(root, { recursive: true, force: true });
}
