// Every screen: axe finds nothing in light and dark, and nothing runs out of a narrow window.
import { AxeBuilder } from "@axe-core/playwright";
import { type Page } from "@playwright/test";
import { setUp, signIn } from "./admins.ts";
import { alive, expect, test } from "./fixtures.ts";
import { type Server } from "./server.ts";

test.use({ meant: [401, 404, 409, 410, 422] });

const long = `https://${"very-long-".repeat(20)}evil.com/${"path".repeat(300)}`;

/** Every screen of an instance, with the states that look different. */
const screens: [string, (page: Page, slug: string) => Promise<void>][] = [
  ["the list", async (page) => void (await page.goto("/instances"))],
  ["the list with the switcher open", async (page) => {
    await page.goto("/instances");
    await page.locator(".switcher summary").click();
  }],
  ["Overview", async (page, slug) => {
    await page.goto(`/instances/${slug}`);
    await alive(page);
  }],
  ["Redirects", async (page, slug) => {
    await page.goto(`/instances/${slug}/redirects`);
    await alive(page);
  }],
  ["Redirects, changed and refused", async (page, slug) => {
    await page.goto(`/instances/${slug}/redirects`);
    await alive(page);
    await page.getByLabel("After sign-up").fill("/welcome");
    await page.getByLabel("After sign-in").fill(long);
    await expect(page.getByLabel("After sign-in")).toHaveAttribute("aria-invalid", "true");
  }],
  ["Redirects, posted and not saved", async (page, slug) => {
    await page.goto(`/instances/${slug}/redirects`);
    await alive(page);
    await page.getByLabel("After sign-in").fill(long);
    await page.getByRole("button", { name: "Save changes" }).click();
    await expect(page.getByRole("alert")).toBeVisible();
    await alive(page);
  }],
  ["Redirects, saved", async (page, slug) => {
    await page.goto(`/instances/${slug}/redirects?saved`);
    await alive(page);
  }],
  ["Redirects, changed by two", async (page, slug) => {
    await page.goto(`/instances/${slug}/redirects`);
    const other = await page.context().newPage();
    await other.goto(`/instances/${slug}/redirects`);
    await other.getByLabel("After sign-in").fill(`/${"path".repeat(300)}`);
    await other.getByRole("button", { name: "Save changes" }).click();
    await expect(other.getByRole("status")).toBeVisible();
    await other.close();
    await page.getByLabel("After sign-in").fill(long);
    await page.getByRole("button", { name: "Save changes" }).click();
    await expect(page.getByRole("radio")).toHaveCount(2);
  }],
  ["Preview", async (page, slug) => {
    await page.goto(`/instances/${slug}/preview`);
    await alive(page);
  }],
  ["Preview, a link with everything wrong", async (page, slug) => {
    const wrong = { redirect_url: `https://${slug}.com@e\u0443il.com/${long}\u200b`, phone_number: " 49", first_name: "x", requesting_page: "x" };
    await page.goto(`/instances/${slug}/preview?${new URLSearchParams({ link: "https://evil.com/sign-in", ...wrong })}`);
    await alive(page);
    await page.getByText("QR code").click();
    await page.getByText("Parameters of self-hosted components").click();
  }],
  ["Preview, stored and unsaved values", async (page, slug) => {
    await page.goto(`/instances/${slug}/preview?${new URLSearchParams({ after_sign_in_url: `/${long}`, after_sign_up_url: "https://evil.com" })}`);
    await alive(page);
  }],
  ["Many links", async (page, slug) => void (await page.goto(`/instances/${slug}/preview/links`))],
  ["Many links, checked", async (page, slug) => {
    const portal = `https://accounts.${slug}.com`;
    await page.goto(`/instances/${slug}/preview/links`);
    await page.getByRole("textbox", { name: "Links" }).fill([`${portal}/sign-in`, `${portal}/sign-up?redirect_url=${long}`, long, "\u202eno link"].join("\n"));
    await page.getByRole("button", { name: "Check links" }).click();
    await expect(page.getByRole("table")).toBeVisible();
  }],
  ["Many links, not checked", async (page, slug) => {
    await page.goto(`/instances/${slug}/preview/links`);
    await page.getByLabel("Or a file").setInputFiles({ name: `${"long".repeat(40)}.csv`, mimeType: "text/csv", buffer: Buffer.from(`${long}\tx,${long}`) });
    await page.getByRole("button", { name: "Check links" }).click();
    await expect(page.getByRole("alert")).toBeVisible();
  }],
  ["Snippets", async (page, slug) => {
    await page.goto(`/instances/${slug}/snippets`);
    await alive(page);
  }],
  ["Settings", async (page, slug) => {
    await page.goto(`/instances/${slug}/settings`);
    await alive(page);
  }],
  ["copying from another instance", async (page, slug) => {
    await page.goto(`/instances/${slug}/redirects`);
    await page.getByLabel("After sign-in").fill(`/${"path".repeat(300)}`);
    await page.getByLabel("After sign-out").fill(`https://app.${slug}.com/${"path".repeat(300)}`);
    await page.getByRole("button", { name: "Save changes" }).click();
    await expect(page.getByRole("status")).toBeVisible();
    await page.goto(`/instances/localhost/copy?from=${slug}`);
    await expect(page.getByRole("checkbox")).toHaveCount(1);
    await expect(page.getByRole("heading", { name: "Left out" })).toBeVisible();
  }],
  ["a new instance, posted and not saved", async (page) => {
    await page.goto("/instances/new");
    await alive(page);
    await page.getByLabel("Domain").fill("x".repeat(300));
    await page.getByLabel("Allowed origin 1", { exact: true }).fill(long);
    await page.getByRole("button", { name: "Create instance" }).click();
    await expect(page.getByRole("alert")).toBeVisible();
    await alive(page);
  }],
  ["not found", async (page) => void (await page.goto("/instances/nobody"))],
  ["the own account", async (page) => {
    await page.goto("/account");
    await page.getByLabel("Current password").fill("wrong");
    await page.getByRole("button", { name: "Change password" }).click();
    await expect(page.getByRole("alert")).toBeVisible();
  }],
  ["a form that was sent signed out", async (page, slug) => {
    await page.goto(`/instances/${slug}/settings`);
    await page.context().clearCookies();
    await page.getByRole("button", { name: "Save changes" }).click();
    await expect(page.getByRole("button", { name: "Send again" })).toBeVisible();
  }],
  ["signing in", async (page) => {
    await page.context().clearCookies();
    await page.goto("/account/sign-in");
  }],
  ["signing in, refused", async (page) => {
    await page.context().clearCookies();
    await page.goto("/account/sign-in");
    await signIn(page, { email: `${"very-long-".repeat(20)}@example.org`, password: "wrong" });
    await expect(page.getByRole("alert")).toBeVisible();
  }],
  ["a link that no longer holds", async (page) => void (await page.goto("/account/invitation?token=x"))],
];

