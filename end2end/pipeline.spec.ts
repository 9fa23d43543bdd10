// The README's examples for pipelines, run as they are written: a job that comments the plan, and a step that allows a preview.
import { execFileSync, spawnSync, type SpawnSyncReturns } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { apiToken } from "./admins.ts";
import { expect, test } from "./fixtures.ts";
import { binary } from "./server.ts";

const readme = readFileSync(fileURLToPath(new URL("../README.md", import.meta.url)), "utf8");

/** The section about pipelines. */
const section = readme.split("\n### In a pipeline\n")[1].split("\n## ")[0];

/** What the README's job runs, without its indentation. */
function job(): string {
  const lines = section.split("      - run: |\n")[1].split("\n```\n")[0].split("\n");
  return lines.map((line) => line.replace(/^ {10}/, "")).join("\n");
}

/** The README's step that allows a preview. */
function step(): string {
  return section.split("```sh\n")[1].split("\n```")[0];
}

/** Runs a script in a folder, as a runner does: with the program and `gh` on the PATH, and a shell that stops at an error. */
function run(folder: string, script: string, variables: Record<string, string>): SpawnSyncReturns<string> {
  const path = `${folder}:${dirname(binary)}:${process.env.PATH}`;
  return spawnSync("bash", ["-e", "-o", "pipefail", "-c", script], { cwd: folder, encoding: "utf8", env: { PATH: path, ...variables } });
}

test("a job writes the plan of a pull request as a comment", async ({ request, server, slug }) => {
  const folder = mkdtempSync(join(tmpdir(), "portal-redirects-job-"));
  // What `gh pr comment URL --body-file FILE` posts.
  writeFileSync(join(folder, "gh"), `#!/bin/sh\n[ "$1 $2" = "pr comment" ] && cp "$5" posted.md\n`);
  chmodSync(join(folder, "gh"), 0o755);
  const variables = { SERVER: server.url, PORTAL_REDIRECTS_TOKEN: await apiToken(request, { server, slug }, "read"), PR: "https://github.com/o/r/pull/1" };
  const exported = execFileSync(binary, ["export", "--server", server.url], { encoding: "utf8", env: { ...process.env, ...variables } });
  const comment = (): string => readFileSync(join(folder, "posted.md"), "utf8");

  writeFileSync(join(folder, "settings.yaml"), exported);
  expect(run(folder, job(), variables).status).toBe(0);
  expect(comment()).toContain("Nothing to change");

  writeFileSync(join(folder, "settings.yaml"), exported.replace(/# after_sign_in_url: .*/, "after_sign_in_url: /dashboard"));
  const planned = run(folder, job(), variables);
  expect(planned.status, planned.stderr + comment()).toBe(0);
  expect(comment()).toContain("after_sign_in_url");
  expect(comment()).toContain("+ /dashboard");

  writeFileSync(join(folder, "settings.yaml"), exported.replace(/# after_sign_in_url: .*/, "after_sign_in_url: https://evil.com/"));
  expect(run(folder, job(), variables).status).not.toBe(0);
  expect(comment()).toContain("settings.yaml:");
  rmSync(folder, { recursive: true });
});

test("a step allows the address of a preview until it expires", async ({ request, server, slug }) => {
  const token = await apiToken(request, { server, slug }, "preview-origins");
  const preview = "https://my-app-git-x-my-team.vercel.app";
  const target = async (): Promise<string> =>
    (await (await request.get(`${server.url}/portal/${slug}/v1/resolve`, { params: { flow: "sign-in", redirect_url: `${preview}/x` } })).json()).target;
  const home = await target();
  const variables = { SERVER: server.url, PORTAL_REDIRECTS_TOKEN: token, PREVIEW_URL: preview };
  const script = step().replace("/instances/my-app/", `/instances/${slug}/`);
  const added = run(tmpdir(), script, variables);
  expect(added.status, added.stderr).toBe(0);
  expect(await target()).toBe(`${preview}/x`);
  // For a second only: it ends without another call.
  expect(run(tmpdir(), script.replace("expires_in=7d", "expires_in=1s"), variables).status).toBe(0);
  await expect.poll(target).toBe(home);
});
