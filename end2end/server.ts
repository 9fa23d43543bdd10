// Runs the real binary for tests, on a free port, with its own data directory or database.
import { type ChildProcess, execFileSync, spawn, spawnSync, type SpawnSyncReturns } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const binary = process.env.PORTAL_REDIRECTS ?? fileURLToPath(new URL("../target/debug/portal-redirects", import.meta.url));

export class Server {
  url = "";
  /** The link that creates the first admin. The server prints it as long as there is no admin. */
  setup = "";
  private child?: ChildProcess;
  private readonly folder = mkdtempSync(join(tmpdir(), "portal-redirects-test-"));

  /**
   * `database` is the URL of a database. Without it, the server starts its private PostgreSQL. `options` are passed to `serve`. `listen` has a
   * port if somebody has to know it before the server starts, or if the server can't say it, as behind a proxy.
   */
  constructor(
    private readonly database?: string,
    private readonly program = binary,
    private readonly options: string[] = [],
    private listen = "127.0.0.1:0",
  ) {
    // If the tests run as root, PostgreSQL runs as another user, who must be able to enter the folder.
    chmodSync(this.folder, 0o711);
  }

  /** The URL of its database; empty if it has a private PostgreSQL. */
  get databaseUrl(): string {
    return this.database ?? "";
  }

  /** Starts the server and waits until it prints that it is ready. A second start uses the same port and data. */
  async start(): Promise<void> {
    const { DATABASE_URL: _, ...variables } = process.env;
    // What tests store leads to hosts that may exist. A test that is about these checks sets the flag.
    const environment = { ...variables, PORTAL_REDIRECTS_TARGET_CHECKS: "off", PORTAL_REDIRECTS_IDENTITY_PROVIDERS: "private" };
    const database = this.database ? ["--database-url", this.database] : [];
    const child = spawn(this.program, ["serve", "--listen", this.listen, "--data-dir", this.folder, ...database, ...this.options], { env: environment, stdio: ["ignore", "pipe", "pipe"] });
    this.child = child;
    let said = "";
    this.url = await new Promise<string>((resolve, reject) => {
      const hear = (chunk: Buffer) => {
        said += chunk;
        const ready = /ready: (\S+)/.exec(said);
        if (ready) resolve(ready[1]);
      };
      child.stdout?.on("data", hear);
      child.stderr?.on("data", hear);
      child.once("exit", (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
    });
    this.listen = new URL(this.url).host;
    this.setup = /No admin exists yet\..*: (\S+)/.exec(said)?.[1] ?? this.setup;
  }

  /** Sends a signal and waits for the server to exit. Returns its exit code, or null if the signal killed it. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    child.kill(signal);
    return ended;
  }

  /** Runs `portal-redirects resolve` with one line of input, for an instance in this server's data directory. */
  resolve(instance: string, line: object): SpawnSyncReturns<string> {
    const { DATABASE_URL: _, ...env } = process.env;
    const args = ["resolve", "--instance", instance, "--data-dir", this.folder];
    return spawnSync(this.program, args, { encoding: "utf8", env, input: JSON.stringify(line), timeout: 30_000 });
  }

  /** Runs SQL in the server's database, as its owner. */
  sql(statement: string): void {
    const private_ = ["-h", join(this.folder, "run"), "-p", "5432", "-U", "portal_redirects", "portal_redirects"];
    execFileSync("psql", ["-q", "-v", "ON_ERROR_STOP=1", "-c", statement, ...(this.database ? [this.database] : private_)]);
  }

  /** The process id of the private PostgreSQL. */
  postgres(): number {
    return Number(readFileSync(join(this.folder, "postgres/postmaster.pid"), "utf8").split("\n")[0]);
  }

  /** Replaces the process id in PostgreSQL's pid file. After a crash, another process can have that id. */
  forge(id: number): void {
    const path = join(this.folder, "postgres/postmaster.pid");
    writeFileSync(path, [id, ...readFileSync(path, "utf8").split("\n").slice(1)].join("\n"));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Creates a database on the server of DATABASE_URL, and returns its URL. */
export function newDatabase(name: string): string {
  const url = process.env.DATABASE_URL;
  if (!url) throw new Error("DATABASE_URL is not set. Run the browser tests with make test-browser, which starts a PostgreSQL");
  execFileSync("psql", ["-q", "-c", `create database ${name}`, url]);
  return url.replace(/\/postgres\?/, `/${name}?`);
}
