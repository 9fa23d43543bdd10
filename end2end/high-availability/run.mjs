// Two servers on a PostgreSQL with high availability, while its nodes fail one after the other.
//   .ci/with-root .ci/with-node 22 node end2end/high-availability/run.mjs BINARY
// Every process ends with this one. It fails if a visitor was refused, an acknowledged save is lost, or an answer was too old.
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { firstWalk, freePort, line, send, signIn } from "../packages/walk.mjs";
import { Cluster, until } from "./cluster.mjs";
import { Saver, Visitor } from "./traffic.mjs";

const binary = process.argv[2];
const folder = mkdtempSync(join(tmpdir(), "portal-redirects-ha-"));
const keepLogs = process.argv.includes("--keep-logs");

/** Starts a server and waits until it is ready. */
async function serve(databaseUrl, ...flags) {
  const all = ["serve", "--listen", `127.0.0.1:${await freePort()}`, "--metrics-listen", "off", "--target-checks", "off", "--data-dir", join(folder, "data"), ...flags];
  const server = spawn(binary, all, { env: { PATH: process.env.PATH, DATABASE_URL: databaseUrl }, stdio: ["ignore", "pipe", "pipe"] });
  const [, url] = await line(server, /is ready: (\S+)/);
  return { url, server };
}

/** Issues an API token. */
async function issueToken(url) {
  const cookie = await signIn(url);
  const tokens = `${url}/instances/my-app/api-tokens`;
  const issued = await send(tokens, { form: { name: "saver", scope: "settings", host_pattern: "", days: "90" }, cookie });
  const cookies = [cookie, ...(issued.headers["set-cookie"] ?? []).map((set) => set.split(";")[0])].join("; ");
  return /prt_[0-9A-Za-z]{49}/.exec((await send(tokens, { cookie: cookies })).text)[0];
}

/** The failures, in order. Each returns once the cluster is whole again. */
const failures = {
  async "nothing fails"() {
    await new Promise((resolve) => setTimeout(resolve, 10_000));
  },
  async "kill -9 of the leader"(cluster, again) {
    const leader = await cluster.node("leader");
    leader.signal("SIGKILL");
    await again();
    leader.start();
    await cluster.whole();
  },
  async "switchover"(cluster, again) {
    await cluster.switchOver();
    await again();
    await cluster.whole();
  },
  async "the leader freezes, and goes on when another one leads"(cluster, again) {
    const leader = await cluster.node("leader");
    leader.signal("SIGSTOP");
    await until("other leader", async () => (await cluster.members()).some((member) => member.role === "leader" && member.name !== leader.name && member.state === "running"));
    await again();
    leader.signal("SIGCONT");
    await cluster.whole();
  },
  async "the synchronous replica is lost"(cluster, again) {
    const replica = await cluster.node("sync_standby");
    replica.signal("SIGKILL");
    await again();
    replica.start();
    await cluster.whole();
  },
};

let failed = true;
try {
  chmodSync(folder, 0o711);
  const cluster = await Cluster.start(folder);
  cluster.query("create role portal_redirects login");
  cluster.query("create database portal_redirects owner portal_redirects");
  // One server asks HAProxy, the other one knows all nodes itself.
  const hosts = cluster.nodes.map((node) => `127.0.0.1:${node.port}`).join();
  const first = await serve(`postgres://portal_redirects@127.0.0.1:${cluster.front}/portal_redirects?sslmode=disable`);
  await firstWalk(first.url, /No admin exists yet\..*: (\S+)/.exec(first.server.said)[1]);
  const second = await serve(`postgres://portal_redirects@${hosts}/portal_redirects?sslmode=disable&target_session_attrs=read-write`, "--role", "portal");
  const saver = new Saver(first.url, await issueToken(first.url));
  const visitors = [first, second].flatMap(({ url }) => [new Visitor(url), new Visitor(url)]);
  // The first answers know no number yet.
  const saving = saver.run();
  await until("save", async () => saver.acknowledged.length > 0);
  const numbered = async ({ url }) => /\/\d+$/.test(JSON.parse((await send(`${url}/portal/my-app/v1/resolve?flow=sign-in`)).text).target);
  await until("saved value on both servers", async () => (await numbered(first)) && (await numbered(second)));
  const running = [saving, ...visitors.map((visitor) => visitor.run())];

  console.log(`  ${"longest time without a save".padEnd(30)}after`);
  for (const [name, fail] of Object.entries(failures)) {
    const since = saver.acknowledged.at(-1).at;
    const again = () => {
      const before = saver.acknowledged.length;
      // A few, since one may have been on its way.
      return until("saves again", async () => saver.acknowledged.length > before + 5, 120);
    };
    await fail(cluster, again);
    await again();
    console.log(`  ${`${(saver.longestPause(since) / 1000).toFixed(1)} s`.padEnd(30)}${name}`);
  }
  for (const each of [saver, ...visitors]) each.stopped = true;
  await Promise.all(running);

  const sum = (numbers) => numbers.reduce((all, number) => all + number, 0);
  const refused = visitors.flatMap((visitor) => visitor.refused);
  const [lost, old] = [await saver.lost(), sum(visitors.map((visitor) => visitor.old(saver)))];
  console.log(`  answers to visitors: ${sum(visitors.map((visitor) => visitor.answers.length))}, not 200: ${refused.length}, older than allowed: ${old}`);
  console.log(`  acknowledged saves: ${saver.acknowledged.length}, lost: ${lost}; saves that nobody acknowledged: ${saver.failed}`);
  for (const reason of new Set(refused)) console.log(`  a visitor was refused: ${reason}`);
  failed = refused.length > 0 || lost > 0 || old > 0;
} finally {
  if (keepLogs) console.log(`  the logs are in ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);
