// The impact of a change: what the bar says while somebody types, what is asked before saving, and what History keeps. The visits are
// real ones: the portal stores its counts within 10 seconds.
import { alive, expect, test } from "./fixtures.ts";
import { partner, visitSignIn } from "./sign-ins.ts";

test.setTimeout(90_000);

const all = "Of 40 visits in the last 7 days, 40 would end elsewhere";

test("the bar says whom a change affects, asks first, and History keeps the figure", async ({ page, slug }) => {
  await visitSignIn(page, slug);
  await alive(page);
  const bar = page.locator(".bar");
  await expect(page.getByRole("button", { name: "Show impact" })).toBeHidden();
  await page.getByLabel("After sign-in").fill("/in");
  await expect(bar).toContainText("1 unsaved change");
  await expect(bar).toContainText(all);
  await expect(page.getByRole("link", { name: "40 visits ended at the home URL in the last 7 days" })).toHaveAttribute("href", `/instances/${slug}/activity`);
  // By keyboard: the table opens upwards, and stays open while the value is edited.
  const save = page.getByRole("button", { name: "Save changes" });
  const before = await save.boundingBox();
  await bar.locator("summary").focus();
  await page.keyboard.press("Enter");
  const table = bar.getByRole("table", { name: "Visits that would end elsewhere" });
  await expect(table.getByRole("row").nth(1)).toHaveText(new RegExp(`After sign-inhttps://${slug}\\.com/Home URLhttps://${slug}\\.com/in40`));
  expect(await save.boundingBox()).toEqual(before);
  await page.getByLabel("After sign-in").fill("/start");
  await expect(table).toContainText(`https://${slug}.com/start`);
  // A double click answers no question.
  await save.dblclick();
  await expect(bar.locator(".asked")).toBeFocused();
  await expect(bar).toContainText("More than 5% of this production instance's visits would end elsewhere. Nothing is saved yet.");
  await expect(bar).toContainText("1 unsaved change");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("button", { name: "Save anyway" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("status")).toHaveText("Saved · version 2");
  await expect(bar.locator(".effect")).toHaveCount(0);
  // Undo is not asked about.
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByRole("status")).toHaveText("Saved · version 3");

  // An origin that is allowed under Settings lets refused links through.
  await page.goto(`/instances/${slug}/settings?allow=${encodeURIComponent(partner)}`);
  await alive(page);
  await expect(bar).toContainText("Of 40 visits in the last 7 days, 10 would end elsewhere");
  await bar.locator("summary").click();
  await expect(bar).toContainText(`10 visits with links to ${partner}, refused now, would be allowed.`);
  await save.click();
  await page.getByRole("button", { name: "Save anyway" }).click();
  await expect(page.getByRole("status")).toContainText("Saved · version 4");
  await page.goto(`/instances/${slug}/history`);
  await expect(page.getByText("40 of 40 visits a week end elsewhere")).toHaveCount(2);
  await expect(page.getByText("10 of 40 visits a week end elsewhere")).toBeVisible();

  // Restoring says the same before it is done.
  await page.goto(`/instances/${slug}/history/2`);
  await expect(page.locator("main")).toContainText("30 would end elsewhere");
  await page.getByRole("button", { name: "Restore anyway" }).click();
  await expect(page.getByRole("status")).toContainText("Restored");
});

test("a late answer is dropped, and without an answer saving goes on", async ({ page, slug }) => {
  await visitSignIn(page, slug);
  await alive(page);
  const bar = page.locator(".bar");
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route("**/api/fallbacks_impact", async (route) => {
    if (route.request().postData()?.includes("/first")) await held;
    await route.continue();
  });
  const asked = page.waitForRequest("**/api/fallbacks_impact");
  await page.getByLabel("After sign-in").fill("/first");
  await asked;
  await page.getByLabel("After sign-in").fill("");
  await expect(bar).toBeHidden();
  const late = page.waitForResponse("**/api/fallbacks_impact");
  release();
  await late;
  await page.getByLabel("After sign-up").fill("/new");
  await expect(bar).toContainText("Of 40 visits in the last 7 days, none would end elsewhere");

  await page.unroute("**/api/fallbacks_impact");
  await page.route("**/api/fallbacks_impact", (route) => route.fulfill({ status: 503, body: "null" }));
  await page.getByLabel("After sign-up").fill("/newer");
  await expect(bar).toContainText("The number of visits that this concerns is not available right now.");
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("status")).toHaveText("Saved · version 2");
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("a button shows the impact, and saving asks on a page that keeps what was typed", async ({ page, slug }) => {
    await visitSignIn(page, slug);
    await page.getByLabel("After sign-in").fill("/in");
    await page.getByRole("button", { name: "Show impact" }).click();
    const question = page.getByRole("region", { name: "Look at the impact, then save" });
    await expect(question).toContainText(all);
    await expect(page.getByLabel("After sign-in")).toHaveValue("/in");
    await page.getByLabel("After sign-in").fill("/start");
    await page.getByRole("button", { name: "Save changes" }).click();
    await expect(question).toContainText("Nothing is saved yet.");
    await expect(question.getByRole("table")).toContainText(`https://${slug}.com/start`);
    await page.getByRole("button", { name: "Save anyway" }).click();
    await expect(page.getByRole("status")).toContainText("Saved");
    await page.getByRole("button", { name: "Undo" }).click();
    await expect(page.getByRole("status")).toContainText("Saved");
    await expect(page.getByLabel("After sign-in")).toHaveValue("");
  });
});
