// The management API as other programs take it: a linter reads its description, a typed client is generated from it and used, and
// Schemathesis sends whatever the description allows and forbids.
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { transformSync } from "esbuild";
import openapiTypescript, { astToString } from "openapi-typescript";
import { apiToken } from "./admins.ts";
import { expect, test } from "./fixtures.ts";

const description = "/management/v1/openapi.json";
const here = fileURLToPath(new URL(".", import.meta.url));

/** A tool that `.ci/setup tests` installs. */
function tool(path: string): string {
  const { PORTAL_REDIRECTS_TOOLS: tools, XDG_CACHE_HOME: cache } = process.env;
  return join(tools ?? join(cache ?? join(homedir(), ".cache"), "portal-redirects/tools"), path);
}

test("a linter finds nothing wrong with the description", async ({ request }) => {
  const source = await (await request.get(description)).text();
  const config = await createConfig({ extends: ["recommended"], rules: { "no-server-example.com": "off", "operation-4xx-response": "error" } });
  const problems = await lintFromString({ source, config });
  expect(problems.map(({ message, location }) => `${message} ${location.map((at) => at.pointer).join(" ")}`)).toEqual([]);
});

test("a typed client is generated from the description, and reads and changes redirects", async ({ request, server, slug }, info) => {
  const token = await apiToken(request, { server, slug }, "redirects");
  const folder = join(here, "results", `client-${info.workerIndex}`);
  mkdirSync(folder, { recursive: true });
  const types = await openapiTypescript(await (await request.get(description)).text());
  writeFileSync(join(folder, "management-api.d.ts"), astToString(types));
  copyFileSync(join(here, "management-client.ts"), join(folder, "client.ts"));
  const options = ["--noEmit", "--strict", "--target", "es2022", "--module", "nodenext", "--skipLibCheck", "false"];
  execFileSync("node", [join(here, "../node_modules/typescript/bin/tsc"), ...options, join(folder, "client.ts")], { stdio: "pipe", encoding: "utf8" });
  const { code } = transformSync(readFileSync(join(folder, "client.ts"), "utf8"), { loader: "ts", format: "esm" });
  writeFileSync(join(folder, "client.mjs"), code);
  const { changeSignIn } = await import(pathToFileURL(join(folder, "client.mjs")).href);
  expect(await changeSignIn(server.url, token, slug, "/dashboard")).toEqual({ before: null, after: "/dashboard" });
  expect(await changeSignIn(server.url, token, slug, "https://evil.com/")).toContain("evil.com");
});

test("Schemathesis finds no fault of the server and no answer that is not described", async ({ request, server, slug }) => {
  test.setTimeout(300_000);
  const token = await apiToken(request, { server, slug }, "settings");
  const checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance,unsupported_method";
  const limits = ["--max-examples", "20", "--seed", "1", "--workers", "1", "--phases", "examples,coverage,fuzzing", "--request-timeout", "20"];
  const folder = join(here, "results", "schemathesis");
  mkdirSync(folder, { recursive: true });
  const found = spawnSync(
    tool("schemathesis-4.32.5/bin/schemathesis"),
    ["run", server.url + description, "--url", server.url, "--checks", checks, ...limits, "--header", `Authorization: Bearer ${token}`, "--no-color"],
    // It keeps what it has found beside it.
    { encoding: "utf8", cwd: folder },
  );
  expect(found.status, found.stdout.slice(-8000) + found.stderr).toBe(0);
  // The instance that it wrote to still serves visitors.
  const resolved = await request.get(`${server.url}/portal/${slug}/v1/resolve?flow=sign-in`);
  expect(resolved.status()).toBe(200);
});
