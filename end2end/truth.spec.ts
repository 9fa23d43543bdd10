// The policy compared with a browser: Chromium's own URL parser must read every allowed value as exactly the target that was checked.
import { spawnSync } from "node:child_process";
import { expect, test } from "./fixtures.ts";
import { generate, type Question } from "./truth.ts";
import { binary } from "./server.ts";

const SEED = 20_261_123;
const COUNT = 8_000;

interface Step {
  source: string;
  outcome: string;
  reason?: string;
}

interface Answer {
  target: string;
  source: string;
  steps: Step[];
}

/** The resolution of each question by the binary, which needs no database for this. */
function resolve(questions: Question[]): Answer[] {
  const input = questions.map((question) => JSON.stringify({ ...question, flow: "sign-out" })).join("\n");
  const { stdout, stderr, status } = spawnSync(binary, ["resolve"], { input, encoding: "utf8", maxBuffer: 2 ** 28, env: {} });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  return stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
}

const allows = (answer: Answer) => answer.source === "redirect_url";
const reason = (answer: Answer) => answer.steps.find((step) => step.source === "redirect_url")?.reason ?? "absent";

test("the browser reads every allowed value as exactly the checked target", async ({ page }) => {
  const questions = generate(SEED, COUNT);
  const answers = resolve(questions);
  expect(answers).toHaveLength(COUNT);
  // How the browser reads each value as a link on the application's home page, and how it reads the target.
  const read = await page.evaluate(
    (asked) =>
      asked.map(({ value, home, target }) => ({
        href: URL.canParse(value, home) ? new URL(value, home).href : null,
        again: URL.canParse(target) ? new URL(target).href : null,
      })),
    questions.map((question, at) => ({ value: question.redirect_url, home: question.home_url, target: answers[at].target })),
  );
  const counts: Record<string, number> = {};
  for (const [at, answer] of answers.entries()) {
    // Thousands of passed expectations would only fill the trace, so expect is called only to fail.
    const { href, again } = read[at];
    const value = `${JSON.stringify(questions[at].redirect_url)} on ${questions[at].domain}`;
    if (again !== answer.target) expect(again, `the target of ${value}`).toBe(answer.target);
    if (allows(answer) && href !== answer.target) expect(href, `allowed: ${value}`).toBe(answer.target);
    const verdict = allows(answer) ? "allowed" : reason(answer);
    counts[verdict] = (counts[verdict] ?? 0) + 1;
  }
  console.log(`compared ${answers.length} values with Chromium ${page.context().browser()?.version()}:`, counts);
  // Without enough values of each kind, the test would prove nothing.
  for (const verdict of ["allowed", "not_a_url", "ambiguous", "scheme", "credentials", "insecure", "foreign"]) {
    expect(counts[verdict], verdict).toBeGreaterThan(COUNT / 200);
  }
});

test("a browser that is sent to an allowed target arrives there", async ({ page }) => {
  const questions = generate(SEED + 1, 2_000);
  const answers = resolve(questions);
  await page.context().route(/.*/, (route) => route.fulfill({ contentType: "text/html", body: "<title>there</title>" }));
  const targets = new Set(answers.filter(allows).map((answer) => answer.target.split("#")[0]));
  const sent = [...targets].slice(0, 60);
  for (const target of sent) {
    // Browsers refuse to open some ports.
    await page.goto(target).catch((error: Error) => expect(error.message).toContain("ERR_UNSAFE_PORT"));
    if (page.url() !== "chrome-error://chromewebdata/") expect(page.url()).toBe(target);
  }
  expect(sent.length).toBeGreaterThan(30);
});

test("letters that old browsers read as others are read as current browsers read them, or refused", async ({ page }) => {
  // Joiners are part of a name only after certain letters, and the capital \u1e9e is a newer letter than many tables of names.
  const hosts = ["stra\u00dfe.de", "STRA\u1e9eE.de", "fa\u00df.myapp.com", "\u03bf\u03c2.myapp.com", "a\u200db.myapp.com", "\u0915\u094d\u200c\u0937.myapp.com"];
  const domain = (host: string) => (host.endsWith("myapp.com") ? "myapp.com" : "xn--strae-oqa.de");
  const questions = hosts.flatMap((host) =>
    ["https://HOST/", "//HOST", "https://HOST:8443/x", "https:\\\\HOST", `https://${encodeURIComponent("HOST")}`].map((form) => ({
      environment: "production",
      domain: domain(host),
      home_url: `https://${domain(host)}/`,
      allowed_origins: [],
      redirect_url: form.replace("HOST", form.includes("%") ? encodeURIComponent(host) : host),
    })),
  );
  const read = await page.evaluate(
    (all) => all.map(([value, base]) => (URL.canParse(value, base) ? new URL(value, base).href : null)),
    questions.map(({ redirect_url, home_url }) => [redirect_url, home_url]),
  );
  const answers = resolve(questions);
  for (const [at, answer] of answers.entries()) {
    const asked = JSON.stringify(questions[at].redirect_url);
    if (allows(answer)) expect(answer.target, asked).toBe(read[at]);
    else expect(["ambiguous", "not_a_url"], asked).toContain(reason(answer));
  }
  const allowed = new Set(questions.filter((_, at) => allows(answers[at])).map(({ redirect_url }) => redirect_url));
  for (const host of ["stra\u00dfe.de", "fa\u00df.myapp.com", "\u03bf\u03c2.myapp.com"]) expect(allowed).toContain(`https://${host}/`);
});
