// Builds the dashboard's style sheet: bundles and minifies main.css and its imports, and adds the Radix colours that style/*.css use.
//
//   node style/build.mjs OUTFILE

import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import * as radix from "@radix-ui/colors";
import { build } from "esbuild";

// `import.meta.dirname` requires Node 20.
const folder = dirname(fileURLToPath(import.meta.url));
const outfile = process.argv[2];
if (!outfile) throw new Error("usage: node style/build.mjs OUTFILE");

/** Custom properties for the Radix colours that the style sheets use, such as `slate-11`, each with a light and a dark value. */
async function palette() {
  const files = (await readdir(folder)).filter((name) => name.endsWith(".css"));
  const sources = await Promise.all(files.map((name) => readFile(join(folder, name), "utf8")));
  const steps = new Set(sources.join().match(/(?<=var\(--)[a-z]+-\d+(?=\))/g));
  const properties = [...steps].sort().map((step) => {
    const [scale] = step.split("-");
    const key = step.replace("-", "");
    const light = radix[scale]?.[key];
    const dark = radix[`${scale}Dark`]?.[key];
    if (!light || !dark) throw new Error(`Radix Colors has no ${step}`);
    return `--${step}: light-dark(${light}, ${dark});`;
  });
  return `:root { ${properties.join(" ")} }`;
}

/** Resolves `@import "palette"` in CSS. */
const palettePlugin = {
  name: "palette",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^palette$/ }, ({ path }) => ({ path, namespace: "palette" }));
    onLoad({ filter: /.*/, namespace: "palette" }, async () => ({ contents: await palette(), loader: "css" }));
  },
};

/** Fails if a custom property is set but never read, or read but never set: that is a typing error, and browsers don't report it. */
function checkProperties(css) {
  const set = new Set(css.match(/(?<=[{;])--[\w-]+(?=:)/g));
  const read = new Set(css.match(/(?<=var\()--[\w-]+/g));
  const mistakes = [...set, ...read].filter((name) => !set.has(name) || !read.has(name));
  if (mistakes.length > 0) throw new Error(`set but not read, or read but not set: ${mistakes.join(", ")}`);
}

const { outputFiles } = await build({
  entryPoints: [join(folder, "main.css")],
  bundle: true,
  minify: true,
  write: false,
  logLevel: "warning",
  plugins: [palettePlugin],
});
const [{ contents, text }] = outputFiles;
checkProperties(text);
await mkdir(dirname(outfile), { recursive: true });
await writeFile(outfile, contents);
console.log(`${outfile}: ${contents.length} bytes, ${brotliCompressSync(contents).length} compressed`);
