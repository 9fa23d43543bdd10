// Copying settings between instances: the difference is shown first, and values that the target instance refuses are left out.
import { createInstance, saveRedirects } from "./admins.ts";
import { expect, resolve, test } from "./fixtures.ts";

test.use({ meant: [409, 422] });

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });

    test("settings are copied from development to production, except values that production refuses", async ({ page, slug, server }) => {
      const from = `d${slug}`.slice(0, 40);
      await createInstance(page.request, server, from, { environment: "development", domain: `${from}.com` });
      await page.goto(`/instances/${from}/settings`);
      await page.getByLabel("Add an origin").fill("https://elsewhere.example");
      await page.getByRole("button", { name: "Save changes" }).click();
      await expect(page.getByRole("status").filter({ hasText: "Saved" })).toBeVisible();
      await page.goto(`/instances/${from}/redirects`);
      await page.getByLabel("After sign-up").fill("/welcome");
      await page.getByLabel("After sign-in").fill("https://elsewhere.example/in");
      await page.getByLabel("After sign-out").fill(`http://${from}.com/out`);
      await page.getByRole("button", { name: "Save changes" }).click();
      await expect(page.getByRole("status")).toContainText("Saved");

      await page.goto(`/instances/${slug}/settings`);
      await page.getByRole("link", { name: "Choose instance…" }).click();
      await page.getByLabel("Copy from", { exact: true }).selectOption(from);
      await page.getByRole("button", { name: "Show the difference" }).click();
      await expect(page.getByRole("region", { name: "What changes" }).getByRole("checkbox")).toHaveCount(3);
      const leftOut = page.getByRole("region", { name: "Left out" });
      await expect(leftOut.getByRole("listitem")).toHaveCount(1);
      await expect(leftOut).toContainText("After sign-out");
      expect(await resolve(page, slug, "flow=sign-up"), "nothing is copied yet").toMatchObject({ source: "home_url", version: 1 });

      await page.getByRole("button", { name: "Copy what is checked" }).click();
      await expect(page.getByRole("status")).toContainText("Copied.");
      expect(await resolve(page, slug, "flow=sign-up")).toMatchObject({ target: `https://${slug}.com/welcome` });
      expect(await resolve(page, slug, "flow=sign-in")).toMatchObject({ target: "https://elsewhere.example/in" });
      expect(await resolve(page, slug, "flow=sign-out")).toMatchObject({ source: "home_url" });
    });

    test("own URLs of the other instance are written as this one's", async ({ page, slug, server }) => {
      const from = `d${slug}`.slice(0, 40);
      await createInstance(page.request, server, from, { domain: `${from}.com` });
      const values = { after_sign_in_url: `https://${from}.com/in?a=1`, after_sign_up_url: "/up" };
      expect((await saveRedirects(page.request, { server, slug: from }, 1, values)).status()).toBe(303);
      await page.goto(`/instances/${slug}/copy?from=${from}`);
      await expect(page.getByRole("region", { name: "Left out" })).toContainText(`https://${from}.com/in?a=1`);
      await page.getByRole("checkbox", { name: /^Rewrite the source's own URLs/ }).check();
      await page.getByRole("button", { name: "Show the difference" }).click();
      await expect(page.getByRole("region", { name: "What changes" })).toContainText(`https://${slug}.com/in?a=1`);
      await expect(page.getByRole("region", { name: "Left out" })).toHaveCount(0);
      await page.getByRole("button", { name: "Copy what is checked" }).click();
      await expect(page.getByRole("status")).toContainText("Copied.");
      expect(await resolve(page, slug, "flow=sign-in")).toMatchObject({ target: `https://${slug}.com/in?a=1`, version: 2 });
    });

    test("unchecked values are not copied, and an outdated difference is shown again", async ({ page, slug, server }) => {
      const from = `d${slug}`.slice(0, 40);
      await createInstance(page.request, server, from, { domain: `${from}.com` });
      const store = (version: number, up: string) =>
        saveRedirects(page.request, { server, slug: from }, version, { after_sign_up_url: up, after_sign_in_url: "/in" });
      expect((await store(1, "/up")).status()).toBe(303);
      await page.goto(`/instances/${slug}/copy?from=${from}`);
      expect((await store(2, "/up-again")).status()).toBe(303);
      await page.getByRole("button", { name: "Copy what is checked" }).click();
      await expect(page.getByRole("alert")).toContainText("Somebody saved in between");
      await expect(page.getByRole("main")).toContainText("/up-again");
      expect(await resolve(page, slug, "flow=sign-up")).toMatchObject({ version: 1 });

      for (const box of await page.getByRole("region", { name: "What changes" }).getByRole("checkbox").all()) await box.uncheck();
      await page.getByRole("button", { name: "Copy what is checked" }).click();
      await expect(page.getByRole("alert")).toContainText("Check at least one value.");
      await page.getByRole("checkbox", { name: /^After sign-up/ }).check();
      await page.getByRole("button", { name: "Copy what is checked" }).click();
      await expect(page.getByRole("status")).toContainText("Copied.");
      expect(await resolve(page, slug, "flow=sign-up")).toMatchObject({ target: `https://${slug}.com/up-again`, version: 2 });
      expect(await resolve(page, slug, "flow=sign-in")).toMatchObject({ source: "home_url" });
    });
  });
}
