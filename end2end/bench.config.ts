// The measurements, which are no part of the tests: make bench.
import config from "./playwright.config.ts";

export default { ...config, testMatch: "*.bench.ts", workers: 1, reporter: [["line"] as ["line"]] };
