// From visits to a decision: an admin sees who is refused, allows an origin, and knows whom the next change concerns.
import { alive, expect, resolve, test } from "./fixtures.ts";
import { visit, type Visits } from "./visits.ts";

test.setTimeout(120_000);

const partner = "https://partner.example.org";

/** 500 visits of ten kinds. */
const visits = (slug: string): Visits[] => [
  [{ redirect_url: `${partner}/start` }, 60],
  [{ redirect_url: `https://app.${slug}.com/orders` }, 150],
  [{ redirect_url: "/dashboard" }, 60],
  [{}, 100],
  [{ flow: "sign-up" }, 40],
  [{ flow: "sign-up", sign_up_fallback_redirect_url: "/in" }, 20],
  [{ redirect_url: `http://app.${slug}.com/` }, 25],
  [{ redirect_url: "javascript:alert(1)" }, 15],
  [{ redirect_url: "https://[" }, 10],
  [{ flow: "sign-out", redirect_url: `https://${slug}.com@evil.com/` }, 20],
];

test("a refused origin is seen, allowed, followed and recorded, and the next change says whom it concerns", async ({ page, slug, server }) => {
  await visit(page, { server, slug }, visits(slug));
  await page.goto(`/instances/${slug}/activity`);
  await expect(page.getByText("130 visits asked for a place that is not allowed")).toBeVisible();
  const row = page.getByRole("row", { name: /partner\.example\.org/ }).first();
  await expect(row.locator(".count")).toHaveText("60");
  await row.getByRole("link", { name: /^Allow/ }).click();
  const offer = page.getByRole("form", { name: "Allow this origin?" });
  await expect(offer).toContainText("60 visits in the last 7 days would have ended elsewhere.");
  await offer.getByRole("button", { name: "Allow this origin" }).click();
  await expect(page.locator(".banner[role=status]")).toContainText(`${partner} is an allowed origin.`);
  const link = `flow=sign-in&redirect_url=${partner}/start`;
  expect((await resolve(page, slug, link)).target).toBe(`${partner}/start`);
  await page.goto(`/instances/${slug}/history`);
  await expect(page.getByText("60 of 500 visits a week end elsewhere")).toBeVisible();

  // Those that nothing but the fallback decides: 100 without a target, and the refused ones but the partner's.
  await page.goto(`/instances/${slug}/redirects`);
  await alive(page);
  await page.getByLabel("After sign-in").fill("/welcome-back");
  const bar = page.locator(".bar");
  await expect(bar).toContainText(/Of 50\d visits in the last 7 days, 150 would end elsewhere/);
  await bar.locator("summary").click();
  await expect(bar.getByRole("table", { name: "Visits that would end elsewhere" }).getByRole("row").nth(1)).toContainText("/welcome-back");
});
