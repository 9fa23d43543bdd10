// Pages on paper, and where the system chooses the colours.
import { type Locator, type Page } from "@playwright/test";
import { saveRedirects } from "./admins.ts";
import { alive, expect, test } from "./fixtures.ts";

function style(locator: Locator, property: string): Promise<string> {
  return locator.evaluate((element, property) => getComputedStyle(element).getPropertyValue(property), property);
}

/** Checks two links in bulk: one is refused. */
async function checkLinks(page: Page, slug: string): Promise<void> {
  const portal = `https://accounts.${slug}.com`;
  await page.goto(`/instances/${slug}/preview/links`);
  await page.getByRole("textbox", { name: "Links" }).fill([`${portal}/sign-in`, `${portal}/sign-up?redirect_url=https://evil.example`].join("\n"));
  await page.getByRole("button", { name: "Check links" }).click();
  await expect(page.getByRole("table")).toBeVisible();
}

test("on paper a page is its content in black on white, and each sheet repeats a table's head", async ({ page, slug, server }) => {
  await saveRedirects(page.request, { server, slug }, 1, { after_sign_in_url: "/in" });
  // As wide as a sheet, and in the dark mode of the screen.
  await page.setViewportSize({ width: 680, height: 900 });
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  const onPaper = async (content: Locator) => {
    await expect(content).toBeVisible();
    for (const hidden of [".rail", ".tabs", ".bar", "main .button", ".pager"]) await expect(page.locator(hidden).locator("visible=true")).toHaveCount(0);
    expect(await style(page.locator("body"), "background-color")).toBe("rgb(255, 255, 255)");
    expect(await style(page.locator("body"), "color")).toBe("rgb(0, 0, 0)");
    expect(await page.locator("main").evaluate((main) => main.scrollWidth <= innerWidth)).toBe(true);
  };
  await page.goto(`/instances/${slug}/redirects`);
  await alive(page);
  await page.getByLabel("After sign-out").fill("/out");
  await onPaper(page.getByLabel("After sign-in"));
  await page.goto(`/instances/${slug}/history`);
  await onPaper(page.getByText("changed redirects"));

  await page.emulateMedia({ media: "screen" });
  await checkLinks(page, slug);
  await page.emulateMedia({ media: "print" });
  await onPaper(page.getByRole("table"));
  expect(await style(page.locator("thead"), "display")).toBe("table-header-group");
  await expect(page.getByRole("columnheader", { name: "Verdict" })).toBeVisible();
});

test("what is selected can be seen where the system chooses the colours", async ({ page, slug }) => {
  await page.emulateMedia({ forcedColors: "active" });
  await checkLinks(page, slug);
  for (const [selected, other] of [
    [page.getByRole("link", { name: "Many links" }), page.getByRole("link", { name: "One link" })],
    [page.getByRole("button", { name: "All 2" }), page.getByRole("button", { name: "Refused 1" })],
    [page.getByRole("link", { name: "Account Portal" }), page.getByRole("link", { name: "Settings", exact: true })],
  ]) {
    expect(await style(selected, "background-color"), await selected.innerText()).not.toBe(await style(other, "background-color"));
  }
  expect(await style(page.locator(".badge").first(), "border-top-width")).toBe("1px");
});
