// Runs a debug build, and rebuilds and restarts it whenever a source file changes. Arguments are passed to the server.
import { spawn, spawnSync } from "node:child_process";
import { readdirSync, watch } from "node:fs";
import { join } from "node:path";

const sources = ["app/src", "server/src", "migrations", "style"];
let watchers = [];
let server;
let timer;
let building = false;
let again = false;

function build() {
  return spawnSync("make", ["quick"], { stdio: "inherit" }).status === 0;
}

function foldersIn(folder) {
  const inside = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [folder, ...inside.flatMap((entry) => foldersIn(join(folder, entry.name)))];
}

// Watches every folder by itself, because Node 18 can't watch a tree on Linux. Each change starts this over, so new folders are watched too.
function watchSources() {
  watchers.forEach((watcher) => watcher.close());
  watchers = [];
  try {
    for (const folder of sources.flatMap(foldersIn)) watchers.push(watch(folder, changed));
  } catch (error) {
    // A folder was removed in this very moment, as when Git checks out another branch.
    if (error.code !== "ENOENT") throw error;
    changed();
  }
}

function changed() {
  clearTimeout(timer);
  timer = setTimeout(() => {
    watchSources();
    restart();
  }, 200);
}

async function restart() {
  if (building) {
    again = true;
    return;
  }
  building = true;
  do {
    again = false;
    if (!build()) continue;
    if (server) {
      const ended = new Promise((resolve) => server.once("exit", resolve));
      if (server.exitCode === null && server.kill("SIGTERM")) await ended;
    }
    server = spawn("target/debug/portal-redirects", ["serve", ...process.argv.slice(2)], { stdio: "inherit" });
  } while (again);
  building = false;
}

watchSources();
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    if (!server || server.exitCode !== null) process.exit();
    server.once("exit", () => process.exit());
    server.kill("SIGTERM");
  });
}
await restart();
