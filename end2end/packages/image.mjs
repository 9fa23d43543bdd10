// Runs the container image with a read-only root on the database of DATABASE_URL; where containers can't run, its root file system.
//   .ci/with-root .ci/with-postgres node end2end/packages/image.mjs FILE
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { ended, findAgain, firstWalk, freePort, line, send } from "./walk.mjs";

const file = process.argv[2];
const folder = mkdtempSync(join(tmpdir(), "portal-redirects-image-"));
const run = (command, ...args) => execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
// Not crun, which fails where the control groups are in hybrid mode.
const storage = ["--runtime", "runc", "--root", join(folder, "storage"), "--runroot", join(folder, "run"), "--storage-driver", "vfs"];
const podman = (...args) => run("podman", ...storage, ...args);
// Some machines forbid limits above their own.
const limits = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"];

// The image's user must reach PostgreSQL's socket.
const socket = new URL(process.env.DATABASE_URL).searchParams.get("host");
chmodSync(socket, 0o711);
const port = await freePort();
const variables = {
  DATABASE_URL: process.env.DATABASE_URL,
  PORTAL_REDIRECTS_LISTEN: `0.0.0.0:${port}`,
  PORTAL_REDIRECTS_INSECURE_HTTP: "true",
  PORTAL_REDIRECTS_METRICS_LISTEN: "off",
  PORTAL_REDIRECTS_TARGET_CHECKS: "off",
};
const url = `http://127.0.0.1:${port}`;

/** The image as a container. */
function container(image) {
  const options = ["--read-only", "--tmpfs", "/tmp", "--volume", "data:/var/lib/portal-redirects", "--volume", `${socket}:${socket}`, "--network", "host", ...limits];
  const env = Object.entries(variables).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
  return {
    start: () => spawn("podman", [...storage, "run", "--rm", "--name", "server", ...options, ...env, image], { stdio: ["ignore", "pipe", "pipe"] }),
    stop: () => podman("stop", "--time", "30", "server"),
    check() {
      podman("healthcheck", "run", "server");
      assert.match(podman("exec", "server", "/usr/bin/portal-redirects", "healthcheck"), /^ready$/m);
      const [{ Config, HostConfig }] = JSON.parse(podman("inspect", "server"));
      assert.deepEqual([Config.User, HostConfig.ReadonlyRootfs], ["10001:10001", true]);
    },
  };
}

/** The image's root file system, read-only, as the image's user. */
function changedRoot() {
  const root = join(folder, "root");
  mkdirSync(root);
  run("tar", "--extract", "--numeric-owner", "--file", "target/package/image/root.tar", "--directory", root);
  mkdirSync(join(root, socket), { recursive: true });
  run("mount", "--bind", root, root);
  run("mount", "--bind", socket, join(root, socket));
  run("mount", "-t", "tmpfs", "-o", "mode=1777", "tmpfs", join(root, "tmp"));
  run("mount", "-o", "remount,ro,bind", root);
  const inside = (...command) => ["--userspec=10001:10001", root, ...command];
  const env = { PATH: process.env.PATH, ...variables, PORTAL_REDIRECTS_DATA_DIR: "/var/lib/portal-redirects" };
  let server;
  return {
    start: () => (server = spawn("chroot", inside("/usr/bin/portal-redirects", "serve"), { env, stdio: ["ignore", "pipe", "pipe"] })),
    stop: () => server.kill("SIGTERM"),
    check: () => assert.match(execFileSync("chroot", inside("/usr/bin/portal-redirects", "healthcheck"), { encoding: "utf8", env }), /^ready$/m),
  };
}

/** What runs the image on this machine. */
function runner() {
  const image = podman("load", "--quiet", "--input", resolve(file)).trim().split(/\s+/).at(-1);
  const [{ Healthcheck, Labels }] = JSON.parse(podman("image", "inspect", image));
  assert.deepEqual(Healthcheck.Test, ["CMD", "/usr/bin/portal-redirects", "healthcheck"]);
  assert.equal(Labels["org.opencontainers.image.licenses"], "MIT OR Apache-2.0");
  try {
    assert.match(podman("run", "--rm", "--read-only", "--network", "host", ...limits, image, "--version"), /^portal-redirects \d/);
    return container(image);
  } catch (error) {
    console.log(`  containers can't run here, so the image's root file system is tested alone: ${String(error.stderr).trim()}`);
    return changedRoot();
  }
}

try {
  const image = runner();
  for (const walk of [firstWalk, findAgain]) {
    const server = image.start();
    await line(server, /is ready: (\S+)/);
    const page = await walk(url, /No admin exists yet\..*: (\S+)/.exec(server.said)?.[1]);
    image.check();
    if (page) assert.match(page, /This server runs without TLS/);
    assert.equal((await send(`${url}/healthz`, { headers: { "x-forwarded-for": "203.0.113.7" } })).status, 403);
    const end = ended(server);
    image.stop();
    assert.equal(await end, 0, server.said);
  }
  console.log(`  the container image serves with a read-only root (${Math.round(statSync(file).size / 1e6)} MB with this build)`);
} finally {
  try {
    podman("rm", "--force", "--all");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
