// The Snippets tab: each format's own parser reads a copied snippet as the URL that the portal would redirect to.
import * as util from "node:util";
import type { APIRequestContext, Page } from "@playwright/test";
import dotenv from "dotenv";
import dotenvExpand from "dotenv-expand";
import { transform } from "esbuild";
import { saveRedirects } from "./admins.ts";
import { alive, expect, test } from "./fixtures.ts";
import { type Server } from "./server.ts";

type Settings = Record<string, string>;

const frameworks = ["nextjs", "nuxt", "react-router", "tanstack-start", "astro", "react", "vue"];
const flows = ["sign-up", "sign-in", "sign-out", "create-organization", "leave-organization"];

/** Values that an admin may store, each with characters that are special in some format. */
const nasty = [
  "/welcome",
  "/it's?a=1&copy=2&copy;&lt;b&#39;#top's",
  "/$HOME?b=${PATH}&c=${x:-y}&d=$$#$&",
  "/?q=a\\nb\\rc\\td\\\\e",
  "/it's?q=`a`&b=c\\nd",
  "/?q={{x}}&b=*/&c=-->&d=//e#{f}</script>",
  "/?q=`${process.exit()}`&b=\\u0041\\",
  "/a---b?q=%24&r=%5C&s=é#\"'",
];

/** Values that a .env file can't hold unchanged, and what it holds instead. */
const encoded: [string, string][] = [
  ["/$(id)?q=$(id)(b)", "/$%28id)?q=$%28id)(b)"],
  ["/it's?q=`a`\\n#b\\", "/it's?q=`a`%5Cn#b%5C"],
  ["/?q=\\$a$b", "/?q=%5C$a$b"],
];

/** Stores a fallback redirect for each flow, and returns the targets that the portal resolves to. */
async function store(request: APIRequestContext, server: Server, slug: string, values: string[]): Promise<Settings> {
  const { version } = await (await request.get(`/portal/${slug}/v1/redirects`)).json();
  const fields = flows.map((flow, index) => [`after_${flow.replace("-", "_")}_url`, values[index % values.length]]);
  expect((await saveRedirects(request, { server, slug }, version, Object.fromEntries(fields))).status()).toBe(303);
  const targets = flows.map(async (flow) => [flow, (await (await request.get(`/portal/${slug}/v1/resolve?flow=${flow}`)).json()).target]);
  return Object.fromEntries(await Promise.all(targets));
}

/** The text of each code block on the page. */
async function blocks(page: Page, slug: string, framework: string): Promise<string[]> {
  await page.goto(`/instances/${slug}/snippets?framework=${framework}`);
  return page.locator(".snippet pre code").allTextContents();
}

/** The variables of a .env file, read by the loaders that the frameworks use. All of them must agree. */
function variables(code: string): Settings {
  const parsers = [dotenv.parse, ...(util.parseEnv ? [util.parseEnv] : [])];
  const [first, ...others] = parsers.map((parse) => dotenvExpand.expand({ parsed: { ...parse(code) } as Settings, processEnv: {} }).parsed);
  for (const other of others) expect(other).toEqual(first);
  return first ?? {};
}

/** The settings that a script passes to its components, plugin, module or integration. */
async function props(code: string): Promise<Settings> {
  const body = code.startsWith("---") ? code.replace(/^---\n([^]*?)---\n([^]*)$/, "$1\n;<>$2</>") : code;
  const define = { "import.meta.env.VITE_CLERK_PUBLISHABLE_KEY": '"key"' };
  const { code: script } = await transform(body, { loader: "tsx", format: "cjs", jsxFactory: "take", jsxFragment: "take", jsxSideEffects: true, define });
  const seen: Settings = {};
  const take = (_: unknown, settings: unknown) => void Object.assign(seen, settings);
  const astro = { default: (settings: unknown) => take(undefined, settings), defineConfig: () => {} };
  const names = ["require", "module", "take", "defineNuxtConfig", "app", "children", "loaderData"];
  const nuxt = (config: { clerk: unknown }) => take(undefined, config.clerk);
  new Function(...names, script)(() => ({ __esModule: true, ...astro }), { exports: {} }, take, nuxt, { use: take }, "", "");
  return seen;
}

/** The attributes of a Vue template, parsed as HTML. */
function attributes(page: Page, code: string): Promise<Settings> {
  return page.evaluate((code) => {
    const parsed = new DOMParser().parseFromString(code, "text/html").querySelector("template")?.content.querySelector("OrganizationSwitcher");
    const names = ["afterCreateOrganizationUrl", "afterLeaveOrganizationUrl"];
    return Object.fromEntries(names.map((name) => [name, parsed?.getAttribute(name) ?? ""]));
  }, code);
}

