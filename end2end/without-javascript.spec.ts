// Creating an instance and saving redirects with JavaScript off: every page is a document with plain forms.
import { saveRedirects } from "./admins.ts";
import { expect, resolve, test } from "./fixtures.ts";

test.use({ javaScriptEnabled: false });

test("an instance is created, its redirects are saved, and links resolve to them", async ({ page }, info) => {
  const slug = `plain${info.retry}`;
  await page.goto("/instances/new");
  await page.getByLabel("Name").fill("Plain");
  await page.locator(".advanced summary").click();
  await page.getByLabel("Slug").fill(slug);
  await page.getByLabel("Production").check();
  await page.getByLabel("Domain").fill(`${slug}.com`);
  await page.getByLabel("Add an origin").fill(`https://*.preview.${slug}.dev`);
  await page.getByRole("button", { name: "Create instance" }).click();
  await page.getByLabel("After sign-in").fill(`https://x.preview.${slug}.dev/in`);
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page).toHaveURL(/\?saved$/);
  await expect(page.getByRole("status")).toContainText("Saved");
  await expect(page.getByText("Clear", { exact: true })).toHaveCount(0);
  const resolution = await resolve(page, slug, "flow=sign-in");
  expect(resolution).toMatchObject({ target: `https://x.preview.${slug}.dev/in`, source: "fallback" });
  expect(resolution.steps.at(-2)).toMatchObject({ outcome: "allowed", ground: "allowed_origin" });
});

test("a checkbox removes an allowed origin, and two that are typed at once are two", async ({ page, slug }) => {
  await page.goto(`/instances/${slug}/settings`);
  await page.getByLabel("Add an origin").fill("https://one.example https://two.example");
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("status")).toContainText("Saved");
  await page.getByRole("checkbox", { name: "Allow https://one.example" }).uncheck();
  await page.getByLabel("Domain").fill("co.uk");
  await page.getByRole("button", { name: "Save changes" }).click();
  // A refused form keeps the choice.
  await expect(page.getByRole("checkbox", { name: "Allow https://one.example" })).not.toBeChecked();
  await page.getByLabel("Domain").fill(`${slug}.com`);
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("status")).toContainText("Saved");
  await expect(page.locator(".origin code")).toHaveText(["https://two.example"]);
});

test("all refused values are reported at once and stay as typed", async ({ page, slug }) => {
  await page.goto(`/instances/${slug}/redirects`);
  await page.getByLabel("After sign-in").fill("https://evil.com");
  await page.getByLabel("After sign-out").fill(`"><script>alert(1)</script>`);
  await page.getByLabel("After sign-up").fill("/welcome");
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("alert").getByRole("link")).toHaveCount(2);
  await expect(page.getByLabel("After sign-in")).toHaveValue("https://evil.com");
  await expect(page.getByLabel("After sign-in")).toHaveAccessibleDescription(/evil\.com is not on/);
  await expect(page.getByLabel("After sign-out")).toHaveValue(`"><script>alert(1)</script>`);
  await expect(page.getByLabel("After sign-up")).toHaveValue("/welcome");
  await page.getByRole("link", { name: "Discard" }).click();
  await expect(page.getByLabel("After sign-up")).toHaveValue("");
});

test("if two admins save, the second one sees the conflict and loses nothing", async ({ page, slug, server }) => {
  await page.goto(`/instances/${slug}/redirects`);
  const theirs = await saveRedirects(page.request, { server, slug }, 1, { logo_link_url: "/theirs" });
  expect(theirs.status()).toBe(303);
  await page.getByLabel("After logo click").fill("/mine");
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("alert")).toContainText("Somebody saved in between");
  await expect(page.getByRole("radio", { name: "/mine Yours" })).toBeChecked();
  await page.getByRole("radio", { name: /^\/theirs Stored by / }).check();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("status")).toContainText("Saved");
  await expect(page.getByLabel("After logo click")).toHaveValue("/theirs");
});

test("Undo stands beside what was saved, and brings the old values back", async ({ page, slug }) => {
  await page.goto(`/instances/${slug}/redirects`);
  await page.getByLabel("After sign-in").fill("/in");
  await page.getByLabel("After logo click").fill("/logo");
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("status")).toContainText("Saved");
  expect(await resolve(page, slug, "flow=sign-in")).toMatchObject({ target: `https://${slug}.com/in` });
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByLabel("After sign-in")).toHaveValue("");
  await expect(page.getByLabel("After logo click")).toHaveValue("");
  expect(await resolve(page, slug, "flow=sign-in")).toMatchObject({ source: "home_url", version: 3 });
  await page.goto(`/instances/${slug}/history`);
  await expect(page.locator("ol.changes > li").filter({ hasText: "changed redirects" })).toHaveCount(2);
});
