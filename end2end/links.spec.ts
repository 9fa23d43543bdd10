// The bulk check: a list is pasted or uploaded, its results are filtered and downloaded. With and without JavaScript.
import { readFileSync } from "node:fs";
import { type Download, type Locator, type Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";

/** A list of 1,000 lines: the first three are not links of this portal, and every fiftieth leads to a foreign site. */
function list(slug: string): string[] {
  const portal = `https://accounts.${slug}.com`;
  return Array.from({ length: 1000 }, (_, at) => {
    if (at < 3) return ["accounts/sign-in", "https://elsewhere.example/sign-in", `=HYPERLINK("${portal}")`][at];
    const target = at % 50 === 0 ? `https://evil${at}.example/x` : `https://app.${slug}.com/campaign/${at}`;
    return `${portal}/sign-up?redirect_url=${encodeURIComponent(target)}&email_address=person${at}%40example.org`;
  });
}

const summary = "1,000 links: 978 end as asked, 19 are refused, 3 are not links to this portal";

/** The text area for a pasted list. */
function field(page: Page): Locator {
  return page.getByRole("textbox", { name: "Links" });
}

/** Waits until the island handles submit. Before that, the browser sends the form itself. */
async function listening(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const { result } = await session.send("Runtime.evaluate", { expression: "window" });
  await expect(async () => {
    const { listeners } = await session.send("DOMDebugger.getEventListeners", { objectId: result.objectId ?? "" });
    expect(listeners.map(({ type }) => type)).toContain("submit");
  }).toPass();
  await session.detach();
}

/** The cells of a downloaded CSV file. Every cell that is not a number is quoted. */
async function cells(download: Download): Promise<string[][]> {
  const text = readFileSync(await download.path(), "utf8");
  expect(text.startsWith("\ufeff") && text.endsWith("\r\n")).toBe(true);
  const rows = text.slice(1, -2).split("\r\n");
  return rows.map((row) => [...row.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)].map((cell) => (cell[1] ?? cell[2]).replaceAll('""', '"')));
}

/** Checks 1,000 links from a file, filters the refused ones and downloads them. */
async function check(page: Page, slug: string): Promise<void> {
  const file = { name: "campaign.txt", mimeType: "text/plain", buffer: Buffer.from(list(slug).join("\r\n")) };
  await page.getByLabel("Or a file").setInputFiles(file);
  await page.getByRole("button", { name: "Check links" }).click();
  await expect(page.getByRole("heading", { level: 2 })).toHaveText(summary);
  await expect(page.getByRole("heading", { level: 2 })).toBeFocused();
  await expect(page.getByText("From campaign.txt.")).toBeVisible();
  await expect(page.locator("tbody tr")).toHaveCount(100);
  await page.getByRole("button", { name: "Page 10" }).click();
  await expect(page.locator("tbody tr").last().getByRole("rowheader")).toHaveText("1000");

  await page.getByRole("button", { name: "Refused 19" }).click();
  await expect(page.locator("tbody tr")).toHaveCount(19);
  await expect(page.getByText("From campaign.txt.")).toBeVisible();
  const row = page.locator("tbody tr").first();
  await expect(row.getByRole("rowheader")).toHaveText("51");
  await expect(row).toContainText(`Refused. redirect_url: evil50.example is not on ${slug}.com.`);
  const href = await row.getByRole("link").first().getAttribute("href");
  expect(new URL(href ?? "", page.url()).pathname).toBe(`/instances/${slug}/preview`);
  expect(new URL(href ?? "", page.url()).searchParams.get("link")).toBe(list(slug)[50]);

  const downloading = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download the refused ones as CSV" }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe(`${slug}-links.csv`);
  const [head, ...rows] = await cells(download);
  expect(head).toEqual(["line", "link", "target", "source", "verdict", "reason", "note", "corrected_link"]);
  expect(rows).toHaveLength(19);
  for (const [line, link, target, source, verdict, reason] of rows) {
    expect(link).toBe(list(slug)[Number(line) - 1]);
    expect([target, source, verdict]).toEqual([`https://${slug}.com/`, "home_url", "refused"]);
    expect(reason).toContain(`is not on ${slug}.com`);
  }
}

