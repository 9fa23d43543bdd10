// PostgreSQL with high availability, as Debian packages it: three nodes that Patroni runs, etcd, and HAProxy in front of the leader.
import { execFileSync, spawn } from "node:child_process";
import { chownSync, openSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../packages/walk.mjs";

const binaries = join("/usr/lib/postgresql", readdirSync("/usr/lib/postgresql").sort((a, b) => b - a)[0], "bin");
const [uid, gid] = ["-u", "-g"].map((flag) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" })));

/** Waits until `check` returns something. Asks again every 200 ms. */
export async function until(what, check, seconds = 90) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await check().catch(() => undefined);
    if (found) return found;
    if (Date.now() > end) throw new Error(`after ${seconds} s, there is still no ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** The descendants of a process, with itself. */
function family(pid) {
  const parent = (id) => Number(readFileSync(`/proc/${id}/stat`, "utf8").split(") ").at(-1).split(" ")[1]);
  const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number);
  const children = all.filter((id) => { try { return parent(id) === pid; } catch { return false; } });
  return [pid, ...children.flatMap(family)];
}

/** A node: PostgreSQL, and the Patroni that runs it. */
class Node {
  constructor(name, folder, ports, etcd) {
    Object.assign(this, { name, folder, ...ports });
    this.configuration = join(folder, `${name}.yml`);
    const local = "host all all 127.0.0.1/32 trust";
    const configuration = {
      scope: "ha",
      name,
      restapi: { listen: `127.0.0.1:${this.api}`, connect_address: `127.0.0.1:${this.api}` },
      // Not etcd3: with it, a leader that was frozen can keep Patroni 3.0 from naming a synchronous replica.
      etcd: { host: `127.0.0.1:${etcd}` },
      bootstrap: {
        dcs: { ttl: 20, loop_wait: 2, retry_timeout: 3, synchronous_mode: true, postgresql: { use_pg_rewind: true, parameters: { wal_log_hints: "on", max_connections: 100 } } },
        initdb: [{ encoding: "UTF8" }, { locale: "C" }, "data-checksums"],
      },
      postgresql: {
        listen: `127.0.0.1:${this.port}`,
        connect_address: `127.0.0.1:${this.port}`,
        data_dir: join(folder, name),
        bin_dir: binaries,
        pgpass: join(folder, `${name}.pgpass`),
        pg_hba: [local, "host replication all 127.0.0.1/32 trust", "local all all trust"],
        authentication: { superuser: { username: "postgres" }, replication: { username: "replicator" }, rewind: { username: "postgres" } },
        parameters: { unix_socket_directories: folder },
      },
    };
    // JSON is YAML too.
    writeFileSync(this.configuration, JSON.stringify(configuration));
  }

  start() {
    const log = openSync(join(this.folder, `${this.name}.log`), "a");
    this.patroni = spawn("patroni", [this.configuration], { uid, gid, cwd: this.folder, stdio: ["ignore", log, log] });
  }

  get postmaster() {
    return Number(readFileSync(join(this.folder, this.name, "postmaster.pid"), "utf8").split("\n")[0]);
  }

  /** Sends a signal to Patroni and to every process of PostgreSQL. */
  signal(name) {
    // Patroni first, so that it does nothing about the others.
    const processes = [this.patroni.pid, ...family(this.postmaster)];
    for (const id of processes) { try { process.kill(id, name); } catch { /* It has just ended. */ } }
  }
}

/** The cluster: started, with somebody who leads. */
export class Cluster {
  static async start(folder) {
    chownSync(folder, uid, gid);
    const cluster = new Cluster();
    cluster.folder = folder;
    const [etcd, peers, front] = [await freePort(), await freePort(), await freePort()];
    const url = (port) => `http://127.0.0.1:${port}`;
    const log = openSync(join(folder, "etcd.log"), "a");
    const flags = { "data-dir": join(folder, "etcd"), "enable-v2": true, "listen-client-urls": url(etcd), "advertise-client-urls": url(etcd), "listen-peer-urls": url(peers), "initial-advertise-peer-urls": url(peers), "initial-cluster": `default=${url(peers)}` };
    spawn("etcd", Object.entries(flags).map(([name, value]) => `--${name}=${value}`), { stdio: ["ignore", log, log] });
    await until("etcd", async () => (await fetch(`${url(etcd)}/health`)).ok);
    cluster.nodes = [];
    for (const name of ["one", "two", "three"]) {
      const node = new Node(name, folder, { port: await freePort(), api: await freePort() }, etcd);
      node.start();
      cluster.nodes.push(node);
      await until(`PostgreSQL of ${name}`, async () => (await fetch(`${url(node.api)}/health`)).ok);
    }
    cluster.front = front;
    cluster.startHaproxy();
    await cluster.whole();
    // Until its first checks, HAProxy leads to every node in turn.
    const leads = () => cluster.query("select pg_is_in_recovery()") === "f";
    await until("leader behind HAProxy", async () => [1, 2, 3, 4, 5, 6].every(leads));
    return cluster;
  }

  startHaproxy() {
    const servers = this.nodes.map((node) => `  server ${node.name} 127.0.0.1:${node.port} maxconn 100 check port ${node.api}`);
    const configuration = `global
  maxconn 1000
defaults
  mode tcp
  timeout connect 2s
  timeout client 30m
  timeout server 30m
  timeout check 2s
listen leader
  bind 127.0.0.1:${this.front}
  option httpchk OPTIONS /primary
  http-check expect status 200
  default-server inter 1s fastinter 500ms fall 2 rise 1 on-marked-down shutdown-sessions
${servers.join("\n")}
`;
    writeFileSync(join(this.folder, "haproxy.cfg"), configuration);
    const log = openSync(join(this.folder, "haproxy.log"), "a");
    spawn("haproxy", ["-db", "-f", join(this.folder, "haproxy.cfg")], { stdio: ["ignore", log, log] });
  }

  /** What each node is, as Patroni says. */
  async members() {
    for (const node of this.nodes) {
      try {
        return (await (await fetch(`http://127.0.0.1:${node.api}/cluster`, { signal: AbortSignal.timeout(1000) })).json()).members;
      } catch { /* The next one may answer. */ }
    }
    throw new Error("no node answers");
  }

  async node(role) {
    const found = await until(role, async () => (await this.members()).find((member) => member.role === role));
    return this.nodes.find((node) => node.name === found.name);
  }

  /** Waits until one leads and the others follow it, one of them in synchrony. */
  async whole() {
    await until("complete cluster", async () => {
      const members = await this.members();
      const of = (...roles) => members.filter((member) => roles.includes(member.role) && ["running", "streaming"].includes(member.state)).length;
      return of("leader") === 1 && of("sync_standby") === 1 && of("sync_standby", "replica") === 2;
    }, 180);
  }

  query(sql) {
    return execFileSync(join(binaries, "psql"), ["-X", "-A", "-t", "-h", "127.0.0.1", "-p", String(this.front), "-U", "postgres", "-c", sql], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
  }

  /** Lets another node lead, as before maintenance. */
  async switchOver() {
    const [from, to] = [await this.node("leader"), await this.node("sync_standby")];
    execFileSync("patronictl", ["-c", from.configuration, "switchover", "--leader", from.name, "--candidate", to.name, "--force", "ha"], { stdio: ["ignore", "pipe", "pipe"] });
    await until("new leader", async () => (await this.members()).some((member) => member.role === "leader" && member.name === to.name));
  }
}
