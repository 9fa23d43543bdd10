// Two editors at once: their changes are merged, or they choose. History shows all changes and restores earlier versions.
import { readFileSync } from "node:fs";
import { colleague } from "./admins.ts";
import { alive, expect, resolve, test } from "./fixtures.ts";

test.use({ meant: [409, 422] });

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });

    test("two editors with a conflict choose between values and lose nothing", async ({ page, slug, server, browser }) => {
      const [first, second] = [`ana@${slug}.com`, `ben@${slug}.com`];
      const ana = await colleague(browser, page, { server, slug }, first, "editor");
      const ben = await colleague(browser, page, { server, slug }, second, "editor");
      for (const editor of [ana, ben]) {
        await editor.goto(`/instances/${slug}/redirects`);
        if (javaScriptEnabled) await alive(editor);
      }
      for (const [field, value] of [["sign-in", "/ana-in"], ["sign-up", "/ana-up"], ["sign-out", "/ana-out"]]) {
        await ana.getByLabel(`After ${field}`).fill(value);
      }
      await ana.getByRole("button", { name: "Save changes" }).click();
      await expect(ana.getByRole("status")).toContainText("Saved");

      for (const [field, value] of [["sign-in", "/ben-in"], ["sign-up", "/ben-up"], ["joining the waitlist", "/ben-thanks"]]) {
        await ben.getByLabel(`After ${field}`).fill(value);
      }
      await ben.getByRole("button", { name: "Save changes" }).click();
      await expect(ben.getByRole("alert")).toContainText("Somebody saved in between");
      await expect(ben.getByRole("alert")).toBeFocused();
      await expect(ben.getByRole("alert").getByRole("link")).toHaveText(["After sign-up", "After sign-in"]);
      // With JavaScript the form stays, with what the other one has stored below each field; without, a page asks for each.
      const choice = (name: string) =>
        javaScriptEnabled ? ben.locator(".field", { has: ben.getByLabel(name) }) : ben.getByRole("group", { name });
      const by = new RegExp(`${first}.* \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d${javaScriptEnabled ? "" : " UTC"}`);
      for (const [field, value] of [["sign-in", "in"], ["sign-up", "up"]]) {
        const asked = choice(`After ${field}`);
        await expect(asked).toContainText(`/ana-${value}`);
        await expect(asked).toContainText(by);
        if (javaScriptEnabled) await expect(ben.getByLabel(`After ${field}`)).toHaveValue(`/ben-${value}`);
        else await expect(asked.getByRole("radio", { name: `/ben-${value} Yours` })).toBeChecked();
      }
      if (javaScriptEnabled) {
        await expect(ben.getByLabel("After sign-out")).toHaveValue("/ana-out");
        await expect(ben.getByLabel("After joining the waitlist")).toHaveValue("/ben-thanks");
      } else {
        await expect(ben.getByRole("main")).toContainText("only somebody else changed it: After sign-out.");
        await expect(ben.getByRole("main")).toContainText("only you changed it: After joining the waitlist.");
      }

      // Ana saves again while Ben chooses: he is asked again, only about the new value.
      await ana.getByLabel("After sign-up").fill("/ana-up-again");
      await ana.getByRole("button", { name: "Save changes" }).click();
      await expect(ana.getByRole("status")).toContainText("Saved");
      if (javaScriptEnabled) await choice("After sign-in").getByRole("button", { name: "Use theirs" }).click();
      else await choice("After sign-in").getByRole("radio", { name: /^\/ana-in/ }).check();
      await ben.getByRole("button", { name: "Save" }).click();
      await expect(choice("After sign-up")).toContainText("/ana-up-again");
      await expect(ben.getByRole("alert").getByRole("link")).toHaveText(["After sign-up"]);
      await ben.getByRole("button", { name: "Save" }).click();
      await expect(ben.getByRole("status")).toContainText("Saved");
      for (const [flow, value] of [["sign-in", "/ana-in"], ["sign-up", "/ben-up"], ["sign-out", "/ana-out"], ["waitlist", "/ben-thanks"]]) {
        expect(await resolve(page, slug, `flow=${flow}`)).toMatchObject({ target: `https://${slug}.com${value}` });
      }
      await Promise.all([ana.close(), ben.close()]);
    });

    test("two editors who change different fields both save", async ({ page, slug, server, browser }) => {
      const ben = await colleague(browser, page, { server, slug }, `ben@${slug}.com`, "editor");
      for (const editor of [page, ben]) {
        await editor.goto(`/instances/${slug}/redirects`);
        if (javaScriptEnabled) await alive(editor);
      }
      await page.getByLabel("After sign-in").fill("/first");
      await page.getByRole("button", { name: "Save changes" }).click();
      await expect(page.getByRole("status")).toContainText("Saved");
      await ben.getByLabel("After sign-out").fill("/second");
      await ben.getByRole("button", { name: "Save changes" }).click();
      await expect(ben.getByRole("status")).toContainText(javaScriptEnabled ? "merged with somebody else's changes" : "Saved, and merged with what somebody else has saved in between");
      await expect(ben.getByLabel("After sign-in")).toHaveValue("/first");
      await expect(ben.getByLabel("After sign-out")).toHaveValue("/second");
      expect(await resolve(page, slug, "flow=sign-in")).toMatchObject({ target: `https://${slug}.com/first` });
      expect(await resolve(page, slug, "flow=sign-out")).toMatchObject({ target: `https://${slug}.com/second` });
      await ben.close();
    });

    test("History shows who changed what, and restores an earlier version", async ({ page, slug, server, browser }) => {
      const email = `ben@${slug}.com`;
      const ben = await colleague(browser, page, { server, slug }, email, "editor");
      const save = async (value: string) => {
        await ben.goto(`/instances/${slug}/redirects`);
        await ben.getByLabel("After sign-in").fill(value);
        await ben.getByRole("button", { name: "Save changes" }).click();
        await expect(ben.getByRole("status")).toContainText("Saved");
      };
      await save("/friday");
      await save("/monday");
      await page.goto(`/instances/${slug}`);
      await page.getByRole("navigation", { name: "Account Portal" }).getByRole("link", { name: "History" }).click();
      const changes = page.locator("ol.changes > li");
      await expect(changes.nth(0)).toContainText(`${email} changed redirects`);
      await expect(changes.nth(0).locator(".difference")).toContainText("After sign-in");
      await expect(changes.nth(0).locator("del")).toContainText("/friday");
      await expect(changes.nth(0).locator("ins")).toContainText("/monday");
      await expect(changes.filter({ hasText: `invited ${email} as editor` })).toHaveCount(1);
      await expect(changes.filter({ hasText: "created the instance" })).toHaveCount(1);

      await page.getByLabel("Person").fill("BEN@");
      await page.getByLabel("Field").selectOption({ label: "After sign-in" });
      await page.getByRole("button", { name: "Filter" }).click();
      await expect(changes).toHaveCount(2);
      const downloading = page.waitForEvent("download");
      await page.getByRole("link", { name: "JSON" }).click();
      const file = JSON.parse(readFileSync(await (await downloading).path(), "utf8"));
      expect(file).toHaveLength(2);
      expect(file[0]).toMatchObject({ who: email, version: 3 });
      await page.getByLabel("Person").fill("nobody");
      await page.getByRole("button", { name: "Filter" }).click();
      await expect(page.getByRole("heading", { name: "No change matches the filter" })).toBeVisible();
      await page.getByRole("link", { name: "Show all" }).click();

      await page.getByRole("link", { name: "Restore version 2" }).click();
      await expect(page.getByRole("heading", { name: "Restore version 2" })).toBeVisible();
      await expect(page.getByRole("main")).toContainText("/friday");
      await expect(page.getByRole("main")).toContainText("/monday");
      // Somebody saves while the difference is on the screen: it is shown again.
      await save("/tuesday");
      await page.getByRole("button", { name: "Restore these redirects" }).click();
      await expect(page.getByRole("alert")).toContainText("Somebody saved in between");
      await expect(page.getByRole("main")).toContainText("/tuesday");
      expect(await resolve(page, slug, "flow=sign-in")).toMatchObject({ target: `https://${slug}.com/tuesday` });
      await page.getByRole("button", { name: "Restore these redirects" }).click();
      await expect(page.getByRole("status")).toContainText("Restored.");
      await expect(changes.nth(0)).toContainText("restored the redirects of version 2");
      expect(await resolve(page, slug, "flow=sign-in")).toMatchObject({ target: `https://${slug}.com/friday`, version: 5 });
      await ben.close();
    });
  });
}

test("a viewer can read the history, but not restore", async ({ page, slug, server, browser }) => {
  const viewer = await colleague(browser, page, { server, slug }, `viewer@${slug}.com`, "viewer");
  await page.goto(`/instances/${slug}/redirects`);
  await page.getByLabel("After sign-in").fill("/x");
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("status")).toContainText("Saved");
  await viewer.goto(`/instances/${slug}/history`);
  await expect(viewer.locator("ol.changes > li").first()).toContainText("changed redirects");
  await expect(viewer.getByRole("link", { name: /^Restore/ })).toHaveCount(0);
  expect((await viewer.goto(`/instances/${slug}/history/1`))?.status()).toBe(403);
  await viewer.close();
});
