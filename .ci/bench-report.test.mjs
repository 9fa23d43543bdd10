// The report of `make bench`. Run by `make test-node`.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";

let folder;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "portal-redirects-bench-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const figure = (name, value, limit = null) => ({ name, value, unit: "ms", limit });
const section = (title, ...figures) => [{ title, figures, notes: ["A note."], failure: null }];
const write = (step, figures) => writeFileSync(join(folder, `${step}.json`), JSON.stringify(figures));
const report = (...steps) => spawnSync(process.execPath, [".ci/bench-report.mjs", folder, ...steps], { encoding: "utf8" });

test("where every goal is met, the report has all figures and the summary those with a goal", () => {
  write("one", section("First", figure("fast", 9.876, { at_most: 10 }), figure("told", 12_345)));
  write("two", section("Second", figure("many", 200, { at_least: 190 })));
  const { status, stdout } = report("one", "two");
  assert.equal(status, 0, stdout);
  assert.match(stdout, /fast +9\.88 ms +≤ 10 +met/);
  assert.match(stdout, /many +200 ms +≥ 190 +met/);
  assert.doesNotMatch(stdout, /told/);
  const markdown = readFileSync(join(folder, "report.md"), "utf8");
  assert.match(markdown, /^\| told \| 12,345 ms \| {2}\| {2}\|$/m);
  assert.match(markdown, /^A note\.$/m);
});

test("a missed goal, a value that is none, a failure and a step without figures fail, and hide nothing else", () => {
  write("one", section("First", figure("slow", 10.5, { at_most: 10 }), figure("few", 1, { at_least: 2 }), figure("good", 1, { at_most: 2 })));
  write("two", [{ ...section("Second", figure("empty", null, { at_most: 5 }))[0], failure: "no server" }]);
  const { status, stdout } = report("one", "two", "three");
  assert.equal(status, 1);
  for (const missed of [/slow .*MISSED/, /few .*MISSED/, /empty .*MISSED/, /not measured: no server +MISSED/, /three\n.*no figures +MISSED/]) {
    assert.match(stdout, missed);
  }
  assert.match(stdout, /good .* met/);
  assert.match(stdout, /^5 missed/m);
});

test("the chart is drawn from the report", () => {
  write("one", section("First", figure("slow", 10.5, { at_most: 10 }), figure("told", 3)));
  report("one", "two");
  const { status, stderr } = spawnSync(process.execPath, [".ci/bench-picture.mjs", folder], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  assert.match(readFileSync(join(folder, "report.svg"), "utf8"), /class="value missed".*10\.5 ms/);
});
