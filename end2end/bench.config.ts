// Runs the measurements of `make bench`. They are not part of the tests.
import config from "./playwright.config.ts";

export default { ...config, testMatch: "*.bench.ts", workers: 1, reporter: [["line"] as ["line"]] };
