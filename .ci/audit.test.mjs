// `make audit` with a handmade advisory database. Run by `make test-node`.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

let folder;
before(() => (folder = mkdtempSync(join(tmpdir(), "portal-redirects-audit-"))));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A database with these advisories: the id, the package, and the lines that say what is wrong with it. */
function database(name, ...advisories) {
  const db = join(folder, name);
  mkdirSync(join(db, "crates"), { recursive: true });
  writeFileSync(join(db, "README.md"), "Handmade\n");
  for (const [id, crate, ...lines] of advisories) {
    mkdirSync(join(db, "crates", crate), { recursive: true });
    const advisory = [`id = "${id}"`, `package = "${crate}"`, 'date = "2024-10-07"', 'url = "https://example.com/"', ...lines];
    const text = ["```toml", "[advisory]", ...advisory, "", "[versions]", "patched = []", "```", "", "# Handmade", "", "It concerns every version.", ""];
    writeFileSync(join(db, "crates", crate, `${id}.md`), text.join("\n"));
  }
  const git = (...words) => execFileSync("git", ["-C", db, "-c", "user.name=test", "-c", "user.email=test@example.org", ...words]);
  git("init", "--quiet");
  git("add", "--all");
  git("commit", "--quiet", "--message", "Handmade");
  return db;
}

function audit(...words) {
  const { status, stdout, stderr } = spawnSync(".ci/audit", words, { encoding: "utf8" });
  return { status, said: stdout + stderr };
}

const unmaintained = ["RUSTSEC-2024-0436", "paste", 'informational = "unmaintained"'];

test("without anything new the audit passes, and the one advisory that is accepted does not count", () => {
  const { status, said } = audit(database("old", unmaintained));
  assert.equal(status, 0, said);
  assert.match(said, /advisories ok/);
});

test("a vulnerable dependency fails the audit by name", () => {
  const { status, said } = audit(database("vulnerable", unmaintained, ["RUSTSEC-2099-0001", "url", 'categories = ["denial-of-service"]']));
  assert.notEqual(status, 0, said);
  assert.match(said, /RUSTSEC-2099-0001/);
  assert.match(said, /url \d/);
});

test("another unmaintained dependency fails it too", () => {
  const { status, said } = audit(database("unmaintained", ["RUSTSEC-2099-0002", "url", 'informational = "unmaintained"']));
  assert.notEqual(status, 0, said);
  assert.match(said, /RUSTSEC-2099-0002/);
});

test("a folder that is not the database is named", () => {
  mkdirSync(join(folder, "other"));
  for (const [words, sentence] of [
    [[], /make audit DB=FOLDER/],
    [[join(folder, "nowhere")], /there is no folder/],
    [[join(folder, "other")], /is not a git clone/],
  ]) {
    const { status, said } = audit(...words);
    assert.equal(status, 2, said);
    assert.match(said, sentence);
  }
});
