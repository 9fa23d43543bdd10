// `server/ASVS.md` says which requirements are met: each one is there once, each test that it names exists, and the summary in
// `SECURITY.md` counts right. Run by `make test-node`.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";

const STATES = ["met", "met, no test", "not met", "n/a"];

/** How many requirements of levels 1 and 2 each section of ASVS 5.0.0 has. They are numbered from 1, before those of level 3. */
const SECTIONS = {
  1: [2, 9, 11, 3, 2], 2: [3, 3, 4, 1], 3: [0, 2, 4, 6, 5, 0, 2], 4: [3, 1, 2, 4], 5: [1, 3, 2, 3], 6: [3, 12, 4, 4, 5, 3, 0, 4],
  7: [3, 4, 2, 5, 2, 2], 8: [2, 3, 1, 1], 9: [3, 4], 10: [2, 2, 4, 11, 5, 2, 3], 11: [2, 3, 3, 4, 1, 1], 12: [3, 2, 4],
  13: [1, 5, 2, 5], 14: [2, 4, 3], 15: [3, 3, 7], 16: [1, 5, 4, 3, 3], 17: [1, 4, 2],
};

const cells = (line) => line.split("|").slice(1, -1).map((cell) => cell.trim());
const rows = readFileSync("server/ASVS.md", "utf8").split("\n").filter((line) => /^\| \d/.test(line)).map((line) => {
  const [id, what, state, where, ...rest] = cells(line);
  assert.deepEqual(rest, [], `${id} has more than four cells`);
  return { id, what, state, where };
});

/** The tests that a row names, as [file, test]. */
function named(where) {
  const rust = [...where.matchAll(/`([\w/.-]+\.rs)::(\w+)`/g)].map(([, file, name]) => [/^(app|server)\//.test(file) ? file : `server/tests/http/${file}`, name]);
  const node = [...where.matchAll(/`([\w.-]+\.(?:spec\.ts|test\.mjs)): "([^`]+)"`/g)];
  return [...rust, ...node.map(([, file, title]) => [file.endsWith(".ts") ? `end2end/${file}` : `.ci/${file}`, title])];
}

function isTest(file, name) {
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  if (!file.endsWith(".rs")) return text.includes(`test("${name}"`);
  return new RegExp(`^ *#\\[(\\w+::)?test\\b[^\\n]*\\]\\n( *#\\[[^\\n]*\\n)* *(async )?fn ${name}\\(`, "m").test(text);
}

test("each requirement of levels 1 and 2 has one row, in order", () => {
  const expected = Object.entries(SECTIONS).flatMap(([chapter, sections]) =>
    sections.flatMap((count, section) => Array.from({ length: count }, (_, at) => `${chapter}.${section + 1}.${at + 1}`)));
  assert.equal(expected.length, 253);
  assert.deepEqual(rows.map(({ id }) => id), expected);
});

test("each row has a short paraphrase, a known state and a reason", () => {
  for (const { id, what, state, where } of rows) {
    assert.ok(what && what.split(/\s+/).length <= 10, `${id}: ${what}`);
    assert.ok(STATES.includes(state) && where, `${id}: ${state}`);
  }
});

test("a requirement is met by tests that exist, and each named one exists", () => {
  for (const { id, state, where } of rows) {
    const tests = named(where);
    assert.equal(tests.length > 0, state === "met", `${id} is "${state}" and names ${tests.length} tests`);
    assert.equal(tests.length, where.split(/\.rs::|\.spec\.ts: |\.test\.mjs: /).length - 1, `${id}: a test is not written as at the top of the file`);
    for (const [file, name] of tests) assert.ok(isTest(file, name), `${id}: no test "${name}" in ${file}`);
  }
});

test("SECURITY.md counts the requirements of each chapter, and all of them", () => {
  const counts = (of) => STATES.map((state) => String(of.filter((row) => row.state === state).length));
  const summary = readFileSync("SECURITY.md", "utf8").split("\n").filter((line) => /^\| (V\d|All)/.test(line)).map(cells);
  const found = Object.fromEntries(summary.map(([name, ...numbers]) => [name.split(" ")[0], numbers]));
  const expected = Object.keys(SECTIONS).map((chapter) => [`V${chapter}`, counts(rows.filter(({ id }) => id.startsWith(`${chapter}.`)))]);
  assert.deepEqual(found, Object.fromEntries([...expected, ["All", counts(rows)]]));
});
