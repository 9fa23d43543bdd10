// Runs a debug build, and rebuilds and restarts it whenever a source file changes. Arguments are passed to the server.
import { spawn, spawnSync } from "node:child_process";
import { watch } from "node:fs";

const sources = ["app/src", "server/src", "migrations", "style"];
let server;
let timer;
let building = false;
let again = false;

function build() {
  return spawnSync("make", ["debug"], { stdio: "inherit" }).status === 0;
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

for (const folder of sources) {
  watch(folder, { recursive: true }, () => {
    clearTimeout(timer);
    timer = setTimeout(restart, 200);
  });
}
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    if (!server || server.exitCode !== null) process.exit();
    server.once("exit", () => process.exit());
    server.kill("SIGTERM");
  });
}
await restart();
