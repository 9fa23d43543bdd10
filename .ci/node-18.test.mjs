// What building and running need works with the oldest Node that the project supports. Run by `make test-node`.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { afterEach, beforeEach, test } from "node:test";

const root = resolve(".");
let folder;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "portal-redirects-node-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function run(command, ...args) {
  return execFileSync(command, args, { encoding: "utf8" });
}

test("the style sheet is built", () => {
  const outfile = join(folder, "site", "portal-redirects.css");
  run(process.execPath, "style/build.mjs", outfile);
  assert.match(readFileSync(outfile, "utf8"), /^@layer tokens/);
});

test("the tools that build the browser's files start", () => {
  assert.match(run("node_modules/.bin/esbuild", "--version"), /^\d+\./);
  assert.match(run("node_modules/.bin/wasm-opt", "--version"), /^wasm-opt version/);
});

/** Waits until the file has that many lines. */
async function lines(file, count) {
  const deadline = Date.now() + 30_000;
  const now = () => (existsSync(file) ? readFileSync(file, "utf8").split("\n").length - 1 : 0);
  while (now() < count) {
    assert.ok(Date.now() < deadline, `${file} has ${now()} of ${count} lines`);
    await new Promise((wake) => setTimeout(wake, 20));
  }
}

test("`make dev` rebuilds and restarts the server when a file changes, in a new folder too", async () => {
  const sources = ["app/src", "server/src", "migrations", "style"];
  for (const name of [...sources, "bin", "target/debug"]) mkdirSync(join(folder, name), { recursive: true });
  const [builds, starts] = [join(folder, "builds"), join(folder, "starts")];
  const scripts = { "bin/make": `echo >>'${builds}'`, "target/debug/portal-redirects": `echo >>'${starts}'; exec sleep 60` };
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  const env = { ...process.env, PATH: [join(folder, "bin"), process.env.PATH].join(delimiter) };
  const dev = spawn(process.execPath, [join(root, ".ci/dev.mjs")], { cwd: folder, env, stdio: "inherit" });
  const ended = new Promise((end) => dev.once("exit", end));
  try {
    await lines(starts, 1);
    mkdirSync(join(folder, "app/src/new"));
    await lines(starts, 2);
    writeFileSync(join(folder, "app/src/new/file.rs"), "");
    await lines(starts, 3);
    await lines(builds, 3);
  } finally {
    dev.kill("SIGTERM");
    await ended;
  }
});