test("the refused ones of 1,000 uploaded links are filtered and downloaded", async ({ page, slug }) => {
  await page.goto(`/instances/${slug}/preview/links`);
  await listening(page);
  await page.evaluate(() => document.body.append("the same page"));
  await field(page).fill("kept");
  await check(page, slug);
  await expect(page.getByText("the same page")).toBeVisible();
  await expect(field(page)).toHaveValue("kept");
  await expect(page.getByText("The pasted links were not checked.")).toBeVisible();
  expect(await page.getByLabel("Or a file").evaluate((input: HTMLInputElement) => input.files?.length)).toBe(0);
  await expect(page.getByRole("progressbar")).toBeHidden();

  await page.getByRole("button", { name: "No links 3" }).click();
  await expect(page.locator("tbody tr")).toHaveCount(3);
  const downloading = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download these lines as CSV" }).click();
  const [, ...rows] = await cells(await downloading);
  expect(rows.map(([line, link]) => [line, link])).toEqual([
    ["1", "accounts/sign-in"],
    ["2", "https://elsewhere.example/sign-in"],
    ["3", `'=HYPERLINK("https://accounts.${slug}.com")`],
  ]);
});

test("progress is shown while a list is sent, and pressing twice sends it once", async ({ page, slug }) => {
  await page.goto(`/instances/${slug}/preview/links`);
  await listening(page);
  let posts = 0;
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route("**/preview/links", async (route) => {
    posts += 1;
    await held;
    await route.continue();
  });
  await field(page).fill("one\ntwo");
  await page.getByRole("button", { name: "Check links" }).click();
  await expect(page.getByRole("progressbar")).toBeVisible();
  await expect(page.getByRole("status")).toHaveText(/^(Sending the list|Checking the links)…$/);
  await page.getByRole("button", { name: "Check links" }).click();
  release();
  await expect(page.getByRole("heading", { level: 2 })).toHaveText("2 links: 2 are not links to this portal");
  await expect(page.getByRole("progressbar")).toBeHidden();
  await expect(page.getByRole("status")).toHaveText("");
  expect(posts).toBe(1);
});

test("an unreadable list is reported with its reason, and stays on the page to be fixed", async ({ page, slug }) => {
  await page.goto(`/instances/${slug}/preview/links`);
  await listening(page);
  await field(page).fill("one\ntwo");
  await page.getByRole("button", { name: "Check links" }).click();
  await expect(page.getByRole("heading", { level: 2 })).toHaveText("2 links: 2 are not links to this portal");

  const wrong: [string, string | Buffer, RegExp][] = [
    ["a.csv", "name,address\nx,y\n", /No column is named link or url\. The first row is: name, address\./],
    ["a.txt", Buffer.from([0x78, 0x0a, 0xff]), /Line 2 is not UTF-8 text/],
    ["a.txt", "x\n".repeat(10_001), /10,001 links are too many/],
    ["a.txt", "x".repeat(3 * 1024 * 1024), /more than 2 MiB/],
    ["a.txt", "x".repeat(18 * 1024 * 1024), /more than 2 MiB/],
  ];
  for (const [name, content, message] of wrong) {
    await page.getByLabel("Or a file").setInputFiles({ name, mimeType: "text/plain", buffer: Buffer.from(content) });
    await page.getByRole("button", { name: "Check links" }).click();
    await expect(page.getByRole("status")).toHaveText("");
    await expect(page.getByRole("alert")).toContainText(message);
    await expect(page.getByRole("alert")).toBeFocused();
    await expect(field(page)).toHaveValue("one\ntwo");
    expect(await page.getByLabel("Or a file").evaluate((input: HTMLInputElement) => input.files?.length)).toBe(1);
    await expect(page.getByRole("table")).toHaveCount(0);
  }
  await page.getByRole("alert").getByRole("link").click();
  await expect(page.getByLabel("Or a file")).toBeFocused();
});

