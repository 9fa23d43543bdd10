// The screens of instances, their redirects and previews, and how to get to each, for tests that run on all of them.
import { type Page } from "@playwright/test";
import { type At, saveRedirects } from "./admins.ts";
import { alive, expect } from "./fixtures.ts";
import { addPreviews } from "./preview-origins.ts";
import { visitSignIn } from "./sign-ins.ts";
import { everyKind, visit } from "./visits.ts";

export const long = `https://${"very-long-".repeat(20)}evil.com/${"path".repeat(300)}`;

/** A screen: its name, and how to get there. */
export type Screen = [string, (page: Page, at: At) => Promise<void>];

/** Screens of instances, redirects and previews, in each state that looks different. */
export const screens: Screen[] = [
  ["the instance list", async (page) => void (await page.goto("/instances"))],
  ["the instance list with the switcher open", async (page) => {
    await page.goto("/instances");
    await page.locator(".switcher summary").click();
  }],
  ["the instance list, nothing found", async (page) => void (await page.goto(`/instances?q=${"very-long-".repeat(20)}&show=production`))],
  ["Overview", async (page, { slug }) => {
    await page.goto(`/instances/${slug}`);
    await alive(page);
  }],
  ["Overview, with skipped fallbacks", async (page, at) => {
    await saveRedirects(page.request, at, 1, { after_sign_in_url: `https://${at.slug}.com/${"path".repeat(300)}`, after_sign_out_url: "/out" });
    await page.goto(`/instances/${at.slug}/settings`);
    await alive(page);
    await page.getByLabel("Domain").fill(`other-${at.slug}.com`);
    await page.getByRole("button", { name: "Save changes" }).click();
    await expect(page.getByRole("status")).toContainText("Saved");
    await page.goto(`/instances/${at.slug}`);
    await expect(page.getByText("Skipped").first()).toBeVisible();
  }],
  ["Redirects", async (page, { slug }) => {
    await page.goto(`/instances/${slug}/redirects`);
    await alive(page);
  }],
  ["Redirects, with a refused value", async (page, { slug }) => {
    await page.goto(`/instances/${slug}/redirects`);
    await alive(page);
    await page.getByLabel("After sign-up").fill("/welcome");
    await page.getByLabel("After sign-in").fill(long);
    await expect(page.getByLabel("After sign-in")).toHaveAttribute("aria-invalid", "true");
  }],
  ["Redirects, with origins to allow", async (page, { slug }) => {
    await page.goto(`/instances/${slug}/redirects`);
    await alive(page);
    await page.getByLabel("After sign-up").fill(`https://${"long.".repeat(20)}my-team.vercel.app/x`);
    await page.getByLabel("After sign-in").fill("https://m\u0443app.com/x");
    await page.locator("#after_sign_in_url-offer").getByRole("checkbox").check();
    await expect(page.getByLabel("After sign-in")).toHaveAccessibleDescription(/Goes to/);
    await expect(page.locator("#after_sign_up_url-offer").getByRole("checkbox")).toBeVisible();
  }],
  ["Settings, with preview origins", async (page, at) => {
    addPreviews(at, 14, -90);
    await page.goto(`/instances/${at.slug}/settings`);
    await alive(page);
    await page.locator("#preview-origins summary").click();
  }],
  ["History, with folded preview origins", async (page, at) => {
    addPreviews(at, 14);
    await page.goto(`/instances/${at.slug}/history`);
    await page.locator(".folded summary").click();
  }],
  ["Settings, with an origin filled in", async (page, { slug }) => {
    await page.goto(`/instances/${slug}/settings?allow=https%3A%2F%2Fmy-team.vercel.app`);
    await alive(page);
  }],
  ["Redirects, not saved", async (page, { slug }) => {
    await page.goto(`/instances/${slug}/redirects`);
    await alive(page);
    await page.getByLabel("After sign-in").fill(long);
    await page.getByRole("button", { name: "Save changes" }).click();
    await expect(page.getByRole("alert")).toBeVisible();
    await alive(page);
  }],
  ["Redirects, saved", async (page, { slug }) => {
    await page.goto(`/instances/${slug}/redirects?saved`);
    await alive(page);
  }],
  ["Redirects, with an impact that is asked about", async (page, { slug }) => {
    await visitSignIn(page, slug);
    await alive(page);
    await page.getByLabel("After sign-in").fill(`/${"path".repeat(60)}`);
    await page.getByRole("button", { name: "Save changes" }).click();
    await expect(page.getByRole("button", { name: "Save anyway" })).toBeVisible();
  }],
  ["Preview", async (page, { slug }) => {
    await page.goto(`/instances/${slug}/preview`);
    await alive(page);
  }],
  ["Preview, everything wrong with the link", async (page, { slug }) => {
    const wrong = { redirect_url: `https://${slug}.com@e\u0443il.com/${long}\u200b`, phone_number: " 49", first_name: "x", requesting_page: "x" };
    await page.goto(`/instances/${slug}/preview?${new URLSearchParams(wrong)}`);
    await alive(page);
    await page.getByText("QR code").click();
    await page.getByText("Parameters of self-hosted components").click();
  }],
  ["Preview, a link that can't be read", async (page, { slug }) => {
    await page.goto(`/instances/${slug}/preview?${new URLSearchParams({ link: `http://accounts.${slug}.com/sign-in` })}`);
    await alive(page);
  }],
  ["Preview, a link with mistakes and its correction", async (page, { slug }) => {
    const link = `https://accounts.${slug}.com/sign-in?redirect_url=https://${slug}.com/?a=1&b=${"long".repeat(40)}&email_address=a+b@c.de&utm_source=x`;
    await page.goto(`/instances/${slug}/preview?${new URLSearchParams({ link })}`);
    await alive(page);
  }],
  ["Preview, stored beside unsaved values", async (page, { slug }) => {
    await page.goto(`/instances/${slug}/preview?${new URLSearchParams({ after_sign_in_url: `/${long}`, after_sign_up_url: "https://evil.com" })}`);
    await alive(page);
  }],
  ["bulk check", async (page, { slug }) => void (await page.goto(`/instances/${slug}/preview/links`))],
  ["bulk check, with results", async (page, { slug }) => {
    const portal = `https://accounts.${slug}.com`;
    await page.goto(`/instances/${slug}/preview/links`);
    await page.getByRole("textbox", { name: "Links" }).fill([`${portal}/sign-in`, `${portal}/sign-up?redirect_url=${long}`, long, "\u202eno link"].join("\n"));
    await page.getByRole("button", { name: "Check links" }).click();
    await expect(page.getByRole("table")).toBeVisible();
  }],
  ["bulk check, file refused", async (page, { slug }) => {
    await page.goto(`/instances/${slug}/preview/links`);
    await page.getByLabel("Or a file").setInputFiles({ name: `${"long".repeat(40)}.csv`, mimeType: "text/csv", buffer: Buffer.from(`${long}\tx,${long}`) });
    await page.getByRole("button", { name: "Check links" }).click();
    await expect(page.getByRole("alert")).toBeVisible();
  }],
  ["Snippets, for a pipeline", async (page, { slug }) => void (await page.goto(`/instances/${slug}/snippets?framework=pipeline`))],
  ["the management API", async (page) => {
    await page.goto("/management/v1");
    for (const details of await page.locator("details").all()) await details.evaluate((element: HTMLDetailsElement) => (element.open = true));
  }],
  ["Snippets", async (page, { slug }) => {
    await page.goto(`/instances/${slug}/snippets`);
    await alive(page);
  }],
  ["Activity, before the first visit", async (page, { slug }) => {
    await page.goto(`/instances/${slug}/activity`);
    await page.getByText("Change what is kept").click();
  }],
  ["Activity, with an origin to allow", async (page, at) => {
    await visit(page, at, everyKind(at.slug));
    await page.goto(`/instances/${at.slug}/activity?allow=foreign+https%3A%2F%2Fpartner.example.org`);
    await page.getByText("As a table").click();
    await expect(page.getByRole("form", { name: "Allow this origin?" })).toBeVisible();
  }],
  ["Settings", async (page, { slug }) => {
    await page.goto(`/instances/${slug}/settings`);
    await alive(page);
  }],
  ["Settings, with an origin removed", async (page, { slug }) => {
    await page.goto(`/instances/${slug}/settings`);
    await alive(page);
    await page.getByLabel("Add an origin").fill(`https://${"very-long-".repeat(5)}name.example`);
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByRole("button", { name: "Save changes" }).click();
    await expect(page.getByRole("status")).toContainText("Saved");
    await page.getByRole("button", { name: /^Remove/ }).click();
    await page.locator(".advanced summary").click();
  }],
  ["Settings, asked before the portal pages are switched off", async (page, { slug }) => {
    await page.goto(`/instances/${slug}/settings`);
    await page.locator("summary").filter({ hasText: "Switch off" }).click();
    await expect(page.getByRole("button", { name: /^Switch off/ })).toBeVisible();
  }],
  ["a new instance, not saved", async (page) => {
    await page.goto("/instances/new");
    await alive(page);
    await page.getByLabel("Domain").fill("x".repeat(300));
    await page.getByLabel("Add an origin").fill(long);
    await page.getByRole("button", { name: "Create instance" }).click();
    await expect(page.getByRole("alert")).toBeVisible();
    await alive(page);
  }],
  ["not found", async (page) => void (await page.goto("/instances/nobody"))],
];
