// Times are shown in the reader's time zone, with UTC on hover. Without JavaScript they are in UTC.
import { type Page } from "@playwright/test";
import { saveRedirects } from "./admins.ts";
import { expect, test } from "./fixtures.ts";

/** In India, the minutes differ from UTC as well. */
const timeZone = "Asia/Kolkata";

/** A time to the minute, as the pages write it. */
function written(datetime: string, timeZone: string): string {
  return new Intl.DateTimeFormat("sv", { timeZone, dateStyle: "short", timeStyle: "short" }).format(new Date(datetime));
}

/** The pages with times on them. */
function pages(slug: string): string[] {
  const instance = `/instances/${slug}`;
  return [`${instance}/history`, `${instance}/members`, `${instance}/history/1`, "/history", "/account"];
}

async function times(page: Page): Promise<{ datetime: string; text: string; title: string }[]> {
  await expect(page.locator("main time").first()).toBeVisible();
  return page.locator("time").evaluateAll((all: HTMLTimeElement[]) =>
    all.map(({ dateTime, textContent, title }) => ({ datetime: dateTime, text: textContent ?? "", title })));
}

test.use({ timezoneId: timeZone });

test("every page shows its times in the reader's time zone, and in UTC on hover", async ({ page, server, slug }) => {
  await saveRedirects(page.request, { server, slug }, 1, { after_sign_in_url: "/in" });
  for (const path of pages(slug)) {
    await page.goto(path);
    for (const { datetime, text, title } of await times(page)) {
      expect({ path, text, title }).toEqual({ path, text: written(datetime, timeZone), title: `${written(datetime, "UTC")} UTC` });
    }
  }
});

test("a time that comes into the page later is shown in the reader's time zone too", async ({ page }) => {
  await page.goto("/account");
  await page.evaluate(() => {
    const time = document.createElement("time");
    time.dateTime = "2026-11-23T20:45:07Z";
    time.textContent = "2026-11-23 20:45 UTC";
    document.querySelector("main")?.append(time);
  });
  const added = page.locator("main > time");
  await expect(added).toHaveText("2026-11-24 02:15");
  await expect(added).toHaveAttribute("title", "2026-11-23 20:45 UTC");
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("times are in UTC and say so", async ({ page, server, slug }) => {
    await saveRedirects(page.request, { server, slug }, 1, { after_sign_in_url: "/in" });
    for (const path of pages(slug)) {
      await page.goto(path);
      for (const { datetime, text, title } of await times(page)) {
        expect({ path, text, title }).toEqual({ path, text: `${written(datetime, "UTC")} UTC`, title: "" });
      }
    }
  });
});