test("nothing is lost when the server doesn't answer, and trying again works", async ({ page, slug }) => {
  await page.goto(`/instances/${slug}/preview/links`);
  await listening(page);
  await field(page).fill("one");
  for (const [body, message] of [
    ["", "The list could not be sent. Nothing is lost: try again."],
    ['<p class="lead">The database does not answer right now.', "The database does not answer right now."],
  ]) {
    await page.route("**/preview/links", (route) => route.fulfill({ status: 503, contentType: "text/html", body }), { times: 1 });
    await page.getByRole("button", { name: "Check links" }).click();
    await expect(page.getByRole("status")).toContainText(message);
    await expect(page.getByRole("progressbar")).toBeHidden();
    await expect(field(page)).toHaveValue("one");
  }
  // Being offline is an expected error in the console.
  page.removeAllListeners("console");
  await page.context().setOffline(true);
  await page.getByRole("button", { name: "Check links" }).click();
  await expect(page.getByRole("status")).toContainText("The list could not be sent.");
  await page.context().setOffline(false);
  await page.getByRole("button", { name: "Check links" }).click();
  await expect(page.getByRole("heading", { level: 2 })).toHaveText("1 link: 1 is not a link to this portal");
  await expect(page.getByRole("status")).toHaveText("");
});

test("a list is checked and downloaded by keyboard alone", async ({ page, slug }) => {
  await page.goto(`/instances/${slug}/preview/links`);
  await listening(page);
  await field(page).focus();
  await page.keyboard.insertText(list(slug).slice(0, 100).join("\n"));
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("button", { name: "Check links" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 2 })).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("button", { name: "All 100" })).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("button", { name: "Refused 1" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.locator("tbody tr")).toHaveCount(1);
  await expect(page.getByRole("heading", { level: 2 })).toBeFocused();
  for (const name of ["All 100", "Refused 1", "No links 3", "Download the refused ones as CSV"]) {
    await page.keyboard.press("Tab");
    await expect(page.getByRole("button", { name })).toBeFocused();
  }
  const downloading = page.waitForEvent("download");
  await page.keyboard.press("Enter");
  expect(await cells(await downloading)).toHaveLength(2);
  await page.keyboard.press("Tab");
  await expect(page.locator("tbody tr").first().getByRole("link").first()).toBeFocused();
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("the refused ones of 1,000 uploaded links are filtered and downloaded", async ({ page, slug }) => {
    await page.goto(`/instances/${slug}/preview/links`);
    await field(page).fill("kept");
    await check(page, slug);
    await expect(field(page)).toHaveValue("kept");
    await page.locator("tbody tr").first().getByRole("link").first().click();
    await expect(page.getByLabel("redirect_url", { exact: true })).toHaveValue("https://evil50.example/x");
  });

  test("an unreadable list is reported with its reason, and the pasted text stays", async ({ page, slug }) => {
    const pasted = "\n</textarea><script>alert(1)</script>&amp;\none";
    await page.goto(`/instances/${slug}/preview/links`);
    await field(page).fill(pasted);
    await page.getByLabel("Or a file").setInputFiles({ name: "a.csv", mimeType: "text/csv", buffer: Buffer.from("name\nx\n") });
    await page.getByRole("button", { name: "Check links" }).click();
    await expect(page.getByRole("alert")).toContainText("No column is named link or url. The first row is: name.");
    await expect(page.getByRole("alert")).toBeFocused();
    await expect(field(page)).toHaveValue(pasted);
    await page.getByRole("button", { name: "Check links" }).click();
    await expect(page.getByRole("heading", { level: 2 })).toHaveText("2 links: 2 are not links to this portal");
    await expect(field(page)).toHaveValue(pasted);
    await expect(page.locator("tbody")).toContainText("</textarea><script>alert(1)</script>&amp;");
  });
});