/** All settings of a framework by name, variables without their prefix. Settings that are commented out are read too. */
async function read(page: Page, slug: string, framework: string): Promise<{ env: Settings; code: Settings }> {
  const found = { env: {} as Settings, code: {} as Settings };
  for (const block of await blocks(page, slug, framework)) {
    if (block.includes("CLERK_SIGN_IN_URL=")) {
      const all = Object.entries(variables(block.replaceAll(/^# (?=\w+=)/gm, "")));
      found.env = Object.fromEntries(all.map(([name, value]) => [name.replace(/^.*CLERK_/, ""), value]));
    } else if (block.includes("<template>")) {
      Object.assign(found.code, await attributes(page, block));
    } else {
      Object.assign(found.code, await props(block.replaceAll(/^(\s*)\/\/ (?=\w+[=:] ?")/gm, "$1")));
    }
  }
  return found;
}

function expected(target: Settings, held = target): { env: Settings; code: Settings } {
  return {
    env: {
      SIGN_IN_FALLBACK_REDIRECT_URL: held["sign-in"],
      SIGN_UP_FALLBACK_REDIRECT_URL: held["sign-up"],
      SIGN_IN_FORCE_REDIRECT_URL: held["sign-in"],
      SIGN_UP_FORCE_REDIRECT_URL: held["sign-up"],
    },
    code: {
      signInFallbackRedirectUrl: target["sign-in"],
      signUpFallbackRedirectUrl: target["sign-up"],
      afterSignOutUrl: target["sign-out"],
      afterCreateOrganizationUrl: target["create-organization"],
      afterLeaveOrganizationUrl: target["leave-organization"],
    },
  };
}

for (const framework of frameworks) {
  test(`the snippets for ${framework} mean the portal's own targets`, async ({ page, slug, server }) => {
    const pages = { SIGN_IN_URL: `https://accounts.${slug}.com/sign-in`, SIGN_UP_URL: `https://accounts.${slug}.com/sign-up` };
    for (let round = 0; round < nasty.length; round += 2) {
      const target = await store(page.request, server, slug, [...nasty.slice(round), ...nasty]);
      const { env, code } = await read(page, slug, framework);
      const wanted = expected(target);
      expect(code).toMatchObject(wanted.code);
      if (framework === "react" || framework === "vue") {
        expect(env).toEqual({});
        expect(code).toMatchObject({ signInUrl: pages.SIGN_IN_URL, signUpUrl: pages.SIGN_UP_URL });
      } else {
        expect(env).toEqual(framework === "astro" ? pages : { ...pages, ...wanted.env });
      }
      if (["astro", "react", "vue"].includes(framework)) {
        expect(code).toMatchObject({ signInForceRedirectUrl: target["sign-in"], signUpForceRedirectUrl: target["sign-up"] });
      }
    }
  });
}

test("values that a .env file can't hold are percent-encoded there, and nowhere else", async ({ page, slug, server }) => {
  for (const [typed, held] of encoded) {
    const target = await store(page.request, server, slug, [typed]);
    const { env, code } = await read(page, slug, "nextjs");
    const wanted = expected(target, { "sign-in": `https://${slug}.com${held}`, "sign-up": `https://${slug}.com${held}` });
    expect(env).toMatchObject(wanted.env);
    expect(code).toMatchObject(wanted.code);
    await expect(page.getByText("Partly percent-encoded").first()).toBeVisible();
  }
});

test("the copy button copies a block exactly as shown", async ({ page, slug, server }) => {
  await store(page.request, server, slug, nasty);
  await page.goto(`/instances/${slug}/snippets?framework=nuxt`);
  await alive(page);
  for (const [index, name] of ["Environment variables, .env", "Module options, nuxt.config.ts", "Organizations, Any .vue component"].entries()) {
    await page.getByRole("button", { name }).click();
    await expect(page.getByRole("button", { name })).toContainText("Copied");
    const shown = await page.locator(".snippet pre code").nth(index).textContent();
    expect(shown).not.toBe("");
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(shown);
  }
});

test("a block wider than the window scrolls by keyboard, and the page doesn't", async ({ page, slug, server }) => {
  await page.setViewportSize({ width: 390, height: 800 });
  await store(page.request, server, slug, [`/${"long".repeat(200)}`]);
  await page.goto(`/instances/${slug}/snippets`);
  const block = page.getByRole("region", { name: "Environment variables, .env.local" });
  await block.focus();
  await page.keyboard.press("ArrowRight");
  await expect.poll(() => block.evaluate((element) => element.scrollLeft)).toBeGreaterThan(0);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("links choose the framework", async ({ page, slug }) => {
    await page.goto(`/instances/${slug}`);
    await page.getByRole("navigation", { name: "Account Portal" }).getByRole("link", { name: "Snippets" }).click();
    const choices = page.getByRole("navigation", { name: "Where to use the settings" });
    await expect(choices.getByRole("link")).toHaveText(["Next.js", "Nuxt", "React Router", "TanStack Start", "Astro", "React", "Vue", "Who is signed in", "Pipeline"]);
    await expect(choices.locator("[aria-current]")).toHaveText("Next.js");
    await choices.getByRole("link", { name: "TanStack Start" }).click();
    await expect(page).toHaveURL(/\?framework=tanstack-start$/);
    await expect(choices.locator("[aria-current]")).toHaveText("TanStack Start");
    await expect(page.getByText("CLERK_SIGN_UP_FALLBACK_REDIRECT_URL").first()).toBeVisible();
    await expect(page.getByRole("button", { name: /^Copy/ })).toHaveCount(0);
  });
});
