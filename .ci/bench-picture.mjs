// Draws target/bench/report.json as target/bench/report.svg: a bar for each figure with a goal, a line at the goal, and bars for
// the other figures. Works on light and dark backgrounds. node .ci/bench-picture.mjs DIRECTORY
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { goal, isMet, number } from "./bench-figures.mjs";

const folder = process.argv[2] ?? "target/bench";
const { sections } = JSON.parse(readFileSync(join(folder, "report.json"), "utf8"));
const figures = sections.flatMap((section) => section.figures);
const [width, left, right, row] = [720, 300, 150, 34];
const scale = width - left - right;
const parts = [];
let y = 0;

const escape = (text) => String(text).replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]);
const text = (x, what, kind = "", anchor = "start") => parts.push(`<text x="${x}" y="${y}" class="${kind}" text-anchor="${anchor}">${escape(what)}</text>`);

function heading(what) {
  y += 34;
  text(16, what, "heading");
  y += 12;
}

// A bar with its goal at two thirds of the width, so that all bars compare with one line.
function limited(figure) {
  const { name, value, unit, limit } = figure;
  const [bound] = Object.values(limit);
  const met = isMet(figure);
  const at = scale * (2 / 3);
  const share = bound === 0 ? (value === 0 ? 0 : Infinity) : value / bound;
  const length = Math.max(2, Math.min(scale, share * at));
  y += row;
  text(left - 12, name, "", "end");
  parts.push(`<rect x="${left}" y="${y - 14}" width="${length}" height="18" rx="3" class="${met ? "met" : "missed"}"/>`);
  parts.push(`<path d="M${left + at} ${y - 19}v28" class="bound"/>`);
  text(left + scale + 12, `${number(value)} ${unit}`, met ? "value" : "value missed");
  y += 15;
  text(left + at, goal(figure), "small", "middle");
  y -= 6;
}

// Figures without a goal, one below the other on one scale.
function informative(figures) {
  const most = Math.max(...figures.map((figure) => figure.value), Number.MIN_VALUE);
  for (const { name, value, unit } of figures) {
    y += 26;
    text(left - 12, name, "", "end");
    parts.push(`<rect x="${left}" y="${y - 12}" width="${Math.max(1, (Math.max(0, value) / most) * scale)}" height="14" rx="3" class="told"/>`);
    text(left + scale + 12, `${number(value)} ${unit}`, "value");
  }
}

heading("Figures with a goal");
figures.filter((figure) => figure.limit).forEach(limited);
for (const section of sections.filter((section) => section.figures.some((figure) => !figure.limit))) {
  heading(section.title);
  // Different units need different scales.
  const rest = section.figures.filter((figure) => !figure.limit);
  for (const unit of new Set(rest.map((figure) => figure.unit))) informative(rest.filter((figure) => figure.unit === unit));
}

const height = y + 24;
// Names that are too long for their column are squeezed, never cut.
const fitted = parts.map((part) => part.replace(/<text ([^>]*)>([^<]{46,})</, `<text $1 textLength="${left - 28}" lengthAdjust="spacingAndGlyphs">$2<`)).map((part) => (part.includes('class="heading"') ? part.replace(/ textLength="\d+" lengthAdjust="\w+"/, "") : part));
const style = `text{font:13px system-ui,sans-serif;fill:#1c2024}.heading{font-weight:600;font-size:14px}.small{font-size:11px;fill:#60646c}
.value{font-variant-numeric:tabular-nums}.met{fill:#30a46c}.missed{fill:#e5484d}text.missed{font-weight:600}.told{fill:#8da4ef}.bound{stroke:#1c2024;stroke-width:1.5}
.ground{fill:#fcfcfd}@media (prefers-color-scheme:dark){text{fill:#edeef0}.small{fill:#b0b4ba}.bound{stroke:#edeef0}.ground{fill:#111113}.told{fill:#3e63dd}text.missed{fill:#ff9592}}`;
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="Portal benchmark">
<style>${style}</style><rect class="ground" width="${width}" height="${height}"/>
${fitted.join("\n")}
</svg>
`;
writeFileSync(join(folder, "report.svg"), svg);
console.log(`portal: wrote the chart to ${join(folder, "report.svg")}`);
