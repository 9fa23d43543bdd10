// Starting, stopping and killing the server, with and without its PostgreSQL: nothing that was saved is lost.
import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type APIRequestContext } from "@playwright/test";
import { saveRedirects, setUp } from "./admins.ts";
import { alive, expect, test } from "./fixtures.ts";
import { binary, newDatabase, Server } from "./server.ts";

/** Saves a fallback for sign-up over `version`. */
async function save(request: APIRequestContext, server: Server, version: number, value: string): Promise<void> {
  const answer = await saveRedirects(request, { server, slug: "localhost" }, version, { after_sign_up_url: value });
  expect(answer.status()).toBe(303);
}

async function target(request: APIRequestContext, server: Server): Promise<string> {
  return (await (await request.get(`${server.url}/portal/localhost/v1/resolve?flow=sign-up`)).json()).target;
}

test("saved redirects survive a restart, after SIGTERM and after kill -9", async ({ request }) => {
  const server = new Server();
  await server.start();
  await setUp(request, server);
  await save(request, server, 1, "/first");
  expect(await server.stop("SIGTERM")).toBe(0);
  expect(() => server.postgres(), "PostgreSQL stops with its server").toThrow();

  await server.start();
  expect(await target(request, server)).toBe(`${server.url.replace("127.0.0.1", "localhost")}/first`);
  await save(request, server, 2, "/second");
  const orphan = server.postgres();
  await server.stop("SIGKILL");

  await server.start();
  expect(server.postgres(), "the server reuses the PostgreSQL that was left behind").toBe(orphan);
  expect(await target(request, server)).toMatch(/\/second$/);
  await save(request, server, 3, "/third");
  process.kill(server.postgres(), "SIGKILL");
  await server.stop("SIGKILL");

  await server.start();
  expect(await target(request, server)).toMatch(/\/third$/);
  expect(await server.stop("SIGINT")).toBe(0);
  server.remove();
});

test("a PostgreSQL that dies is started again, even if another process has its old process id", async ({ request }) => {
  const server = new Server();
  await server.start();
  await setUp(request, server);
  await save(request, server, 1, "/kept");
  process.kill(server.postgres(), "SIGKILL");
  await expect(async () => expect(await target(request, server)).toMatch(/\/kept$/)).toPass();
  const stranger = server.postgres();
  process.kill(stranger, "SIGKILL");
  await server.stop("SIGKILL");
  server.forge(process.pid);
  await server.start();
  expect(await target(request, server)).toMatch(/\/kept$/);
  expect(await server.stop()).toBe(0);
  server.remove();
});

test("a signal stops a server that waits for an unresponsive database", async () => {
  const silent = createServer().listen(0, "127.0.0.1");
  await once(silent, "listening");
  const { port } = silent.address() as AddressInfo;
  const accepted = once(silent, "connection");
  const server = new Server(`postgres://127.0.0.1:${port}/none`);
  const started = server.start().catch((error: Error) => error.message);
  const [connection] = await accepted;
  expect(await server.stop("SIGTERM")).toBe(0);
  expect(await started).toContain("ended with 0");
  connection.destroy();
  silent.close();
});

test("two servers can start at the same time on an empty database, and the first instance is created there", async ({ page, launch }) => {
  const database = newDatabase("two_at_once");
  const servers = await Promise.all([launch(database), launch(database)]);
  await setUp(page.request, servers[0]);
  await page.goto(`${servers[0].url}/instances`);
  await expect(page.getByRole("heading", { name: "No instance yet" })).toBeVisible();
  await page.getByRole("link", { name: "Create the first instance" }).click();
  await page.getByLabel("Name").fill("First");
  await page.getByLabel("Domain").fill("first.example");
  await page.getByRole("button", { name: "Create instance" }).click();
  await expect(page.getByRole("heading", { name: "First" })).toBeVisible();
  await page.goto(`${servers[1].url}/instances`);
  await expect(page.getByRole("link", { name: /First/ }).first()).toBeVisible();
});

test("the command line reads an instance from the running server, and never starts one", async ({ request }) => {
  const server = new Server();
  await server.start();
  await setUp(request, server);
  await save(request, server, 1, "/first");
  const asked = server.resolve("localhost", { flow: "sign-up" });
  expect(asked.status, asked.stderr).toBe(0);
  expect(JSON.parse(asked.stdout)).toMatchObject({ target: await target(request, server), source: "fallback", version: 2 });
  expect(server.resolve("nobody", {}).stderr).toContain('there is no instance "nobody"');
  await server.stop();
  const refused = server.resolve("localhost", { flow: "sign-up" });
  expect([refused.status, refused.stdout]).toEqual([1, ""]);
  expect(refused.stderr).toContain("no server is running on the data directory");
  expect(() => server.postgres(), "no PostgreSQL was started").toThrow();
  server.remove();
});

test("a second server on the same data directory fails and names the process that uses it", async () => {
  const server = new Server();
  await server.start();
  const second = Object.assign(Object.create(Server.prototype), server, { listen: "127.0.0.1:0" }) as Server;
  await expect(second.start()).rejects.toThrow(/another server \(process \d+\) uses/);
  await server.stop();
  server.remove();
});

test("the binary works when it is copied alone to another folder", async ({ page, launch }) => {
  const folder = mkdtempSync(join(tmpdir(), "portal-redirects-alone-"));
  const alone = join(folder, "portal-redirects");
  copyFileSync(binary, alone);
  const server = await launch(newDatabase("alone"), alone);
  await setUp(page.request, server);
  await page.goto(`${server.url}/instances/new`);
  await alive(page);
  await expect(page.getByRole("button", { name: "Create instance" })).toHaveCSS("border-radius", /[1-9]/);
  rmSync(folder, { recursive: true });
});

test("migrate updates the schema and exits, even if there is nothing to do", () => {
  const database = newDatabase("migrated");
  for (const _ of ["first", "again"]) execFileSync(binary, ["migrate", "--database-url", database]);
  const tables = execFileSync("psql", ["-At", "-c", "select count(*) from instances", database]).toString().trim();
  expect(tables).toBe("0");
});

test("a server that can't start says why", () => {
  const said = (...args: string[]) => {
    const { DATABASE_URL: _, ...env } = process.env;
    const ended = spawnSync(binary, args, { encoding: "utf8", env, timeout: 30_000 });
    expect(ended.status).toBe(1);
    return ended.stderr;
  };
  expect(said("--listen", "0.0.0.0:0")).toContain("other machines can reach 0.0.0.0");
  // To serve, it would wait for the database.
  const unreachable = said("migrate", "--database-url", "postgres://nick:secret@127.0.0.1:1/none");
  expect(unreachable).toContain("the database none at 127.0.0.1:1 can't be reached as role nick (DATABASE_URL)");
  expect(unreachable).not.toContain("secret");
  expect(said("--listen", "127.0.0.1:0", "--data-dir", "/tmp/a$HOME")).toContain("its path contains one of");
  expect(said("--listen", "127.0.0.1:0", "--database-url", "mysql://nick:secret@host/none")).not.toContain("secret");
});