async function expectNothingFound(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`)).toEqual([]);
}

/** The form of the link that a new server prints, sent with nothing in it. */
async function refusedSetUp(page: Page, server: Server): Promise<void> {
  await page.goto(server.setup);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
}

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });
    for (const [name, open] of screens) {
      test(`axe finds nothing on ${name}`, async ({ page, slug }) => {
        await open(page, slug);
        await expectNothingFound(page);
      });
    }

    test("axe finds nothing on the empty list", async ({ page, fresh }) => {
      await setUp(page.request, fresh);
      await page.goto(`${fresh.url}/instances`);
      await expectNothingFound(page);
    });

    test("axe finds nothing on the first admin's form", async ({ page, fresh }) => {
      await refusedSetUp(page, fresh);
      await expectNothingFound(page);
    });
  });
}

for (const width of [390, 320]) {
  test.describe(`${width} px wide`, () => {
    test.use({ viewport: { width, height: 800 } });
    for (const [name, open] of screens) {
      test(`nothing runs out of the window on ${name}`, async ({ page, slug }) => {
        await open(page, slug);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
        await expectNothingFound(page);
      });
    }

    test("nothing runs out of the window on the first admin's form", async ({ page, fresh }) => {
      await refusedSetUp(page, fresh);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      await expectNothingFound(page);
    });
  });
}
