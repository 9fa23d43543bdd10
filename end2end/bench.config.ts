// Runs the measurements of `make bench`. They are not part of the tests. Of a missed goal, a screenshot shows nothing.
import config from "./playwright.config.ts";

export default { ...config, testMatch: "*.bench.ts", workers: 1, reporter: [["line"] as ["line"]], use: { ...config.use, screenshot: "off" as const } };
