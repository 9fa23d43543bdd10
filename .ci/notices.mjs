// Writes the licenses of all third-party code in the binary and in the browser's files into one text.
//   node .ci/notices.mjs FILE
// Crates come from `cargo metadata`, without those that only build or test; from npm, only the colours are shipped.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const apache = readFileSync("LICENSE-APACHE", "utf8");
const metadata = JSON.parse(
  execFileSync("cargo", ["metadata", "--format-version", "1", "--locked", "--filter-platform", "x86_64-unknown-linux-gnu", "--filter-platform", "wasm32-unknown-unknown"], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    stdio: ["ignore", "pipe", "inherit"],
  }),
);

const packages = new Map(metadata.packages.map((one) => [one.id, one]));
const nodes = new Map(metadata.resolve.nodes.map((one) => [one.id, one]));
const isMacro = (id) => packages.get(id).targets.every(({ kind }) => kind.some((kind) => ["proc-macro", "custom-build", "bench", "test", "example"].includes(kind)));

/** The crates that end up in the binary or in the wasm: normal dependencies, macros left out, since only their output is in there. */
function shipped() {
  const found = new Set();
  const todo = metadata.workspace_members.slice();
  for (let id = todo.pop(); id !== undefined; id = todo.pop()) {
    if (found.has(id) || isMacro(id)) continue;
    found.add(id);
    for (const { pkg, dep_kinds: kinds } of nodes.get(id).deps) if (kinds.some(({ kind }) => kind === null)) todo.push(pkg);
  }
  return [...found].map((id) => packages.get(id)).filter(({ source }) => source !== null);
}

/** The texts of the license files in a folder, without blanks at the ends of lines. */
function texts(folder, named) {
  const files = readdirSync(folder).filter((name) => /^(licen[cs]e|copying|notice|unlicense|copyright)/i.test(name) && statSync(join(folder, name)).isFile());
  const all = [...new Set([...files, ...(named ? [named] : [])])];
  return all.map((name) => [name, readFileSync(join(folder, name), "utf8").replaceAll("\r\n", "\n").replaceAll(/[ \t]+$/gm, "").trim()]);
}

// Which license is used: Apache-2.0 where it may be chosen, because its text is the same for all; a NOTICE file goes with it.
const byText = new Map();
function add(text, label) {
  if (!byText.has(text)) byText.set(text, []);
  byText.get(text).push(label);
}

for (const { name, version, license, license_file: file, manifest_path: manifest, repository, authors } of shipped()) {
  const label = `${name} ${version} (${license ?? "see below"}) ${repository ?? ""}`.trim();
  const found = texts(dirname(manifest), file);
  const chooses = (license ?? "").split(/ OR |\//).map((one) => one.replaceAll(/[()]/g, "").trim());
  if (chooses.includes("Apache-2.0")) {
    add(apache.trim(), label);
    for (const [file, text] of found) if (/^notice/i.test(file)) add(text, label);
  } else if (found.length > 0) {
    for (const [, text] of found) add(text, label);
  } else if (chooses.includes("MIT")) {
    // Its package has no license file: the license's text, with the authors that the package names.
    const mit = readFileSync("LICENSE-MIT", "utf8").replace(/^Copyright.*$/m, `Copyright (c) the authors of ${name}${authors.length > 0 ? `: ${authors.join(", ")}` : ""}`);
    add(mit.trim(), label);
  } else {
    console.error(`notices: ${name} ${version} (${license}) has no license file; say in .ci/notices.mjs which text to use`);
    process.exitCode = 1;
  }
}

const colors = "node_modules/@radix-ui/colors";
const { version } = JSON.parse(readFileSync(join(colors, "package.json"), "utf8"));
for (const [, text] of texts(colors)) add(text, `@radix-ui/colors ${version} (MIT) https://github.com/radix-ui/colors`);
add(apache.trim(), `The standard library of Rust (MIT OR Apache-2.0) https://github.com/rust-lang/rust`);

const sections = [...byText].sort(([, a], [, b]) => b.length - a.length || (a[0] < b[0] ? -1 : 1)).map(([text, labels]) => `${labels.sort().join("\n")}\n\n${text}\n`);
const head = "Portal Redirects contains code of these projects, under the licenses below. The Cargo.lock of its repository names the exact sources.\n";
mkdirSync(dirname(process.argv[2]), { recursive: true });
writeFileSync(process.argv[2], [head, ...sections].join(`\n${"-".repeat(80)}\n\n`));
