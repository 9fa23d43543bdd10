// Prints the list of crates that cargo-auditable has put into a binary, as JSON.
//   node .ci/sbom.mjs BINARY
import { readFileSync } from "node:fs";
import { inflateSync } from "node:zlib";

/** The content of a section of a 64-bit little-endian ELF file. */
function section(file, wanted) {
  if (file.readUInt32BE(0) !== 0x7f454c46 || file[4] !== 2 || file[5] !== 1) throw new Error("that is not a binary for Linux on a 64-bit machine");
  const [table, size, count, names] = [Number(file.readBigUInt64LE(40)), file.readUInt16LE(58), file.readUInt16LE(60), file.readUInt16LE(62)];
  const at = (index) => table + index * size;
  const content = (index) => {
    const offset = Number(file.readBigUInt64LE(at(index) + 24));
    return file.subarray(offset, offset + Number(file.readBigUInt64LE(at(index) + 32)));
  };
  const name = (index) => {
    const text = content(names).subarray(file.readUInt32LE(at(index)));
    return text.subarray(0, text.indexOf(0)).toString();
  };
  const index = Array.from({ length: count }, (_, index) => index).find((index) => name(index) === wanted);
  if (index === undefined) throw new Error("the binary has no list of crates; build it with make build");
  return content(index);
}

const crates = JSON.parse(inflateSync(section(readFileSync(process.argv[2]), ".dep-v0")).toString());
console.log(JSON.stringify(crates, null, 2));
