// Puts the figures that the steps of `make bench` have written into one report: report.json for the chart, report.md for people. Prints each
// figure that has a goal, and fails if one misses it, or if a step has written nothing. node .ci/bench-report.mjs DIRECTORY STEP…
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { goal, isMet, number } from "./bench-figures.mjs";

const [folder, ...steps] = process.argv.slice(2);
const sections = steps.flatMap((step) => {
  const file = join(folder, `${step}.json`);
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8"));
  return [{ title: step, figures: [], notes: [], failure: "this step has written no figures" }];
});

const now = ({ value, unit }) => `${number(value)} ${unit}`.trim();
const met = (figure) => (!figure.limit ? "" : isMet(figure) ? "met" : "MISSED");
const rows = ({ figures, failure }) => [
  ...figures.map((figure) => [figure.name, now(figure), goal(figure), met(figure)]),
  ...(failure ? [[`not measured: ${failure}`, "", "", "MISSED"]] : []),
];
const withGoals = (section) => ({ ...section, figures: section.figures.filter((figure) => figure.limit) });
const judged = sections.map(withGoals).filter((section) => rows(section).length > 0);

const line = (cells) => `| ${cells.join(" | ")} |`;
const table = (lines) => [line(["what", "now", "goal", "met"]), "|---|---:|---:|---|", ...lines.map(line)].join("\n");
const bold = (cells) => cells.map((cell) => (cell === "MISSED" ? "**missed**" : cell));
const markdown = [
  "# Benchmark",
  "One run on one machine. Ratios are medians of alternating rounds.",
  "## Goals",
  table(judged.flatMap((section) => rows(section).map(([what, ...rest]) => bold([`${section.title}: ${what}`, ...rest])))),
  ...sections.flatMap((section) => [`## ${section.title}`, table(rows(section).map(bold)), ...section.notes]),
];
writeFileSync(join(folder, "report.json"), JSON.stringify({ sections }, null, 2));
writeFileSync(join(folder, "report.md"), `${markdown.join("\n\n")}\n`);

const all = [["what", "now", "goal", "met"], ...judged.flatMap(rows)];
const width = [0, 1, 2].map((column) => Math.max(...all.map((cells) => cells[column].length)));
const show = ([what, value, bound, outcome]) =>
  console.log(`  ${what.padEnd(width[0])}  ${value.padStart(width[1])}  ${bound.padStart(width[2])}  ${outcome}`.trimEnd());
show(all[0]);
for (const section of judged) {
  console.log(section.title);
  rows(section).forEach(show);
}
const missed = judged.flatMap(rows).filter(([, , , outcome]) => outcome === "MISSED").length;
console.log(`${missed === 0 ? "Every goal is met" : `${missed} missed`}. All figures: ${join(folder, "report.md")}`);
process.exitCode = missed === 0 ? 0 : 1;
