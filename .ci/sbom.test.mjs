// The list of crates in a binary, and the licenses that go with it. Run by `make test-node`.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, test } from "node:test";

const tools = process.env.PORTAL_REDIRECTS_TOOLS ?? join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "portal-redirects/tools");
let folder;
before(() => (folder = mkdtempSync(join(tmpdir(), "portal-redirects-sbom-"))));
after(() => rmSync(folder, { recursive: true, force: true }));

test("a binary built as releases are lists its crates, and names no folder of this machine", () => {
  mkdirSync(join(folder, "src"));
  writeFileSync(join(folder, "Cargo.toml"), '[package]\nname = "handmade"\nversion = "1.2.3"\nedition = "2024"\n[workspace]\n');
  writeFileSync(join(folder, "src/main.rs"), 'fn main() { println!("{}", std::panic::Location::caller()); }\n');
  const env = { ...process.env, PATH: `${tools}/cargo-auditable-0.7.7/bin${delimiter}${process.env.PATH}`, CARGO_TARGET_DIR: join(folder, "target") };
  env.CARGO_ENCODED_RUSTFLAGS = `--remap-path-prefix=${folder}=portal-redirects`;
  execFileSync("cargo", ["auditable", "build", "--quiet", "--release", "--offline"], { cwd: folder, env });
  const binary = join(folder, "target/release/handmade");
  const { packages } = JSON.parse(execFileSync(process.execPath, [".ci/sbom.mjs", binary], { encoding: "utf8" }));
  assert.deepEqual(packages.map(({ name, version }) => `${name} ${version}`), ["handmade 1.2.3"]);
  assert.equal(readFileSync(binary).includes(folder), false);
});

test("a binary without the list is named", () => {
  const { status, stderr } = spawnSync(process.execPath, [".ci/sbom.mjs", process.execPath], { encoding: "utf8" });
  assert.notEqual(status, 0);
  assert.match(stderr, /has no list of crates/);
});

test("`make build` builds with the list and without paths", () => {
  const makefile = readFileSync("Makefile", "utf8");
  assert.match(makefile, /\$\(release\) cargo auditable build --release -p server/);
  assert.match(makefile, /remap-path-prefix/);
});

test("the notices name what is shipped, with its license, and nothing that only tests", () => {
  const file = join(folder, "notices/third-party-notices.txt");
  execFileSync(process.execPath, [".ci/notices.mjs", file]);
  const notices = readFileSync(file, "utf8");
  for (const name of ["leptos", "axum", "sqlx", "chacha20poly1305", "totp-rs", "wasm-bindgen", "@radix-ui/colors"]) {
    assert.match(notices, new RegExp(`^${name} \\d`, "m"), name);
  }
  for (const name of ["proptest", "criterion", "rqrr", "tempfile", "brotli"]) assert.doesNotMatch(notices, new RegExp(`^${name} \\d`, "m"), name);
  assert.match(notices, /Apache License\s+Version 2\.0/);
  assert.match(notices, /Permission is hereby granted, free of charge/);
});
